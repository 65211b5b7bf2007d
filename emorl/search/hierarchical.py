"""The paper's hierarchical grid search, for any number of objectives, memoised by direction.

Each level scores 3 points per axis of the current box ([0, 1]^K at first), and then keeps the one of its 2^K sub-boxes
whose corners have the largest sum. Five levels give a precision of 1/32 (EMORL, arXiv 2505.02579, section 3.3). Greedy
replies depend only on the direction of the weights, so each direction is scored once: for K = 3 that is about 88
evaluations instead of 135. Left out: the other searches, which have modules of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emorl.ensemble.weights import shares

Weights = tuple[float, ...]
Score = Callable[[Sequence[Weights]], Sequence[float]]
"""`score(weights)`, which every search maximises: from several vectors of raw weights to a number for each."""


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        best: Raw weights of the best point.
        score: Its score.
        points: Every point that was looked at, with its score, level by level: (level, weights, score).
        evaluations: Directions that were really scored.
    """

    best: Weights
    score: float
    points: tuple[tuple[int, Weights, float], ...]
    evaluations: int

    def best_within(self, least_share: float) -> tuple[Weights, float]:
        """The best of the points that give every objective at least this share, and its score.

        Raises:
            ValueError: There is no such point among those that were looked at.

        Example:
            >>> found = SearchResult((1.0, 0.0), 0.9, ((1, (1.0, 0.0), 0.9), (1, (0.5, 0.5), 0.7)), 2)
            >>> found.best_within(0.1)
            ((0.5, 0.5), 0.7)
        """
        inside = [(weights, score) for _, weights, score in self.points if min(shares(weights)) >= least_share - 1e-9]
        if not inside:
            raise ValueError(f"Got no point with a least share of {least_share}: expected at least one; score more.")
        return max(inside, key=lambda point: point[1])


def direction(weights: Sequence[float]) -> Weights:
    """The weights' shares, rounded to 1e-9: all that greedy decoding depends on."""
    return tuple(round(share, 9) for share in shares(weights))


def hierarchical_search(score: Score, objectives: int, levels: int = 5) -> SearchResult:
    """Search the box [0, 1]^K.

    Args:
        score: Scores several weight vectors at once; higher is better.
        objectives: K.
        levels: How often the box is halved; the last grid has a spacing of 2^-levels.

    Example:
        A score that is highest where the first objective has three quarters of the weight:

        >>> def score(points):
        ...     return [1 - abs(first / (first + second or 1) - 0.75) for first, second in points]
        >>> found = hierarchical_search(score, objectives=2)
        >>> shares(found.best), found.score
        ([0.75, 0.25], 1.0)
    """
    known: dict[Weights, float] = {}
    low, side = [0.0] * objectives, 1.0
    points: list[tuple[int, Weights, float]] = []
    for level in range(1, levels + 1):
        grid = {
            step: tuple(base + side * s / 2 for base, s in zip(low, step, strict=True))
            for step in itertools.product(range(3), repeat=objectives)
        }
        wanted = {direction(p): p for p in grid.values()}
        new = {d: p for d, p in wanted.items() if d not in known}
        if new:
            known.update(zip(new, score(list(new.values())), strict=True))
        points += [(level, p, known[direction(p)]) for p in grid.values()]

        def corner_sum(corner: Sequence[int], grid: dict[tuple[int, ...], Weights] = grid) -> float:
            steps = itertools.product(*[(c, c + 1) for c in corner])
            return sum(known[direction(grid[s])] for s in steps)

        best_corner = max(itertools.product(range(2), repeat=objectives), key=corner_sum)
        side /= 2
        low = [base + side * c for base, c in zip(low, best_corner, strict=True)]
    _, best, value = max(points, key=lambda p: p[2])
    return SearchResult(best, value, tuple(points), len(known))
