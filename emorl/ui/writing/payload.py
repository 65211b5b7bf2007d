"""What Reflect and Compare show of a reflection while it is written and when it is finished.

Words, punctuation marks and the end are those of `emorl.explain.words`, as on the Why screen. Contributions add up, so
those of a word are the sums over its pieces. No Gradio in this module.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from emorl.safety import Chip, check_reply
from emorl.ui.payload import Part
from emorl.ui.widgets.contacts import ContactPayload
from emorl.ui.writing.asked import Asked
from emorl.ui.writing.candidates import Choice, choice_payload
from emorl.ui.writing.scores import (
    Checks,
    Faithfulness,
    Score,
    checks_payload,
    faithfulness_payload,
    score_payloads,
)

if TYPE_CHECKING:
    from emorl.explain.words import Kind, WordSpan
    from emorl.reflecting.reflection import Objective, Reflection, TokenExplanation

BASE = "base"
_SPECIAL = re.compile(r"^\s*<\|.*\|>\s*$|^\s*</?s>\s*$")

Range = tuple[float, float]


@dataclass(frozen=True)
class Crisis:
    """The statement holds a crisis phrase: contacts in place of a reflection.

    Attributes:
        contacts: People who can help.
        phase: How the widget draws it.
    """

    contacts: tuple[ContactPayload, ...]
    phase: Literal["crisis"] = "crisis"


@dataclass(frozen=True)
class Waiting:
    """The models are not there yet.

    Attributes:
        message: What is waited for.
        phase: How the widget draws it.
    """

    message: str
    phase: Literal["waiting"] = "waiting"


@dataclass(frozen=True)
class Writing:
    """A text that grows.

    Attributes:
        text: What is written so far; of several, of the first.
        best_of: How many are written at once, of which one will be shown.
        finished: Of several, how many are written to their end.
        phase: How the widget draws it.
    """

    text: str
    best_of: int = 1
    finished: int = 0
    phase: Literal["writing"] = "writing"


@dataclass(frozen=True)
class Word:
    """One word or mark of a reply with its sub-word pieces added up.

    Attributes:
        text: Without white space around it; empty for the end of the reply.
        gap: Whether white space stands before it.
        kind: "word", "mark" or "end".
        foil: Runner-up of its first piece.
        pieces: Number of sub-word pieces.
        margin: Sum of the pieces' margins, in logits.
        contributions: Part of the base and of every objective; they add up to `margin`.
        unchanged: For each objective the shares for which every piece stays first; None if there is no such range, and
            for a sampled reply.
        decided: The objective that helped most where the base alone preferred a runner-up and the mix did not; empty
            otherwise, so also for a word that was drawn although the mix preferred its runner-up.
    """

    text: str
    gap: bool
    kind: Kind
    foil: str
    pieces: int
    margin: float
    contributions: dict[str, float]
    unchanged: dict[str, Range | None]
    decided: str


@dataclass(frozen=True)
class PartSum:
    """What the base or one objective contributed to the whole reply.

    Attributes:
        name: "base" or an objective.
        sum: Of its contributions to all words and marks, in logits.
        mean: The same for each word.
        unchanged: Shares that keep the whole text; None for the base, where there is no such range, and for a sampled
            reply.
    """

    name: str
    sum: float
    mean: float
    unchanged: Range | None


@dataclass(frozen=True)
class Details:
    """How a reflection was written.

    Attributes:
        tokens: How many.
        seconds: Taken by the engine.
        strength: s.
        temperature: 0 for greedy.
        seed: Of sampling.
    """

    tokens: int
    seconds: float
    strength: float
    temperature: float
    seed: int


@dataclass(frozen=True)
class ReflectionPayload:
    """A finished reflection.

    Attributes:
        id: In the server's cache; empty where nothing of it is kept.
        text: The reflection.
        base: The base model's own reply.
        base_checks: What is known of that beside its scores.
        cut: Whether the text ended at the length limit.
        confirmed: Whether it was written for a statement with a crisis phrase, as an exercise.
        chips: What in it to look at twice.
        parts: The objectives, in the order of the sliders.
        weights: Share of each objective that wrote it.
        scores: Automatic scores.
        faithfulness: Whether it stays with what was said; None without a scorer.
        would_say: Whether a counsellor would say it, 0 to 1; None without a scorer.
        choice: What it was chosen from; None where it was written alone.
        words: Words, marks and the end; empty where it was not explained.
        overall: The base and each objective over all words.
        details: How it was written.
        phase: How the widget draws it.
    """

    id: str
    text: str
    base: str
    base_checks: Checks
    cut: bool
    confirmed: bool
    chips: tuple[Chip, ...]
    parts: tuple[Part, ...]
    weights: dict[str, float]
    scores: tuple[Score, ...]
    faithfulness: Faithfulness | None
    would_say: float | None
    choice: Choice | None
    words: tuple[Word, ...]
    overall: tuple[PartSum, ...]
    details: Details
    phase: Literal["done"] = "done"


def reflection_payload(
    reflection: Reflection,
    objectives: Sequence[Objective],
    result_id: str,
    confirmed: bool = False,
    asked: Asked | None = None,
) -> ReflectionPayload:
    """What a widget needs to draw a finished reflection.

    Args:
        reflection: As it was written.
        objectives: In the order of the sliders.
        result_id: In the cache, or empty.
        confirmed: Written as an exercise.
        asked: What was asked for; the reflection's own setting by default.
    """
    sampled = reflection.setting.temperature > 0.0
    words = merge_words(reflection.tokens, reflection.reflection, sampled)
    labels = {item.name: item.label for item in objectives}
    timing = reflection.timing
    return ReflectionPayload(
        id=result_id,
        text=reflection.reflection,
        base=reflection.base_reflection,
        base_checks=checks_payload(
            reflection.statement,
            reflection.base_reflection,
            reflection.base_faithfulness,
            reflection.base_would_say,
        ),
        cut=reflection.stopped,
        confirmed=confirmed,
        chips=check_reply(reflection.statement, reflection.reflection),
        parts=tuple(Part(name, label) for name, label in labels.items()),
        weights=dict(reflection.weights),
        scores=score_payloads(reflection.scores, labels, reflection.base_scores),
        faithfulness=faithfulness_payload(reflection.faithfulness),
        would_say=reflection.would_say,
        choice=choice_payload(reflection, asked or Asked(reflection.setting), labels),
        words=tuple(words),
        overall=tuple(overall(words)),
        details=Details(
            tokens=int(timing.get("tokens", len(reflection.tokens))),
            seconds=round((timing.get("prefill_ms", 0.0) + timing.get("decode_ms", 0.0)) / 1000, 1),
            strength=reflection.setting.strength,
            temperature=reflection.setting.temperature,
            seed=reflection.setting.seed,
        ),
    )


def merge_words(tokens: Sequence[TokenExplanation], text: str = "", sampled: bool = False) -> list[Word]:
    """Add up the pieces of each word and mark.

    Args:
        tokens: The pieces in order.
        text: The whole reply, from which a character split over several pieces is taken.
        sampled: Whether the tokens were sampled; then no range is given, because being the likeliest is not why one
            was written.
    """
    from emorl.explain.words import group_pieces  # brings torch, which is there by the time a reflection is

    spans = group_pieces([token.text for token in tokens], [is_end(token) for token in tokens], text)
    return [_word(span, tokens[span.start : span.stop], sampled) for span in spans]


def is_end(token: TokenExplanation) -> bool:
    """Whether a token ends the reply instead of adding text."""
    return not token.text or bool(_SPECIAL.match(token.text))


def _word(span: WordSpan, pieces: Sequence[TokenExplanation], sampled: bool) -> Word:
    from emorl.explain.explanation import intersect

    def kept(name: str) -> Range | None:
        return None if sampled else _inside(intersect(piece.unchanged.get(name) for piece in pieces))

    names = list(pieces[0].contributions)
    overruled = [piece for piece in pieces if piece.contributions.get(BASE, 0.0) < 0.0 <= piece.margin]
    support = {name: sum(p.contributions[name] for p in overruled) for name in names if name != BASE}
    best = max(support, key=lambda name: support[name], default="")
    return Word(
        text=span.text,
        gap=span.gap,
        kind=span.kind,
        foil=pieces[0].foil.strip() if not _SPECIAL.match(pieces[0].foil) else "",
        pieces=len(pieces),
        margin=sum(piece.margin for piece in pieces),
        contributions={name: sum(piece.contributions[name] for piece in pieces) for name in names},
        unchanged={name: kept(name) for name in names if name != BASE},
        decided=best if best and support[best] > 0.0 else "",
    )


def _inside(found: Range | None) -> Range | None:
    """A range of shares, which may stick out a little where it ends at 0 or 1."""
    return None if found is None else (max(0.0, found[0]), min(1.0, found[1]))


def overall(words: Sequence[Word]) -> list[PartSum]:
    """The base and each objective over all words."""
    from emorl.explain.explanation import intersect

    if not words:
        return []
    count = sum(word.kind == "word" for word in words) or len(words)
    rows = []
    for name in words[0].contributions:
        total = sum(word.contributions[name] for word in words)
        kept = None if name == BASE else intersect(word.unchanged[name] for word in words)
        rows.append(PartSum(name, total, total / count, kept))
    return rows
