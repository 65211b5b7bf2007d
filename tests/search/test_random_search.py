"""Random weights on rewards whose optimum is known."""

from __future__ import annotations

import numpy as np
import pytest

from emorl.ensemble.weights import shares
from emorl.search.hierarchical import Weights, direction
from emorl.search.random_search import random_search

TARGET = (0.58, 0.37, 0.05)


def quadratic(points):
    return [-sum((a - b) ** 2 for a, b in zip(shares(p), TARGET, strict=True)) for p in points]


def test_it_comes_near_a_known_optimum() -> None:
    found = random_search(quadratic, 3, 300, np.random.default_rng(0))
    assert shares(found.best) == pytest.approx(TARGET, abs=0.05)
    assert found.score == max(score for _, _, score in found.points) and found.evaluations == 300


def test_every_direction_is_scored_once_in_batches_and_corners_and_centre_come_first() -> None:
    asked: list[list[Weights]] = []

    def score(points):
        asked.append(list(points))
        return quadratic(points)

    found = random_search(score, 3, 20, np.random.default_rng(1), batch=6)
    assert [len(batch) for batch in asked] == [6, 6, 6, 2] and {level for level, _, _ in found.points} == {1, 2, 3, 4}
    flat = [direction(point) for batch in asked for point in batch]
    assert len(set(flat)) == 20
    assert flat[:4] == [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), direction([1, 1, 1])]
    assert all(sum(point) == pytest.approx(1) and min(point) >= 0 for point in flat)


def test_the_generator_decides_the_directions() -> None:
    def best(seed: int) -> Weights:
        return random_search(quadratic, 3, 12, np.random.default_rng(seed)).best

    assert best(3) == best(3) != best(4)


def test_a_small_budget_and_a_single_objective_have_few_directions() -> None:
    assert random_search(quadratic, 3, 2, np.random.default_rng(0)).evaluations == 2

    def one(points):
        return [1.0 for _ in points]

    assert random_search(one, 1, 50, np.random.default_rng(0)).best == (1.0,)
