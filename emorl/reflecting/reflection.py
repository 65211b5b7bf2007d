"""What the service gives: objectives, a reflection as it is written and when it is finished, and every token's reasons.

Plain values without behaviour. Left out: everything the app computes from them (`emorl.explain`) or shows of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import torch

    from emorl.ensemble.setting import Setting

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
    """What an explanation needs: T token ids, the end token included, and their states, (T, K+1, D) float32."""

    tokens: tuple[int, ...]
    states: torch.Tensor


@dataclass(frozen=True)
class Judged:
    """What the scorers say of a reply: a score for each objective and faithfulness, 0 to 1; None without its scorer."""

    scores: dict[str, float]
    faithfulness: float | None


@dataclass(frozen=True)
class Candidate:
    """One of the reflections that the best was chosen from.

    Attributes:
        reflection: Its text.
        made: "greedy", "atlas" or "sampled".
        setting: What it was written with.
        scores: Score of each objective, 0 to 1.
        faithfulness: 0 to 1; None without a scorer.
        total: What it was compared by, 0 to 1 (see `best_of`).
    """

    reflection: str
    made: Made
    setting: Setting
    scores: dict[str, float]
    faithfulness: float | None
    total: float


@dataclass(frozen=True)
class Reflection:
    """A finished (or stopped) reflection.

    Attributes:
        statement: What the client said.
        reflection: The reply.
        base_reflection: The base's own reply.
        objectives: Names of the K objectives, in the order of the setting's weights.
        setting: What it was written with; where it is the best of several, what that candidate was written with.
        scores: Score of each objective, 0 to 1.
        base_scores: The same of the base's own reply.
        tokens: Reasons of every token; empty unless it was explained.
        timing: `prefill_ms`, `decode_ms` and the number of `tokens`.
        model: Names and hashes of base and adapters.
        stopped: It reached the longest reply before it ended.
        reused: Tokens taken over from the last reply to the same statement, which only had other weights.
        faithfulness: 0 to 1; None without a scorer.
        candidates: What the best was chosen from, the best first; empty where nothing was chosen.
        trace: What an explanation of the whole needs, if it was explained.
    """

    statement: str
    reflection: str
    base_reflection: str
    objectives: tuple[str, ...]
    setting: Setting
    scores: dict[str, float]
    base_scores: dict[str, float]
    tokens: tuple[TokenExplanation, ...]
    timing: dict[str, float]
    model: dict[str, Any]
    stopped: bool
    reused: int = 0
    faithfulness: float | None = None
    candidates: tuple[Candidate, ...] = ()
    trace: Trace | None = field(default=None, repr=False, compare=False)

    @property
    def weights(self) -> dict[str, float]:
        """Share of each objective, by name."""
        return named_weights(self.objectives, self.setting)


def named_weights(objectives: Sequence[str], setting: Setting) -> dict[str, float]:
    """A setting's weights by objective."""
    return dict(zip(objectives, setting.weights, strict=True))
