"""The Map screen: every reflection the sliders can reach for the present statement, as regions of the weights.

It draws what the Reflect screen's atlas widget holds; choosing a region moves the sliders there, in the browser. The
ratings laid over it are asked for when they are wanted. Left out: growing the atlas (`emorl.ui.atlas`).
"""

from __future__ import annotations

import logging

from emorl.errors import EmorlError
from emorl.ui.loader import ModelLoader
from emorl.ui.map import strings
from emorl.ui.map.payload import Ratings
from emorl.ui.map.ratings import Overlay, on_the_map
from emorl.ui.payload import Json, to_page
from emorl.ui.widgets import widget
from emorl.ui.writing import strings as shared

log = logging.getLogger(__name__)


def map_screen(loader: ModelLoader, overlay: Overlay | None = None) -> None:
    """Add the screen's components to the open `gr.Blocks`.

    Args:
        loader: The models; says how many objectives there are.
        overlay: What raters preferred where; no ratings by default.
    """

    def rated(_data: object = None) -> Json:
        """The ratings to draw, or why not."""
        return to_page(_ratings(loader, overlay))

    widget("map", text={**shared.WRITTEN, **strings.MAP}, functions=[rated])


def _ratings(loader: ModelLoader, overlay: Overlay | None) -> Ratings:
    reflector = loader.reflector()
    if reflector is None or overlay is None:
        return Ratings(())
    try:
        return Ratings(on_the_map(overlay(), len(reflector.objectives)))
    except EmorlError as error:
        return Ratings((), error.shown)
    except Exception:  # the user gets one line, the log the traceback
        log.exception("reading ratings for the map failed")
        return Ratings((), strings.ERRORS["ratings"])
