"""What a reflector gives: objectives, a reflection as it is written and when finished, and every token's reasons.

Plain values without behaviour. Left out: everything the app computes from them (`emorl.explain`) or shows of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

Made = Literal["greedy", "atlas", "sampled"]
"""How a candidate was written: greedily with the weights asked for or with those of an atlas's region, or sampled."""


@dataclass(frozen=True)
class Objective:
    """One slider: name for weights, label and help for people, hash of its adapter."""

    name: str
    label: str
    help: str
    adapter_sha256: str


@dataclass(frozen=True)
class TokenExplanation:
    """Why a token was written.

    Attributes:
        text: The token as it adds to the text.
        id: Its id.
        foil: The runner-up's text.
        margin: Logit margin over the foil, nats.
        contributions: "base" first, then each objective; they add up to the margin.
        unchanged: Interval of each objective's share in which the token stays first, or None (see `explain`).
    """

    text: str
    id: int
    foil: str
    margin: float
    contributions: dict[str, float]
    unchanged: dict[str, tuple[float, float] | None]


@dataclass(frozen=True)
class Draft:
    """The text so far."""

    text: str


@dataclass(frozen=True)
class Trace:
    """What `Reflector.explain` needs: T token ids, the end token included, and their states, (T, K+1, D) float32."""

    tokens: tuple[int, ...]
    states: torch.Tensor


@dataclass(frozen=True)
class Judged:
    """What the scorers say of a reply: a score for each objective and faithfulness, 0 to 1; None without its scorer."""

    scores: dict[str, float]
    faithfulness: float | None


@dataclass(frozen=True)
class Candidate:
    """One of the reflections that the best was chosen from, with the request that wrote it.

    Attributes:
        reflection: Its text.
        made: "greedy", "atlas" or "sampled".
        weights: Share of each objective that wrote it.
        strength: s.
        temperature: 0 for greedy.
        seed: Seed of sampling.
        scores: Score of each objective, 0 to 1.
        faithfulness: 0 to 1; None without a scorer.
        total: What it was compared by, 0 to 1 (see `choosing`).
    """

    reflection: str
    made: Made
    weights: dict[str, float]
    strength: float
    temperature: float
    seed: int
    scores: dict[str, float]
    faithfulness: float | None
    total: float


@dataclass(frozen=True)
class Reflection:
    """A finished (or stopped) reflection; fields as in `reflect --json`, and its trace if it was explained.

    `reused` counts the tokens taken over from the last reply to the same statement, which only had other weights. If it
    is the best of several, they are its `candidates`, the best first, and weights, strength, temperature and seed are
    those that wrote it.
    """

    statement: str
    reflection: str
    base_reflection: str
    weights: dict[str, float]
    strength: float
    temperature: float
    seed: int
    scores: dict[str, float]
    base_scores: dict[str, float]
    tokens: tuple[TokenExplanation, ...]
    timing: dict[str, float]
    model: dict
    stopped: bool
    reused: int = 0
    faithfulness: float | None = None
    candidates: tuple[Candidate, ...] = ()
    trace: Trace | None = field(default=None, repr=False, compare=False)
