"""The text that a page shows: a finished reflection, or what the sliders have turned it into since.

The page names a text by the random id of the reflection and, where the sliders were moved, by the weights they are at.
The text of other weights is known to the page from the atlas; here it is written with its reasons, when somebody wants
to rate, edit, explain or send it. Left out: best of several, where other weights would choose anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from emorl.errors import AtlasError
from emorl.reflecting.reflection import Reflection
from emorl.ui.cache import CachedReflection, ReflectionCache
from emorl.ui.limits import count
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import as_form
from emorl.ui.writing.asked import Asked


def text_on_page(loader: ModelLoader, cache: ReflectionCache, about: object) -> tuple[str, CachedReflection] | None:
    """The reflection that a page means, with its id; None if it is not kept any more, or there are no models.

    Args:
        loader: The models.
        cache: Of finished reflections.
        about: From the page: an id, or `{"id", "weights", "text"}` with the weights by name, or None where the text is
            the reflection itself.

    Raises:
        AtlasError: The weights do not write the text that is on the page.
        LimitError: It would have to be written, and that is one too many for this visitor.
        EmorlError: The weights are wrong, or it cannot be written.
    """
    form = as_form(about)
    result_id = str(form.get("id", "") if isinstance(about, Mapping) else about or "")
    cached, weights = cache.get(result_id), form.get("weights")
    if cached is None or weights is None:
        return None if cached is None else (result_id, cached)
    reflector = loader.reflector()
    if reflector is None:
        return None
    named = cast("Mapping[str, float]", as_form(weights))  # checked by `setting`
    setting = reflector.setting(named, cached.reflection.setting.strength)
    live_id = cache.live(result_id, setting.weights)
    known = cache.get(live_id) if live_id else None
    if live_id is None or known is None:
        count("generate")
        *_, written = reflector.stream(cached.reflection.statement, setting)
        assert isinstance(written, Reflection)
        live_id = cache.put(written, Asked(setting), live_of=(result_id, setting.weights))
        known = cache.get(live_id)
        assert known is not None
    if known.reflection.reflection != form.get("text", known.reflection.reflection):
        raise AtlasError.of(
            "a text that its weights do not write again exactly",
            "the one on the screen; two words were as good as equal",
            "press Generate for these weights",
        )
    return live_id, known
