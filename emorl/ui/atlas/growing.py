"""The server side of maps: grows the atlas of a reflection that was just written, and checks the ratings drawn on it.

What is known of the reflection comes from the server's memory (`cache.py`); the page sends an id only. Left out: how
it is drawn (`widgets/map.js`) and how the page answers its sliders from it (`widgets/lookup.js`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from emorl.errors import EmorlError
from emorl.ui.atlas.strings import ERRORS
from emorl.ui.cache import ReflectionCache
from emorl.ui.source import ModelSource

log = logging.getLogger(__name__)

OFF = {"phase": "off"}


def atlas_payloads(
    source: ModelSource, cache: ReflectionCache, result_id: str, objectives: Sequence[str] | None = None
) -> Iterator[dict[str, Any] | None]:
    """The atlas of a cached reflection as the page needs it, growing.

    Args:
        source: The models.
        cache: Where reflections are kept.
        result_id: Id of one; unknown ids, sampled reflections and strength 0 have no map.
        objectives: Three to span where there are more; the heaviest by default.

    Yields:
        `{"phase": "off"}`, or the atlas with `id` and `phase` "growing", then "done"; "failed" with a `message`; None
        where there is nothing new.
    """
    found, reflector = cache.get(result_id), source.reflector()
    setting = found.reflection.setting if found is not None else None
    if found is None or reflector is None or setting is None or setting.temperature > 0 or setting.strength == 0:
        yield OFF if found is None else {**OFF, "id": result_id}
        return
    shown = found.reflection
    try:
        if objectives is None:
            objectives = slice_of(list(shown.weights), list(shown.weights.values()))
        elif len(objectives) > 3:
            raise EmorlError(ERRORS["slice"].format(got=len(objectives)))
        with closing(reflector.atlas(shown.statement, setting.strength, objectives)) as growing:
            known = -1
            for atlas in growing:
                if atlas is None or (not atlas["finished"] and len(atlas["regions"]) == known):
                    yield None
                    continue
                known = len(atlas["regions"])
                yield {**atlas, "id": result_id, "phase": "done" if atlas["finished"] else "growing"}
    except EmorlError as error:
        yield {"phase": "failed", "id": result_id, "message": str(error)}
    except Exception:  # the user gets one line, the log the traceback
        log.exception("mapping failed")
        yield {"phase": "failed", "id": result_id, "message": ERRORS["unexpected"]}


def slice_of(names: Sequence[str], weights: Sequence[float], most: int = 3) -> list[str] | None:
    """Which objectives a map of at most `most` spans: the heaviest, in their own order; None if all fit.

    Raises:
        EmorlError: Not as many weights as names.
    """
    if len(names) != len(weights):
        raise EmorlError(f"Got {len(weights)} weights for a map: expected {len(names)}, one an objective.")
    if len(names) <= most:
        return None
    heaviest = sorted(range(len(names)), key=lambda k: (-weights[k], k))[:most]
    return [names[k] for k in sorted(heaviest)]
