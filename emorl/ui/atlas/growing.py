"""Grows the atlas of a reflection that was just written, step by step, as the page needs it.

What is known of the reflection comes from the server's cache; the page sends an id only. Left out: how an atlas is
drawn (`map/picture.js`) and how the page answers its sliders from it (`lookup.js`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing

from emorl.errors import AtlasError, EmorlError, WeightError
from emorl.safety import Chip, check_reply
from emorl.ui.atlas.payload import AtlasFailed, AtlasPayload, NoAtlas, region_payload
from emorl.ui.atlas.strings import ERRORS
from emorl.ui.cache import ReflectionCache
from emorl.ui.limits import count
from emorl.ui.loader import ModelLoader

log = logging.getLogger(__name__)

MAX_OBJECTIVES = 4
"""Of an atlas; of four the page draws a cut."""


def atlas_payloads(
    loader: ModelLoader, cache: ReflectionCache, result_id: str, objectives: Sequence[str] | None = None
) -> Iterator[NoAtlas | AtlasPayload | AtlasFailed | None]:
    """The atlas of a cached reflection, growing; None where there is nothing new.

    Args:
        loader: The models.
        cache: Where reflections are kept.
        result_id: Id of one; unknown ids, strength 0, and where sampling was asked for, have no atlas. The best of
            several has the one of what was asked for, whichever candidate was chosen.
        objectives: Up to four to span where there are more; the heaviest by default.
    """
    cached, reflector = cache.get(result_id), loader.reflector()
    if cached is None or reflector is None:
        yield NoAtlas("")
        return
    shown, asked = cached.reflection, cached.asked.setting
    if asked.temperature > 0 or asked.strength == 0:
        yield NoAtlas(result_id)
        return
    try:
        if objectives is None:
            objectives = slice_of(shown.objectives, asked.weights)
        elif len(objectives) > MAX_OBJECTIVES:
            raise AtlasError(ERRORS["slice"].format(got=len(objectives)))
        count("map")
        with closing(reflector.atlas(shown.statement, asked.strength, objectives)) as growing:
            known = -1
            chips: dict[str, tuple[Chip, ...]] = {}  # of each text, which is checked once
            for atlas in growing:
                if atlas is None or (not atlas["finished"] and len(atlas["regions"]) == known):
                    yield None
                    continue
                known = len(atlas["regions"])
                for text in {region["reflection"] for region in atlas["regions"]} - chips.keys():
                    chips[text] = check_reply(shown.statement, text)
                yield AtlasPayload(
                    id=result_id,
                    phase="done" if atlas["finished"] else "growing",
                    objectives=tuple(atlas["objectives"]),
                    coverage=atlas["coverage"],
                    regions=tuple(region_payload(region, chips[region["reflection"]]) for region in atlas["regions"]),
                )
    except EmorlError as error:
        yield AtlasFailed(result_id, error.shown)
    except Exception:  # the user gets one line, the log the traceback
        log.exception("growing an atlas failed")
        yield AtlasFailed(result_id, ERRORS["unexpected"])


def slice_of(names: Sequence[str], weights: Sequence[float], most: int = MAX_OBJECTIVES) -> list[str] | None:
    """Which objectives an atlas of at most `most` spans: the heaviest, in their own order; None if all fit.

    Raises:
        WeightError: Not as many weights as names.
    """
    if len(names) != len(weights):
        raise WeightError.of(
            f"{len(weights)} weights for an atlas", f"{len(names)}, one for each objective", "give every objective one"
        )
    if len(names) <= most:
        return None
    heaviest = sorted(range(len(names)), key=lambda k: (-weights[k], k))[:most]
    return [names[k] for k in sorted(heaviest)]
