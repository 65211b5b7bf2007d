"""What raters preferred, laid over the Map: every rating and blind choice, in bins of the weights.

The bins are worked out anew only when the store says that something was added, taken back or deleted. Everybody who
opens the Map sees them: means and counts, never a text, a comment or a rater.

Left out: ratings of the base model alone, which has no place among the weights (`overlay_points` drops them).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from emorl.errors import EmorlError
from emorl.ratings import RatingQueue, preferred_weights
from emorl.ui.map.strings import ERRORS
from emorl.ui.source import ModelSource

if TYPE_CHECKING:
    from emorl.ratings import RatingStore

Overlay = Callable[[], Iterable[Mapping[str, Any]]]
"""Ratings by weights: `{"weights": [K raw weights], "value": 0 to 1, "n": ratings}` each."""


def preferred_overlay(source: ModelSource, store: Callable[[], RatingStore]) -> Overlay:
    """An overlay for `map_screen` that reads the store.

    Args:
        source: the models; says which objectives there are.
        store: opens the ratings' database.
    """
    lock = threading.Lock()
    known: tuple[object, ...] = ()
    points: list[dict[str, Any]] = []

    def overlay() -> list[dict[str, Any]]:
        nonlocal known, points
        reflector = source.reflector()
        if reflector is None:
            return []
        names = [objective.name for objective in reflector.objectives]
        with lock:
            opened = store()
            state = opened.state()  # asked first: what comes in while we read is read again next time
            if state != known:
                found = preferred_weights([*opened.all(), *RatingQueue(opened, ()).judgements()], names)
                points = [
                    {"weights": [one["weights"][name] for name in names], "value": one["preference"], "n": one["count"]}
                    for one in found
                ]
                known = state
            return list(points)

    return overlay


def overlay_points(points: Iterable[Mapping[str, Any]], count: int) -> list[dict[str, Any]]:
    """Ratings as points of the map.

    Args:
        points: `{"weights": [K raw weights], "value": 0 to 1, "n": how many ratings}`.
        count: K.

    Returns:
        The same with shares for weights; points without weight (the base model's) have no place and are left out.

    Raises:
        EmorlError: A point that is not as described.
    """
    placed = []
    for point in points:
        try:
            weights, value, n = [float(w) for w in point["weights"]], float(point["value"]), int(point["n"])
        except (KeyError, TypeError, ValueError) as error:
            raise EmorlError(ERRORS["overlay"]) from error
        fine = len(weights) == count and all(math.isfinite(w) and w >= 0 for w in weights)
        if not fine or not 0 <= value <= 1 or n < 1:
            raise EmorlError(ERRORS["overlay"])
        if total := sum(weights):
            placed.append({"weights": [round(w / total, 6) for w in weights], "value": round(value, 4), "n": n})
    return placed
