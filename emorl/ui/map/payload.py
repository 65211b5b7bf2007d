"""What the Map screen lays over the atlas."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RatingPoint:
    """What raters thought of one place among the weights.

    Attributes:
        weights: K weights, in the order of the objectives.
        value: Mean over the raters, each with the mean of their ratings there, 0 to 1.
        n: How many raters.
    """

    weights: tuple[float, ...]
    value: float
    n: int


@dataclass(frozen=True)
class Ratings:
    """All that raters preferred.

    Attributes:
        points: With shares for weights.
        message: Why there are none, in one line; empty where nothing is wrong.
    """

    points: tuple[RatingPoint, ...]
    message: str = ""
