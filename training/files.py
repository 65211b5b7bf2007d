"""Types of the JSON files that a run leaves in its models folder.

The stages write these files and `training.card` reads them. They are written by our own stages only, so nothing is
checked here; what the app reads of a manifest is checked in `emorl.models.manifest`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NotRequired, TypedDict

Interval = dict[str, float]
"""`mean`, `low` and `high`: a mean with its 95 % bootstrap interval."""


class Account(TypedDict):
    """What an objective's run has cost; see `training.checkpoints.Account`."""

    data_points: int
    rollouts: int
    scorer_calls: int
    tokens: int
    seconds: float
    steps: int
    stopped: str


class Training(Account):
    """`account.json` of an objective's run: its account with its settings."""

    settings: dict[str, float | str | None]


class Effect(TypedDict):
    """An objective's score before its adapter and after, and the gain paired by statement."""

    before: Interval
    after: Interval
    gain: Interval


class ObjectiveEntry(TypedDict):
    """An objective in the manifest."""

    name: str
    label: str
    help: str
    adapter: str
    sha256: str
    scorer: str | None
    judge: str | None
    training: Training
    evaluation: NotRequired[dict[str, Effect]]  # by role and mode, such as "ship greedy"


class Preferences(TypedDict):
    """`preferences.json`: what the warm start learnt from read replies.

    `ranked_rightly` is the share of the pairs of unequal validation replies that the log-ratio to the warm start before
    it ranks rightly.
    """

    statements: int
    replies: int
    lessons: int
    steps: int
    seed: int
    ranked_rightly: float | None
    settings: NotRequired[dict[str, object]]


class WarmStart(TypedDict):
    """`warmstart.json`; the curve has `statements` and the loss by corpus."""

    statements: int
    replies: int
    steps: int
    seed: int
    curve: list[dict[str, float]]
    seconds: float | None
    preferences: NotRequired[Preferences]  # if it learnt from read replies too
    settings: NotRequired[dict[str, object]]
    note: NotRequired[str]  # only if it was not made by the stages alone


class WarmStartEntry(TypedDict):
    """The warm start in the manifest."""

    path: str
    sha256: str
    training: WarmStart


class Faithfulness(TypedDict):
    """The check and the choice in the manifest; `chance` as `emorl.models.chance.Chance` has it."""

    scorer: str | None
    judge: str | None
    label: str
    chance: NotRequired[dict[str, float]]


class Manifest(TypedDict):
    """`manifest.json`."""

    version: int
    base: dict[str, str]
    template: str
    warm_start: WarmStartEntry
    base_id: str
    objectives: list[ObjectiveEntry]
    faithfulness: Faithfulness
    presets: dict[str, dict[str, float]]
    files: dict[str, str]


class SliderPoint(TypedDict):
    """What replies score where an objective has a share of the weights, and the others the rest in equal parts.

    Attributes:
        share: From 0 to 1.
        score: Mean of the objective's shipping scorer.
        faithfulness: Mean of the shipping scorer of faithfulness.
    """

    share: float
    score: float
    faithfulness: float


class Evaluation(TypedDict):
    """`evaluation.json`: intervals by method and column; `sliders` by objective, along its slider."""

    statements: int
    weights: dict[str, list[float]]
    means: dict[str, dict[str, Interval]]
    gain_over_warmstart: dict[str, dict[str, Interval]]
    share_of_different_replies: dict[str, float]
    sliders: NotRequired[dict[str, list[SliderPoint]]]


class Point(TypedDict):
    """A point of the grid."""

    level: int
    weights: tuple[float, ...]
    score: float


class Direction(TypedDict):
    """The mean scores of a direction of the weights, in slider order."""

    weights: tuple[float, ...]
    by_objective: list[float]


class Grid(TypedDict):
    """What the hierarchical grid found and what it cost."""

    best: tuple[float, ...]
    score: float
    evaluations: int
    distinct_replies: int
    decode_steps: int
    decode_steps_one_by_one: int
    seconds: float
    points: list[Point]
    means: list[Direction]


class Exact(TypedDict):
    """The optimum over all weights, and `balanced`, the one that leaves every objective a least share."""

    best: tuple[float, ...]
    score: float
    coverage: float
    decode_steps: int
    cells: int
    regions: list[int]
    seconds: float
    least_share: float
    balanced: tuple[float, ...]
    balanced_score: float


class Searched(TypedDict):
    """What one method found; `unseen` and `balanced_unseen` are the scores on statements that no search has seen."""

    method: str
    best: tuple[float, ...]
    score: float
    unseen: float | None
    balanced: tuple[float, ...]
    balanced_score: float
    balanced_unseen: float | None
    evaluations: int
    replies: int
    decode_steps: int
    seconds: float


class Search(TypedDict):
    """`search.json`: a line for each method in `searches`, and its whole record under its name.

    A file from before there were several methods has `hierarchical` and `exact` alone; `read_search` reads both.
    """

    objectives: list[str]
    statements: int
    unseen: NotRequired[int]
    aim: NotRequired[dict[str, object]]
    method: NotRequired[str]
    searches: NotRequired[list[Searched]]
    hierarchical: NotRequired[Grid]
    random: NotRequired[Grid]
    bayesian: NotRequired[Grid]
    exact: NotRequired[Exact]


def read_search(path: Path) -> Search:
    """`search.json`; the grid of an older file, which lay in it openly, is put under its name."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if "searches" not in data:
        data["hierarchical"] = {name: data.pop(name) for name in Grid.__annotations__ if name in data}
    found: Search = data
    return found


class ScorerCard(TypedDict):
    """`scorer.json`, as far as the model card needs it."""

    note: NotRequired[str]
