"""What a reflector gives: objectives, a reflection as it is written and when finished, and every token's reasons.

Plain values without behaviour. Left out: everything the app computes from them (`emorl.explain`) or shows of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


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
class Reflection:
    """A finished (or stopped) reflection; fields as in `reflect --json`, and its trace if it was explained.

    `reused` counts the tokens taken over from the last reply to the same statement, which only had other weights.
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
    trace: Trace | None = field(default=None, repr=False, compare=False)
