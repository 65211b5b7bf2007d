"""What a weight search maximises: one number from the mean scores of K objectives.

The mean treats all objectives alike; the minimum helps the weakest; a preference weighs them as a user does; a target
is a score that a user wants of each, and more than that earns nothing (goal programming; Charnes and Cooper 1961);
Tchebycheff looks at the largest weighted distance from an ideal, and reaches points of the Pareto front that no
weighted mean does (Miettinen 1999, "Nonlinear Multiobjective Optimization", section 3.4). Left out: hypervolume and
Pareto fronts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emorl.ensemble.weights import shares

Scalarization = Callable[[Sequence[float]], float]
"""From the mean scores of K objectives to what is maximised."""


def mean(scores: Sequence[float]) -> float:
    """The mean of the objectives."""
    return sum(scores) / len(scores)


def minimum(scores: Sequence[float]) -> float:
    """The score of the weakest objective."""
    return min(scores)


def preferred(preference: Sequence[float]) -> Scalarization:
    """The mean of the objectives, weighted by a user's preference.

    Args:
        preference: K numbers of at least 0, not all of them 0; only their proportions count.

    Raises:
        WeightError: One is negative or not finite.
        ValueError: All are 0.

    Example:
        >>> preferred([3, 1])([0.4, 0.8])
        0.5
    """
    parts = _parts(preference)
    return lambda scores: sum(part * score for part, score in zip(parts, scores, strict=True))


def towards(target: Sequence[float]) -> Scalarization:
    """Minus the mean of what is lacking to a target: 0 where every objective reaches it.

    Args:
        target: The score that a user wants of each of the K objectives.

    Example:
        The first objective is beyond its target, the second lacks 0.2:

        >>> towards([0.5, 0.8])([0.9, 0.6])
        -0.10000000000000003
    """
    wanted = list(target)
    return lambda scores: -sum(max(0.0, want - score) for want, score in zip(wanted, scores, strict=True)) / len(wanted)


def tchebycheff(ideal: Sequence[float], preference: Sequence[float]) -> Scalarization:
    """Minus the largest weighted distance from an ideal: 0 where every objective reaches it.

    Args:
        ideal: The best that each of the K objectives can reach, such as its expert's score alone.
        preference: K numbers of at least 0, not all of them 0; only their proportions count.

    Raises:
        WeightError: A number of the preference is negative or not finite.
        ValueError: All of them are 0.

    Example:
        The second objective lies further below its ideal:

        >>> tchebycheff([0.9, 0.8], [1, 1])([0.7, 0.2])
        -0.30000000000000004
    """
    parts = _parts(preference)
    return lambda scores: (
        -max(part * max(0.0, best - score) for part, best, score in zip(parts, ideal, scores, strict=True))
    )


def _parts(preference: Sequence[float]) -> list[float]:
    parts = shares(preference)
    if not any(parts):
        raise ValueError(f"Got a preference of {list(preference)}: expected at least one number above 0.")
    return parts
