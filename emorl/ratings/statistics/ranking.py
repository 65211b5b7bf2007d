"""Which setting wins: Bradley-Terry strengths from blind choices, with bootstrap intervals.

P(a beats b) = 1 / (1 + exp(s_b - s_a)). A tie is half a win for each; "both bad" and "not sure" say nothing about which
is better and stay out. A weak normal prior on every strength keeps a setting that never lost (or never won) finite, and
fixes the offset: strengths sum to 0. Settings that no chain of choices links cannot be compared: each group of linked
settings is fitted by itself, and its strengths sum to 0. Intervals resample raters and items together (each choice
counts as often as its rater times its item was drawn), because choices of one rater, or on one item, are not
independent. A handful of unanimous choices leaves a bootstrap nothing to vary, so an interval is never narrower than
that of the likelihood's curvature.

Sources: Bradley and Terry 1952; Hunter 2004 (ties as half wins are the usual shortcut, not his tie model);
Owen 2007, "The pigeonhole bootstrap". Left out: order effects, which the random left and right cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from emorl.ratings.statistics.levels import is_evidence
from emorl.ratings.storage.record import StoredJudgement

FIRST_SHARE = {"first": 1.0, "tie": 0.5, "second": 0.0}
"""Part of the win that goes to the first side, by choice."""
PRIOR_PRECISION = 0.1
INTERVAL = (2.5, 97.5)
MAX_STEPS = 100


@dataclass(frozen=True)
class Comparison:
    """One choice between two settings; `share` of the win goes to `first`: 1, 0.5 or 0."""

    first: str
    second: str
    share: float
    rater: str
    item: str


@dataclass(frozen=True)
class Strength:
    """A setting's place in the ranking.

    Attributes:
        setting: its name.
        strength: on the log-odds scale; those of a group sum to 0.
        low: lower end of the 95 % interval.
        high: its upper end.
        wins: choices for it, a tie counting half.
        comparisons: choices it was part of.
        group: number of its group, from 1; strengths of two groups say nothing about each other.
    """

    setting: str
    strength: float
    low: float
    high: float
    wins: float
    comparisons: int
    group: int = 1


def comparisons(judgements: Sequence[StoredJudgement]) -> tuple[Comparison, ...]:
    """Blind first choices between two settings; items with a known answer, "both bad" and "not sure" stay out."""
    found = []
    for judgement in judgements:
        item, share = judgement.item, FIRST_SHARE.get(str(judgement.answer.choice))
        if share is None or item.second is None or item.gold is not None or not is_evidence(judgement):
            continue
        if item.first.setting != item.second.setting:
            found.append(Comparison(item.first.setting, item.second.setting, share, judgement.rater, item.key))
    return tuple(found)


def rank(found: Sequence[Comparison], samples: int = 300, seed: int = 0) -> tuple[Strength, ...]:
    """Strengths of all settings that were compared: group by group, the strongest of each first.

    Args:
        found: choices, from `comparisons`.
        samples: bootstrap samples.
        seed: of the resampling.
    """
    groups = linked(found)
    return tuple(row for number, group in enumerate(groups, 1) for row in _rank(group, number, samples, seed))


def linked(found: Sequence[Comparison]) -> tuple[tuple[Comparison, ...], ...]:
    """Choices by group: two settings are in one where a chain of choices links them. The group with most choices first.

    Args:
        found: choices, from `comparisons`.
    """
    if not found:
        return ()
    names, first, second = _numbered(found)
    links = coo_array((np.ones(len(found)), (first, second)), shape=(len(names), len(names)))
    count, group_of = connected_components(links, directed=False)
    groups = [tuple(one for k, one in zip(first, found, strict=True) if group_of[k] == n) for n in range(count)]
    return tuple(sorted(groups, key=len, reverse=True))  # of equal ones that whose first name comes first


def _numbered(found: Sequence[Comparison]) -> tuple[list[str], NDArray[np.int_], NDArray[np.int_]]:
    """Names of the settings, and the numbers of both sides of each comparison."""
    names = sorted({name for one in found for name in (one.first, one.second)})
    first = np.array([names.index(one.first) for one in found])
    return names, first, np.array([names.index(one.second) for one in found])


def _rank(found: Sequence[Comparison], group: int, samples: int, seed: int) -> tuple[Strength, ...]:
    names, first, second = _numbered(found)
    share = np.array([one.share for one in found])
    point = fit(first, second, share, np.ones(len(found)), len(names))
    rng = np.random.default_rng(seed)
    _, rater = np.unique([one.rater for one in found], return_inverse=True)
    _, item = np.unique([one.item for one in found], return_inverse=True)
    drawn = np.empty((samples, len(names)))
    for number in range(samples):
        times = _draw(rng, item) * (_draw(rng, rater) if rater.max() > 0 else 1.0)
        drawn[number] = fit(first, second, share, times, len(names))
    low, high = np.percentile(drawn, INTERVAL, axis=0)
    margin = 1.96 * deviation(first, second, point)
    low, high = np.minimum(low, point - margin), np.maximum(high, point + margin)
    wins = np.bincount(first, share, len(names)) + np.bincount(second, 1 - share, len(names))
    number_of = np.bincount(first, minlength=len(names)) + np.bincount(second, minlength=len(names))
    order = sorted(range(len(names)), key=lambda k: (-point[k], names[k]))
    return tuple(
        Strength(names[k], float(point[k]), float(low[k]), float(high[k]), float(wins[k]), int(number_of[k]), group)
        for k in order
    )


def fit(
    first: NDArray[np.int_],
    second: NDArray[np.int_],
    share: NDArray[np.float64],
    times: NDArray[np.float64],
    settings: int,
    precision: float = PRIOR_PRECISION,
) -> NDArray[np.float64]:
    """Strengths (settings,) that maximise the weighted log-likelihood with the prior, by Newton's method.

    Args:
        first: number of the first setting of each comparison (N,).
        second: number of the second (N,).
        share: part of the win of the first (N,).
        times: how often each comparison counts (N,).
        settings: how many there are.
        precision: of the normal prior around 0; it makes the problem strictly concave.
    """
    strength = np.zeros(settings)
    for _ in range(MAX_STEPS):
        probability = 1.0 / (1.0 + np.exp(np.clip(strength[second] - strength[first], -50, 50)))
        residual = times * (share - probability)
        won = np.bincount(first, residual, settings) - np.bincount(second, residual, settings)
        gradient = won - precision * strength
        curvature = _curvature(first, second, times * probability * (1.0 - probability), settings, precision)
        step = np.linalg.solve(curvature, gradient)
        strength += step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))  # no leap over the top
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(strength - strength.mean())


def deviation(
    first: NDArray[np.int_],
    second: NDArray[np.int_],
    strength: NDArray[np.float64],
    precision: float = PRIOR_PRECISION,
) -> NDArray[np.float64]:
    """Standard deviations (settings,) of the centred strengths by the curvature at the maximum (Laplace)."""
    probability = 1.0 / (1.0 + np.exp(strength[second] - strength[first]))
    settings = len(strength)
    covariance = np.linalg.inv(_curvature(first, second, probability * (1.0 - probability), settings, precision))
    centre = np.eye(settings) - 1.0 / settings
    return np.asarray(np.sqrt(np.diag(centre @ covariance @ centre)))


def _curvature(
    first: NDArray[np.int_], second: NDArray[np.int_], weight: NDArray[np.float64], settings: int, precision: float
) -> NDArray[np.float64]:
    """Negative second derivatives (settings, settings) of the log-likelihood and the prior."""
    found = precision * np.eye(settings)
    np.add.at(found, (first, first), weight)
    np.add.at(found, (second, second), weight)
    np.add.at(found, (first, second), -weight)
    np.add.at(found, (second, first), -weight)
    return found


def _draw(rng: np.random.Generator, cluster: NDArray[np.int_]) -> NDArray[np.float64]:
    """How often each row's cluster comes up when as many clusters are drawn as there are."""
    clusters = int(cluster.max()) + 1
    return rng.multinomial(clusters, np.full(clusters, 1 / clusters))[cluster].astype(float)
