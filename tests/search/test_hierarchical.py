"""The hierarchical grid on rewards whose optimum is known."""

from __future__ import annotations

import pytest

from emorl.ensemble.weights import shares
from emorl.search.hierarchical import Weights, direction, hierarchical_search


def quadratic(target):
    def score(points):
        return [-sum((a - b) ** 2 for a, b in zip(shares(p), target, strict=True)) for p in points]

    return score


@pytest.mark.parametrize("target", [(0.58, 0.37, 0.05), (1 / 3, 1 / 3, 1 / 3), (0.1, 0.8, 0.1), (0.5, 0.25, 0.25)])
def test_finds_a_known_optimum(target):
    result = hierarchical_search(quadratic(target), 3)
    assert shares(result.best) == pytest.approx(target, abs=0.09)
    assert result.score == max(score for _, _, score in result.points)


def test_scores_each_direction_once_and_keeps_all_points():
    asked: list[Weights] = []

    def score(points):
        asked.extend(map(direction, points))
        return quadratic((0.6, 0.3, 0.1))(points)

    result = hierarchical_search(score, 3)
    assert len(result.points) == 5 * 27
    assert len(asked) == len(set(asked)) == result.evaluations < 103  # 103 distinct points, fewer directions


@pytest.mark.parametrize("k", [1, 2, 4])
def test_any_number_of_objectives(k):
    target = [1 / k] * k
    result = hierarchical_search(quadratic(target), k, levels=3)
    assert shares(result.best) == pytest.approx(target, abs=0.01)
    assert len(result.points) == 3 * 3**k


def test_the_last_level_has_the_papers_precision():
    result = hierarchical_search(quadratic((0.7, 0.2, 0.1)), 3)
    last = sorted({w[0] for level, w, _ in result.points if level == 5})
    assert last[1] - last[0] == pytest.approx(1 / 32)
