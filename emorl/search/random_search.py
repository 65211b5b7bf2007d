"""Random weights: what any cleverer search has to beat at the same number of evaluations.

The corners of the simplex and its centre come first, then directions drawn evenly from the simplex. Left out: whatever
learns from the points before.
"""

from __future__ import annotations

import numpy as np

from emorl.search.hierarchical import Score, SearchResult, Weights, direction


def first_directions(objectives: int) -> list[Weights]:
    """The corners of the simplex and its centre, each once."""
    corners = [direction(row) for row in np.eye(objectives).tolist()]
    return list(dict.fromkeys([*corners, direction([1.0] * objectives)]))


def random_search(
    score: Score,
    objectives: int,
    evaluations: int,
    rng: np.random.Generator,
    batch: int = 8,
) -> SearchResult:
    """Score so many different directions of the weights.

    Args:
        score: Scores several weight vectors at once; higher is better.
        objectives: K.
        evaluations: Directions to score; fewer where there are not as many, as with one objective.
        rng: Draws the directions.
        batch: Directions scored at once; counts as the level of a point.

    Example:
        A score that is highest where the first objective has three quarters of the weight:

        >>> def score(points):
        ...     return [1 - abs(first - 0.75) for first, second in points]
        >>> found = random_search(score, 2, 64, np.random.default_rng(0))
        >>> found.evaluations, abs(found.best[0] - 0.75) < 0.05
        (64, True)
    """
    known: dict[Weights, None] = dict.fromkeys(first_directions(objectives))
    while len(known) < evaluations and objectives > 1:
        known[direction(rng.dirichlet(np.ones(objectives)).tolist())] = None
    wanted = list(known)[:evaluations]
    points: list[tuple[int, Weights, float]] = []
    for level, start in enumerate(range(0, len(wanted), batch), 1):
        chosen = wanted[start : start + batch]
        points += [(level, weights, value) for weights, value in zip(chosen, score(chosen), strict=True)]
    _, best, value = max(points, key=lambda point: point[2])
    return SearchResult(best, value, tuple(points), len(points))
