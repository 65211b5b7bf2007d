"""What the service returns: objectives, reflections while they are written and when they are finished, atlases.

Plain values without behaviour. Left out: what the app computes from them (`emorl.explain`) and how it shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    import torch

    from emorl.atlas import RegionJson
    from emorl.ensemble import Setting

Made = Literal["greedy", "atlas", "sampled"]
"""How a candidate was written: greedily with the weights asked for, with those of an atlas's region, or sampled."""


@dataclass(frozen=True)
class Objective:
    """One slider: its name in weights, and its label and help for people."""

    name: str
    label: str
    help: str


@dataclass(frozen=True)
class TokenExplanation:
    """Why a token was written.

    Attributes:
        text: What it adds to the text.
        id: Its id.
        foil: The runner-up's text.
        margin: Logit margin over the foil, nats.
        contributions: "base" first, then each objective; they sum to the margin.
        unchanged: Interval of each objective's share in which the token stays first, or None (see `TokenFacts`).
    """

    text: str
    id: int
    foil: str
    margin: float
    contributions: dict[str, float]
    unchanged: dict[str, tuple[float, float] | None]


@dataclass(frozen=True)
class Draft:
    """The text so far.

    Attributes:
        text: Of several, that of the first.
        finished: Of the best of several, how many candidates are written to their end.
    """

    text: str
    finished: int = 0


@dataclass(frozen=True)
class Trace:
    """What an explanation is computed from: T token ids, the end token included, and states, (T, K+1, D) float32."""

    tokens: tuple[int, ...]
    states: torch.Tensor


@dataclass(frozen=True)
class ReplyScores:
    """What the scorers say about a reply, 0 to 1; None without a scorer for it.

    Attributes:
        scores: By objective.
        faithfulness: Whether it keeps to what the client said.
        would_say: Whether a counsellor would say it, all things considered.
    """

    scores: dict[str, float]
    faithfulness: float | None
    would_say: float | None = None

    @property
    def fitness(self) -> float:
        """What its scores count with when one of several replies is chosen: the wider estimate that there is, or 1."""
        if self.would_say is not None:
            return self.would_say
        return 1.0 if self.faithfulness is None else self.faithfulness


@dataclass(frozen=True)
class Candidate:
    """One of the reflections that the best was chosen from.

    Attributes:
        reflection: Its text.
        made: How it was written.
        setting: What it was written with.
        scores: Score for each objective, 0 to 1.
        faithfulness: 0 to 1; None without a scorer.
        would_say: Whether a counsellor would say it, 0 to 1; None without a scorer.
        total: What it was compared by, 0 to 1 (see `best_of`).
    """

    reflection: str
    made: Made
    setting: Setting
    scores: dict[str, float]
    faithfulness: float | None
    would_say: float | None
    total: float


class ModelIdentity(TypedDict):
    """The models that wrote a reflection, as scripts and stored ratings name them.

    Attributes:
        base: Name of the base model, or "custom".
        base_sha256: Hash of its file.
        adapters: Hash of each objective's adapter.
    """

    base: str
    base_sha256: str
    adapters: dict[str, str]


class WrittenWith(TypedDict):
    """What, beside models and setting, decides what is written; stored with a rating so that it can be written again.

    Attributes:
        precision: Key of `PRECISIONS`.
        base_id: Identity of base and warm start together.
        template: SHA-256 of the prompt template.
        max_tokens: Of a reply, the end token included.
        torch: Version of PyTorch.
        transformers: Version of transformers, which reads the statement into tokens.
        processor: Instructions that PyTorch's products use, such as "AVX2"; others round differently.
        threads: Threads of one product; sums may be split differently with another number.
        step: How a token is computed, "compiled" or "plain" (`emorl.ensemble.step`); they round differently.
    """

    precision: str
    base_id: str
    template: str
    max_tokens: int
    torch: str
    transformers: str
    processor: str
    threads: int
    step: str


class StatementAtlas(TypedDict):
    """The atlas of a statement as it grows: the fields of `AtlasJson`, and how far it has come.

    Attributes:
        objectives: Names of those it spans.
        coverage: Share of the weights that its regions cover.
        decode_steps: Prefixes that went through base and experts after the prefill.
        regions: The largest first; scores come when the atlas is finished.
        strength: s.
        open: Share of the weights whose replies are not finished: still being written, or the budget ran out.
        finished: Whether this is the last version, with scores.
    """

    objectives: list[str]
    coverage: float
    decode_steps: int
    regions: list[RegionJson]
    strength: float
    open: float
    finished: bool


@dataclass(frozen=True)
class Reflection:
    """A finished reflection.

    Attributes:
        statement: What the client said.
        reflection: The reply.
        base_reflection: The base's own reply.
        objectives: Names of the K objectives, in the order of the setting's weights.
        setting: What it was written with; for the best of several, what that candidate was written with.
        scores: Score for each objective, 0 to 1.
        base_scores: The same for the base's own reply.
        tokens: The reasons for every token; empty unless it was explained.
        timing: `prefill_ms`, `decode_ms` and the number of `tokens`.
        model: The base and the adapters.
        stopped: Whether it was cut off at the maximum number of tokens.
        reused: Tokens taken over from the last reply to the same statement, which only had different weights.
        faithfulness: 0 to 1; None without a scorer.
        would_say: Whether a counsellor would say it, 0 to 1; None without a scorer.
        base_faithfulness: The faithfulness of the base's own reply.
        base_would_say: Whether a counsellor would say the base's own reply.
        candidates: What the best was chosen from, the best first; empty if nothing was chosen.
        trace: What an explanation of the whole is computed from; None unless it was explained.
        written: What else it takes to write it again; None where nothing wrote it.
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
    model: ModelIdentity
    stopped: bool
    reused: int = 0
    faithfulness: float | None = None
    would_say: float | None = None
    base_faithfulness: float | None = None
    base_would_say: float | None = None
    candidates: tuple[Candidate, ...] = ()
    trace: Trace | None = field(default=None, repr=False, compare=False)
    written: WrittenWith | None = None

    @property
    def weights(self) -> dict[str, float]:
        """Share of each objective, by name."""
        return named_weights(self.objectives, self.setting)


def named_weights(objectives: Sequence[str], setting: Setting) -> dict[str, float]:
    """A setting's weights by objective."""
    return dict(zip(objectives, setting.weights, strict=True))
