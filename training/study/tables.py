"""Adds measured runs up: means of each run, mean and spread over seeds, intervals over statements, a paired test.

An objective's figure is its score times faithfulness, as it is rewarded. A run's `mean` is the mean of these figures
over the objectives, its `minimum` the lowest of them. Spreads are standard deviations over seeds (n - 1); one seed has
none. Intervals resample statements, each statement's value being the mean over seeds. Left out: reading the files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emorl.scoring.metrics import corpus_distinct_2
from training.evaluate import Interval, bootstrap
from training.study.measures import DECODED, Measured

ROLES = ("ship", "judge")
PLAIN = ("diversity_2", "edit_rate", "copy_rate", "words")
FLIPS = 10_000


@dataclass(frozen=True)
class Row:
    """One method, over its seeds.

    Attributes:
        method: Its name, in an arm with that.
        means: Mean over seeds of each figure; NaN where it could not be measured.
        spreads: Standard deviation over seeds; NaN with one seed.
        intervals: The mean's interval over statements, by role.
        seeds: Number of seeds.
    """

    method: str
    means: Mapping[str, float]
    spreads: Mapping[str, float]
    intervals: Mapping[str, Interval]
    seeds: int


@dataclass(frozen=True)
class Comparison:
    """One method minus another, paired by statement.

    Attributes:
        role: "ship" for the scorers, "judge" for the held-out judges.
        difference: Mean difference of the mean reward, with its interval.
        p: Two-sided p of the sign-flip test: how often random signs give a mean at least as far from 0.
    """

    role: str
    difference: Interval
    p: float


def rewards(measured: Measured, objectives: Sequence[str], role: str) -> NDArray[np.float64] | None:
    """Each reply's score times faithfulness by objective, (K, N), or None if a scorer of this role is missing."""
    columns = measured.columns
    names = [f"{name} {role}" for name in (*objectives, "faithfulness")]
    if any(name not in columns for name in names):
        return None
    *own, faithful = (np.asarray(columns[name], dtype=float) for name in names)
    table: NDArray[np.float64] = np.stack(own) * faithful
    return table


def figures(measured: Measured, objectives: Sequence[str]) -> dict[str, float]:
    """Every figure of one run; those of judges have `judge_` before their name."""
    found: dict[str, float] = {}
    for role, before in zip(ROLES, ("", "judge_"), strict=True):
        table = rewards(measured, objectives, role)
        own = table.mean(1) if table is not None else np.full(len(objectives), np.nan)
        found |= {f"{before}{name}": float(value) for name, value in zip(objectives, own, strict=True)}
        found |= {f"{before}mean": float(own.mean()), f"{before}minimum": float(own.min())}
        faithful = measured.columns.get(f"faithfulness {role}")
        found[f"{before}faithfulness"] = float(np.mean(faithful)) if faithful is not None else math.nan
    found |= {name: float(np.mean(measured.columns[name])) for name in PLAIN}
    cost, columns = measured.run.cost, measured.columns
    return found | {
        DECODED: float(np.mean(columns.get(DECODED, columns["words"]))),
        "strength": measured.run.strength,
        "best_of": float(measured.run.best_of),
        "distinct_2": corpus_distinct_2(measured.replies),
        "data_points": float(cost.data_points),
        "rollouts": float(cost.rollouts),
        "seconds_sum": cost.seconds_sum,
        "seconds_parallel": cost.seconds_parallel,
    }


def by_statement(seeds: Sequence[Measured], objectives: Sequence[str], role: str) -> NDArray[np.float64] | None:
    """The mean reward of each statement over objectives and seeds, (N,), or None if a scorer is missing."""
    tables = [rewards(measured, objectives, role) for measured in seeds]
    whole = [table.mean(0) for table in tables if table is not None]
    if len(whole) < len(tables):
        return None
    values: NDArray[np.float64] = np.stack(whole).mean(0)
    return values


def row_of(seeds: Sequence[Measured], objectives: Sequence[str], name: str | None = None) -> Row:
    """One method from its measured seeds, at least one; `name` is that of an arm."""
    every = [figures(measured, objectives) for measured in seeds]
    columns = {name: [one[name] for one in every] for name in every[0]}
    intervals = {
        role: bootstrap(values.tolist())
        for role in ROLES
        if (values := by_statement(seeds, objectives, role)) is not None
    }
    return Row(
        name or seeds[0].run.method,
        {name: float(np.mean(values)) for name, values in columns.items()},
        {name: float(np.std(v, ddof=1)) if len(v) > 1 else math.nan for name, v in columns.items()},
        intervals,
        len(seeds),
    )


def compare(
    ours: Sequence[Measured], theirs: Sequence[Measured], objectives: Sequence[str], role: str
) -> Comparison | None:
    """One method minus another by scorers of a role, or None if one of them is missing."""
    first, second = by_statement(ours, objectives, role), by_statement(theirs, objectives, role)
    if first is None or second is None:
        return None
    difference = first - second
    return Comparison(role, bootstrap(difference.tolist()), sign_flip(difference))


def sign_flip(differences: NDArray[np.float64], seed: int = 0) -> float:
    """Two-sided p of the paired sign-flip test on the mean.

    Example:
        Four differences of the same size: only 2 of the 16 ways to choose the signs have a mean as far from 0.

        >>> 0.11 < sign_flip(np.full(4, 0.5)) < 0.14
        True
    """
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (FLIPS, len(differences)))
    flipped = np.abs((signs * differences).mean(1))
    return float((1 + np.sum(flipped >= abs(differences.mean()) - 1e-12)) / (FLIPS + 1))
