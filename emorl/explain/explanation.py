"""What an explanation holds: everything there is to say about one reply, its words and the reply as a whole.

Left out: how it is worked out (`reply`) and drawing (`ui`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from emorl.explain.words import Kind

Range = tuple[float, float]


@dataclass(frozen=True)
class Choice:
    """A token that could have been written instead of a piece.

    Attributes:
        text: Without white space; empty for the end of the reply.
        probability: Of being chosen here, 0 to 1.
        margin: Lead of the written piece over it, nats.
        contributions: Of "base" and the objectives; they sum to `margin`.
        written: Whether it is the written piece itself.
    """

    text: str
    probability: float
    margin: float
    contributions: dict[str, float]
    written: bool


@dataclass(frozen=True)
class Piece:
    """One token of a word.

    Attributes:
        text: What it adds to the text.
        rank: 1 if it was the most likely.
        probability: Of being chosen, 0 to 1.
        runner_up: Text of the best other token.
        candidates: The five most likely tokens.
        own: What "base" and each objective alone would have chosen here.
        disagreement: Jensen-Shannon divergence of the objectives, nats.
    """

    text: str
    rank: int
    probability: float
    runner_up: str
    candidates: tuple[Choice, ...]
    own: dict[str, Choice]
    disagreement: float


@dataclass(frozen=True)
class WordExplanation:
    """One word, punctuation mark, or the end of the reply.

    Attributes:
        text: Without white space; empty for the end.
        gap: Whether there is white space before it.
        kind: "word", "mark" or "end".
        foil: The word that the runner-up of its first piece would have become; empty for the end of the reply.
        margin: Sum of its pieces' margins over their runners-up, nats.
        contributions: Of "base" and the objectives; they sum to `margin`.
        margin_slope: Change of the margin per unit of an objective's share, as the others lose theirs in proportion.
        log_p_slope: The same for the log-probability of the word.
        unchanged: Range of each objective's share in which every piece stays first; None if there is none.
        own: The word that "base" and each objective alone would have written here; empty for the end of the reply.
        first: Whether every piece was the most likely one.
        pieces: Its tokens.
        disagreement: Largest Jensen-Shannon divergence of its pieces, nats.
        sentence: The same in plain words.
    """

    text: str
    gap: bool
    kind: Kind
    foil: str
    margin: float
    contributions: dict[str, float]
    margin_slope: dict[str, float]
    log_p_slope: dict[str, float]
    unchanged: dict[str, Range | None]
    own: dict[str, str]
    first: bool
    pieces: tuple[Piece, ...]
    disagreement: float
    sentence: str


@dataclass(frozen=True)
class Overall:
    """The reply as a whole.

    Attributes:
        absolute: Σ |c| of each part over Σ |c| of all parts: its share of all push. They sum to 1 or are all 0.
        signed: Σ c of each part over the same sum: between -absolute and absolute.
        unchanged: Range of each objective's share in which the *text* stays the same.
        limits: Index of the word that limits this range below and above; None where it reaches 0 or 1.
        disagreement: Mean Jensen-Shannon divergence over the tokens, nats.
        max_disagreement: Its upper bound, the entropy of the shares, nats.
        sentence: The same in plain words.
    """

    absolute: dict[str, float]
    signed: dict[str, float]
    unchanged: dict[str, Range | None]
    limits: dict[str, tuple[int | None, int | None]]
    disagreement: float
    max_disagreement: float
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """All of one reply.

    Attributes:
        weights: Shares ŵ by objective, in slider order.
        strength: s.
        temperature: T; 0 for greedy.
        words: Words, marks and the end, in order.
        overall: The reply as a whole.
    """

    weights: dict[str, float]
    strength: float
    temperature: float
    words: tuple[WordExplanation, ...]
    overall: Overall


def intersect(ranges: Iterable[Range | None]) -> Range | None:
    """The intersection of closed ranges; None if it is empty, if one is None, or without any."""
    items = list(ranges)
    low = max((item[0] for item in items if item), default=0.0)
    high = min((item[1] for item in items if item), default=0.0)
    return (low, high) if items and None not in items and low <= high else None
