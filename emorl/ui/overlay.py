"""What raters preferred, laid over the Map: every rating and blind choice, in bins of the weights.

The bins are worked out anew only when the store says that something was added, taken back or deleted. Everybody who
opens the Map sees them: means and counts, never a text, a comment or a rater.

Left out: ratings of the base model alone, which has no place among the weights (`chart.overlay_points` drops them).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emorl.ratings import RatingQueue, preferred_weights
from emorl.ui.map import Overlay
from emorl.ui.source import ModelSource

if TYPE_CHECKING:
    from emorl.ratings import RatingStore


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
