"""What each objective would do to a text that a person wrote: which words it favours, and which it would replace.

One pass through base and experts (teacher forcing) gives every expert's log-probability of each of the person's tokens,
log p_k(y_t | prompt, y_<t), and the token that it would have preferred there. The *push* of an objective on a word is
its log-probability less the base's, summed over the word's tokens; it says what training for the objective has changed,
and is exact. Where an expert strongly prefers another token, it goes on alone from there to the end of a word.

Every word is judged after the person's own words before it, so a replacement fits what stands before, not what follows.
The experts are taken each by itself, at strength 1. A low probability is no fault: people write less predictably than a
model. Left out: the mixture, and what the client's words have to do with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

import torch

from emorl.ensemble.decoder import EnsembleDecoder
from emorl.ensemble.forced import Departure, Forced, force, go_on
from emorl.explain.rivals import BASE
from emorl.explain.words import INSIDE_NUMBERS, INSIDE_WORDS, WordSpan, group_pieces

STRONG = math.log(3)
"""Lead from which an expert strongly prefers another token, nats: it is three times as likely to it."""

SLICE = 32
"""Positions whose logits are held at once."""


@dataclass(frozen=True)
class Instead:
    """What an expert would have written in place of a word.

    Attributes:
        text: A whole word or a mark; empty where it would have ended the text.
        lead: How far its first other token is ahead of the person's, nats.
        joined: Whether it goes on with the word before, which it then includes: "You're" for "You" and what follows.
    """

    text: str
    lead: float
    joined: bool = False


@dataclass(frozen=True)
class OwnWord:
    """A word, mark, or the end of the person's text.

    Attributes:
        text: Without white space; empty at the end.
        gap: Whether there is white space before it.
        kind: "word", "mark" or "end".
        log_p: Log-probability of all its tokens under "base" and each objective, nats.
        instead: What "base" and each objective would have written; only where it is another word and the lead is at
            least `STRONG`, and only for words.
    """

    text: str
    gap: bool
    kind: str
    log_p: dict[str, float]
    instead: dict[str, Instead]

    @property
    def push(self) -> dict[str, float]:
        """How much likelier than under the base the word is with each objective, nats; below 0 less likely."""
        return {name: value - self.log_p[BASE] for name, value in self.log_p.items() if name != BASE}


def own_words(
    decoder: EnsembleDecoder,
    prompt: Sequence[int],
    tokens: Sequence[int],
    names: Sequence[str],
    decode: Callable[[int], str],
    text: str = "",
) -> tuple[OwnWord, ...]:
    """The words of a person's text, with what each objective would do to them.

    Args:
        decoder: The ensemble.
        prompt: Token ids of the prompt.
        tokens: T token ids of the text, without an end token.
        names: Of the K objectives.
        decode: The text that a token adds.
        text: The whole text, for characters that are split over several tokens.

    Raises:
        ValueError: An empty prompt or text, or more tokens than the base has positions.
    """
    if not tokens:
        raise ValueError("Got a text without tokens: expected at least one.")
    forced = force(decoder, prompt, [*tokens, min(decoder.end_tokens)])
    own, best, best_p = token_log_p(decoder, forced)
    parts = [BASE, *names]
    pieces = [decode(token) for token in tokens]
    spans = group_pieces([*pieces, ""], [False] * len(pieces) + [True], text)
    lead = best_p - own  # (T, K+1)
    departures: dict[tuple[int, int], Departure] = {}  # by word and row
    for index, span in enumerate(spans):
        if span.kind != "word":
            continue
        for row in range(len(parts)):
            at = next((t for t in range(span.start, span.stop) if int(best[t, row]) != forced.tokens[t]), None)
            if at is not None and float(lead[at, row]) >= STRONG:
                departures[index, row] = Departure(at, row, int(best[at, row]))
    read = _Reader(decoder.end_tokens, decode, pieces, spans)
    found = go_on(decoder, forced, departures.values(), read.whole)
    words = []
    for index, span in enumerate(spans):
        instead = {}
        for row, name in enumerate(parts):
            departure = departures.get((index, row))
            if departure is not None:
                other = read.word(departure.at, found[departure])
                joined = index > 0 and span.gap and other.kind == "word" and not other.gap
                text_instead = (spans[index - 1].text if joined else "") + other.text
                if joined or other.text != span.text:
                    instead[name] = Instead(text_instead, float(lead[departure.at, row]), joined)
        sums = own[span.start : span.stop].sum(0).tolist()
        words.append(OwnWord(span.text, span.gap, span.kind, dict(zip(parts, sums, strict=True)), instead))
    return tuple(words)


@torch.inference_mode()
def token_log_p(decoder: EnsembleDecoder, forced: Forced) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Of every token: its log-probability, the token each expert likes best, and that one's log-probability.

    Returns:
        Three tensors (T, K+1), base first; log-probabilities in nats.
    """
    own, best, best_p = [], [], []
    for first in range(0, len(forced.tokens), SLICE):
        states = forced.states[first : first + SLICE]  # (t, K+1, D)
        logits = decoder.backbone.logits(states.flatten(0, 1)).view(*states.shape[:2], -1)
        log_p = logits.log_softmax(-1)  # (t, K+1, V)
        target = torch.tensor(forced.tokens[first : first + SLICE])[:, None, None].expand(-1, states.shape[1], 1)
        own.append(log_p.gather(-1, target)[..., 0])
        top, index = log_p.max(-1)
        best.append(index)
        best_p.append(top)
    return torch.cat(own), torch.cat(best), torch.cat(best_p)


@dataclass(frozen=True)
class _Reader:
    """Puts tokens that an expert writes instead of a word together with the person's pieces before them."""

    ends: Container[int]
    decode: Callable[[int], str]
    pieces: Sequence[str]
    spans: Sequence[WordSpan]

    def groups(self, at: int, written: Sequence[int]) -> list[WordSpan]:
        """The words that begin with the person's pieces of the word before `at`, and go on with what was written."""
        start = next(span.start for span in self.spans if span.start <= at < span.stop)
        texts = [*self.pieces[start:at], *(self.decode(token) for token in written)]
        return group_pieces(texts, [False] * (at - start) + [token in self.ends for token in written])

    def whole(self, at: int, written: Sequence[int]) -> bool:
        """Whether the first word is complete: something follows that is no mark which may yet lie inside it."""
        groups = self.groups(at, written)
        if groups[0].kind != "word" or len(groups) > 2:
            return True
        return len(groups) == 2 and groups[1].text not in INSIDE_WORDS | INSIDE_NUMBERS

    def word(self, at: int, written: Sequence[int]) -> WordSpan:
        """The first word, a mark, or the end of the text."""
        return self.groups(at, written)[0]
