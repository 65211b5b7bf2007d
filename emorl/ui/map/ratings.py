"""What raters preferred, laid over the atlas: every rating and blind choice, in bins of the weights, one voice a rater.

The bins are worked out anew only when the store says that something was added, taken back or deleted. Everybody who
opens the Map sees them: means and counts, never a text, a comment or a rater.

Left out: ratings of the base model alone, which is no point of the simplex (`on_the_map` drops them).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from emorl.errors import RatingError
from emorl.ratings import RatingQueue, preferred_weights
from emorl.ui.loader import ModelLoader
from emorl.ui.map.payload import RatingPoint
from emorl.ui.map.strings import ERRORS

if TYPE_CHECKING:
    from emorl.ratings import RatingStore

Overlay = Callable[[], Iterable[RatingPoint]]
"""Ratings by raw weights."""


def preferred_overlay(loader: ModelLoader, store: Callable[[], RatingStore]) -> Overlay:
    """An overlay for `map_screen` that reads the store.

    Args:
        loader: the models; says which objectives there are.
        store: opens the ratings' database.
    """
    lock = threading.Lock()
    known: tuple[object, ...] = ()
    points: list[RatingPoint] = []

    def overlay() -> list[RatingPoint]:
        nonlocal known, points
        reflector = loader.reflector()
        if reflector is None:
            return []
        names = [objective.name for objective in reflector.objectives]
        with lock:
            opened = store()
            state = opened.state()  # asked first: what comes in while we read is read again next time
            if state != known:
                found = preferred_weights([*opened.all(), *RatingQueue(opened, ()).judgements()], names)
                points = [
                    RatingPoint(tuple(one["weights"][name] for name in names), one["preference"], one["raters"])
                    for one in found
                ]
                known = state
            return list(points)

    return overlay


def on_the_map(points: Iterable[RatingPoint], count: int) -> tuple[RatingPoint, ...]:
    """Ratings with shares for weights.

    Args:
        points: With raw weights; those without weight (the base model's) are no point of the simplex and are left out.
        count: K.

    Raises:
        RatingError: A point without K weights of at least 0, a value from 0 to 1, or a count.
    """
    found = []
    for point in points:
        fine = len(point.weights) == count and all(math.isfinite(w) and w >= 0 for w in point.weights)
        if not fine or not 0 <= point.value <= 1 or point.n < 1:
            raise RatingError(ERRORS["overlay"])
        if total := sum(point.weights):
            found.append(replace(point, weights=tuple(w / total for w in point.weights)))
    return tuple(found)
