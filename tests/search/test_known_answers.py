"""Every search on scores whose optimum is known: one concave score, and each aim of a search worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from emorl.ensemble.weights import shares
from emorl.search.bayesian import bayesian_search
from emorl.search.hierarchical import Score, SearchResult, hierarchical_search
from emorl.search.random_search import random_search
from emorl.search.scalarization import Scalarization, mean, minimum, preferred, tchebycheff, towards

SEARCHES: dict[str, Callable[[Score, int], SearchResult]] = {
    "hierarchical": lambda score, objectives: hierarchical_search(score, objectives),
    "random": lambda score, objectives: random_search(score, objectives, 600, np.random.default_rng(2)),
    "bayesian": lambda score, objectives: bayesian_search(score, objectives, 32, seed=1),
}
TARGETS = {2: (0.7, 0.3), 3: (0.58, 0.37, 0.05), 5: (0.35, 0.3, 0.05, 0.1, 0.2)}
LARGEST_ERROR = {"hierarchical": 0.09, "random": 0.12, "bayesian": 0.06}


@pytest.mark.parametrize("objectives", TARGETS)
@pytest.mark.parametrize("name", SEARCHES)
def test_a_concave_score_is_highest_where_the_search_says(name: str, objectives: int) -> None:
    target = TARGETS[objectives]

    def score(points):
        return [-sum((a - b) ** 2 for a, b in zip(shares(p), target, strict=True)) for p in points]

    found = SEARCHES[name](score, objectives)
    assert max(abs(a - b) for a, b in zip(shares(found.best), target, strict=True)) < LARGEST_ERROR[name]
    assert [found.score] == score([found.best]) and found.score == max(value for _, _, value in found.points)


GAINS = (1.0, 0.8, 0.4)
AIMS: dict[str, tuple[Scalarization, float, Sequence[float] | None]] = {
    # rewards of w_1, 0.8 w_2 and 0.4 w_3: the first objective gains most
    "mean": (mean, 1 / 3, (1, 0, 0)),
    # all alike: w_k in proportion to 1, 1.25 and 2.5, which sum to 4.75
    "minimum": (minimum, 1 / 4.75, (1 / 4.75, 1.25 / 4.75, 2.5 / 4.75)),
    # 0.2 * 0.8 w_2 + 0.8 * 0.4 w_3
    "preference": (preferred([0, 1, 4]), 0.32, (0, 0, 1)),
    # shares of .3, .25 and .125 are enough, and there are many ways to have them
    "target": (towards([0.3, 0.2, 0.05]), 0.0, None),
    # c (1 - w) is alike for the first two, d = 1 / 2.25; the third lacks 0.4, which is less
    "tchebycheff": (tchebycheff(GAINS, [1, 1, 1]), -1 / 2.25 / 3, (1 - 1 / 2.25, 1 - 1.25 / 2.25, 0)),
}


@pytest.mark.parametrize("aim", AIMS)
@pytest.mark.parametrize("name", SEARCHES)
def test_each_aim_has_its_own_optimum(name: str, aim: str) -> None:
    scalarization, best, where = AIMS[aim]

    def score(points):
        return [scalarization([g * s for g, s in zip(GAINS, shares(point), strict=True)]) for point in points]

    found = SEARCHES[name](score, 3)
    assert best - 0.03 < found.score <= best + 1e-9
    if where is not None:
        assert shares(found.best) == pytest.approx(where, abs=0.12)


def test_the_best_with_a_least_share_is_one_of_the_points() -> None:
    def score(points):
        return [shares(point)[0] for point in points]

    found = hierarchical_search(score, 3)
    weights, value = found.best_within(0.1)
    assert found.score == 1.0 and value == max(
        score for _, point, score in found.points if min(shares(point)) >= 0.1 - 1e-9
    )
    assert min(shares(weights)) >= 0.1 - 1e-9 and score([weights]) == [value]
    with pytest.raises(ValueError, match="Got no point with a least share of 0.4: expected at least one"):
        found.best_within(0.4)
