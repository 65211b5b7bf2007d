"""Explains one reply from the states that wrote it: its words, and the reply as a whole.

The pieces of a word are combined: contributions and slopes are sums over its pieces (they are additive), ranges are
intersections, and the disagreement is the largest of its pieces. Text comes from a `decode` function, so this module
needs no tokenizer. Left out: the types of the result (`explanation`) and the replies of coalitions (`coalitions`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

import torch

from emorl.ensemble.mask import Mask, no_run_twice
from emorl.explain.explanation import Choice, Explanation, Overall, Piece, Range, WordExplanation, intersect
from emorl.explain.rivals import BASE, Complete, Rival, departure, rivals_of
from emorl.explain.sentence import reply_sentence, word_sentence
from emorl.explain.steps import Step, TokenCandidate, along_slider, explain_steps
from emorl.explain.words import WordSpan, group_pieces


def explain_reply(
    tokens: Sequence[int],
    states: torch.Tensor,
    weights: dict[str, float],
    strength: float,
    head: torch.Tensor,
    decode: Callable[[int], str],
    ends: Container[int],
    labels: dict[str, str],
    scale: float = 1.0,
    temperature: float = 0.0,
    mask: Mask = no_run_twice,
    text: str = "",
    complete: Complete | None = None,
) -> Explanation:
    """Explain a reply from its states; see `explain_steps` and `explanation`.

    Example:
        The state of the example in `explain_tokens`, with words:

        >>> states = torch.tensor([[[1.0, 0, 0], [0, 4, 0], [2, 0, 0]]])
        >>> weights, labels = {"reflection": 0.5, "empathy": 0.5}, {"reflection": "reflection", "empathy": "empathy"}
        >>> text = [" So", " You", "."].__getitem__
        >>> why = explain_reply([1], states, weights, 1.0, torch.eye(3), decode=text, ends={9}, labels=labels)
        >>> [word] = why.words
        >>> word.text, word.foil, word.contributions
        ('You', 'So', {'base': -1.0, 'reflection': 2.5, 'empathy': -0.5})
    """
    steps = explain_steps(tokens, states, list(weights.values()), strength, head, scale, temperature, mask)
    return explanation(steps, weights, strength, decode, ends, labels, temperature, text, complete)


def explanation(
    steps: Sequence[Step],
    weights: dict[str, float],
    strength: float,
    decode: Callable[[int], str],
    ends: Container[int],
    labels: dict[str, str],
    temperature: float = 0.0,
    text: str = "",
    complete: Complete | None = None,
) -> Explanation:
    """Combine steps into words, and into the reply as a whole.

    Args:
        steps: One for each token.
        weights: Shares ŵ by objective.
        strength: s.
        decode: The text that a token adds.
        ends: Tokens that end a reply.
        labels: What sentences call the objectives.
        temperature: T of sampling.
        text: The whole reply, for characters that are split over several tokens.
        complete: Finds the words that rivals would have become; without it they are named by their tokens.
    """
    names = {BASE: "the base model", **labels}
    groups = group_pieces([decode(s.facts.token) for s in steps], [s.facts.token in ends for s in steps], text)
    wholes = dict(complete(rivals_of(steps, groups, [BASE, *weights]))) if complete else {}
    reader = _Reader(steps, weights, strength, temperature > 0, decode, ends, names, groups, wholes)
    words = tuple(reader.word(index) for index in range(len(groups)))
    return Explanation(dict(weights), strength, temperature, words, reader.overall(words))


@dataclass(frozen=True)
class _Reader:
    steps: Sequence[Step]
    weights: dict[str, float]
    strength: float
    sampled: bool
    decode: Callable[[int], str]
    ends: Container[int]
    labels: dict[str, str]
    groups: Sequence[WordSpan]
    wholes: Mapping[Rival, str]

    def text(self, token: int) -> str:
        if token in self.ends:
            return ""
        text = self.decode(token)
        return text.strip() or ("(new line)" if "\n" in text else "(space)")

    def named(self, terms: Sequence[float]) -> dict[str, float]:
        return dict(zip([BASE, *self.weights], terms, strict=True))

    def choice(self, candidate: TokenCandidate, written: int) -> Choice:
        parts = self.named(candidate.contributions)
        same = candidate.token == written
        return Choice(self.text(candidate.token), candidate.probability, candidate.margin, parts, same)

    def piece(self, step: Step) -> Piece:
        written = step.facts.token
        own = [self.choice(candidate, written) for candidate in step.own]
        return Piece(
            "" if written in self.ends else self.decode(written),
            step.rank,
            step.probability,
            self.text(step.facts.foil),
            tuple(self.choice(c, written) for c in step.candidates),
            dict(zip([BASE, *self.weights], own, strict=True)),
            step.disagreement,
        )

    def whole(self, index: int, step: int, token: int, alone: str = "") -> str:
        """The word that would have stood in the place of a word if this token had been written at this step."""
        if token in self.ends:
            return ""
        group, glued = self.groups[index], not self.decode(token)[:1].isspace()
        written = self.wholes.get(Rival(step, token, alone), self.text(token))
        before = "".join(self.decode(self.steps[i].facts.token) for i in range(group.start, step)).strip()
        if before:
            return before + written if glued and written[:1].isalnum() else before
        follows = index > 0 and self.groups[index - 1].kind == "word" and glued and written[:1].isalnum()
        return self.groups[index - 1].text + written if follows else written

    def own(self, index: int) -> dict[str, str]:
        """The word that the base and each objective alone would have written in the place of a word."""
        group = self.groups[index]
        found = {}
        for part, name in enumerate([BASE, *self.weights]):
            at = departure(self.steps, group, part)
            found[name] = group.text if at is None else self.whole(index, at, self.steps[at].own[part].token, name)
        return found

    def word(self, index: int) -> WordExplanation:
        group = self.groups[index]
        steps = self.steps[group.start : group.stop]
        shares = list(self.weights.values())
        sums = [sum(terms) for terms in zip(*(s.facts.contributions for s in steps), strict=True)]
        parts = self.named(sums)
        slopes = [
            [sum(terms) for terms in zip(*rows, strict=True)]
            for rows in (
                [along_slider(s.margin_slope, shares) for s in steps],
                [along_slider(s.log_p_slope, shares) for s in steps],
            )
        ]
        kept = zip(*(s.facts.unchanged for s in steps), strict=True)
        pieces = tuple(self.piece(step) for step in steps)
        first = all(step.rank == 1 for step in steps)
        own, foil = self.own(index), self.whole(index, group.start, steps[0].facts.foil)
        return WordExplanation(
            group.text,
            group.gap,
            group.kind,
            foil,
            sum(sums),
            parts,
            dict(zip(self.weights, slopes[0], strict=True)),
            dict(zip(self.weights, slopes[1], strict=True)),
            {name: intersect(ranges) for name, ranges in zip(self.weights, kept, strict=True)},
            own,
            first,
            pieces,
            max(step.disagreement for step in steps),
            word_sentence(
                group.text,
                foil,
                parts,
                self.labels,
                None if own[BASE] == group.text else own[BASE],
                first,
                self.strength > 0 and any(shares),
                len(pieces),
                self.sampled,
            ),
        )

    def overall(self, words: Sequence[WordExplanation]) -> Overall:
        names = [BASE, *self.weights]
        all_push = sum(abs(c) for step in self.steps for c in step.facts.contributions)
        push = {name: 0.0 for name in names}
        net = dict(push)
        for step in self.steps:
            for name, c in self.named(step.facts.contributions).items():
                push[name] += abs(c) / all_push if all_push else 0.0
                net[name] += c / all_push if all_push else 0.0
        unchanged = {name: intersect(word.unchanged[name] for word in words) for name in self.weights}
        agreed = [(word.text, word.own[BASE] == word.text, word.kind) for word in words]
        spread = [step.disagreement for step in self.steps]
        shares = torch.tensor([*self.weights.values()], dtype=torch.float64)
        return Overall(
            push,
            net,
            unchanged,
            {name: _limits(words, name, unchanged[name]) for name in self.weights},
            sum(spread) / len(spread) if spread else 0.0,
            float(torch.special.entr(shares).sum()),
            reply_sentence(
                push,
                unchanged,
                self.labels,
                [(text, own) for text, own, kind in agreed if kind == "word"],
                self.sampled,
                [(text, own) for text, own, kind in agreed if kind != "word"],
            ),
        )


def _limits(words: Sequence[WordExplanation], name: str, kept: Range | None) -> tuple[int | None, int | None]:
    """The words that limit a range below and above; None where it reaches 0 or 1."""
    if kept is None:
        return (None, None)
    ends: list[int | None] = [None, None]
    for index, word in enumerate(words):
        limits = word.unchanged[name]
        assert limits is not None
        for side, edge in ((0, 0.0), (1, 1.0)):
            if ends[side] is None and limits[side] == kept[side] != edge:
                ends[side] = index
    return (ends[0], ends[1])
