"""Bayesian search: what it asks, that nothing is asked twice, and its coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from emorl.ensemble.weights import shares
from emorl.search.bayesian import bayesian_search, breaks, broken
from emorl.search.hierarchical import Weights, direction

TARGET = (0.58, 0.37, 0.05)


def quadratic(points):
    return [-sum((a - b) ** 2 for a, b in zip(shares(p), TARGET, strict=True)) for p in points]


def test_every_direction_is_scored_once_in_batches_and_corners_and_centre_come_first() -> None:
    asked: list[list[Weights]] = []

    def score(points):
        asked.append(list(points))
        return quadratic(points)

    found = bayesian_search(score, 3, 15, seed=1, batch=3)
    assert [len(batch) for batch in asked][:1] == [4] and max(map(len, asked[1:])) <= 3
    flat = [direction(point) for batch in asked for point in batch]
    assert len(flat) == len(set(flat)) == found.evaluations == len(found.points) == 15
    assert flat[:4] == [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), direction([1, 1, 1])]
    assert [level for level, _, _ in found.points] == [n for n, batch in enumerate(asked, 1) for _ in batch]


def test_it_learns_more_than_as_many_random_directions() -> None:
    from emorl.search.random_search import random_search

    ours = bayesian_search(quadratic, 3, 24, seed=2)
    theirs = [random_search(quadratic, 3, 24, np.random.default_rng(seed)).score for seed in range(10)]
    assert ours.score > max(theirs)


def test_the_seed_decides_the_directions() -> None:
    def points(seed: int) -> list[Weights]:
        return [weights for _, weights, _ in bayesian_search(quadratic, 3, 12, seed).points]

    assert points(3) == points(3) != points(4)


def test_a_small_budget_and_a_single_objective_have_few_directions() -> None:
    assert bayesian_search(quadratic, 3, 2, seed=0).evaluations == 2

    def one(points):
        return [1.0 for _ in points]

    found = bayesian_search(one, 1, 50, seed=0)
    assert (found.best, found.evaluations) == ((1.0,), 1)


def test_a_search_ends_where_only_known_directions_are_proposed(monkeypatch) -> None:
    monkeypatch.setattr("emorl.search.bayesian.broken", lambda coordinates: (1.0, 0.0, 0.0))
    monkeypatch.setattr("emorl.search.bayesian.PATIENCE", 2)
    assert bayesian_search(quadratic, 3, 20, seed=0).evaluations == 4


def test_breaks_and_shares_say_the_same() -> None:
    rng = np.random.default_rng(1)
    for count in (2, 3, 5):
        for row in [*rng.dirichlet(np.ones(count), 20), *np.eye(count), np.full(count, 1 / count)]:
            coordinates = breaks(row.tolist())
            assert len(coordinates) == count - 1 and all(0 <= value <= 1 for value in coordinates)
            assert broken(coordinates) == pytest.approx(row.tolist(), abs=1e-9)
