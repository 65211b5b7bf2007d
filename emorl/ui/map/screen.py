"""The Map screen: every reflection the sliders can reach for the present statement, as regions of the weights.

It draws what the Reflect screen's atlas widget holds; choosing a region moves the sliders there, in the browser. The
ratings laid over it are asked for when they are wanted. Left out: growing the atlas (`emorl.ui.atlas`).
"""

from __future__ import annotations

import logging
from typing import Any

from emorl.errors import EmorlError
from emorl.ui.map import strings
from emorl.ui.map.ratings import Overlay, overlay_points
from emorl.ui.source import ModelSource
from emorl.ui.widgets import widget

log = logging.getLogger(__name__)


def map_screen(source: ModelSource, overlay: Overlay | None = None) -> None:
    """Add the screen's components to the open `gr.Blocks`.

    Args:
        source: The models; says how many objectives there are.
        overlay: What raters preferred where; no ratings by default.
    """

    def rated(_data: object = None) -> dict[str, Any]:
        """The ratings to draw, or why not."""
        reflector = source.reflector()
        try:
            points = overlay() if overlay is not None and reflector is not None else []
            return {"points": overlay_points(points, len(reflector.objectives) if reflector is not None else 0)}
        except EmorlError as error:
            return {"points": [], "message": str(error)}
        except Exception:  # the user gets one line, the log the traceback
            log.exception("reading ratings for the map failed")
            return {"points": [], "message": strings.ERRORS["ratings"]}

    widget("map", text=strings.MAP, functions=[rated])
