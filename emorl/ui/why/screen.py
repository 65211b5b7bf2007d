"""The Why screen: why each word of the reflection was chosen, and what could have been written instead.

The browser knows the reflection by the random id it was shown with and asks for its explanation by it, so that nobody
can ask for another user's; the client's statement it knows itself. Nothing is computed before the tab is opened, and
the replies of other mixes are written only when a button asks for them. Left out: any state of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from emorl.errors import EmorlError
from emorl.ui.cache import ReflectionCache
from emorl.ui.limits import count
from emorl.ui.loader import ModelLoader
from emorl.ui.onpage import text_on_page
from emorl.ui.payload import Failed, Json, as_form, to_page
from emorl.ui.why import strings
from emorl.ui.why.payload import VariantsPayload, WhyPayload, variants_payload, why_payload
from emorl.ui.widgets import widget
from emorl.ui.writing import strings as shared

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Reflection
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)


class WhyScreen:
    """The screen's server side; serves all users and keeps nothing."""

    def __init__(self, loader: ModelLoader, cache: ReflectionCache) -> None:
        self.loader = loader
        self.cache = cache

    def explain(self, about: object = "") -> Json:
        """The explanation of the text on the page, or why there is none; see `text_on_page`."""

        def explained(reflector: Reflector, reflection: Reflection) -> WhyPayload:
            return why_payload(reflection, reflector.explain(reflection), tuple(reflector.objectives))

        return self._answer(about, explained)

    def variants(self, asked: object = None) -> Json:
        """Replies of other mixes: `asked` names the text, with `every` for every coalition, or all without one."""
        form = as_form(asked)
        every = form.get("every") is True

        def written(reflector: Reflector, reflection: Reflection) -> VariantsPayload:
            count("generate")
            return variants_payload(reflector.variants(reflection, every))

        return self._answer(form, written)

    def _answer(self, about: object, make: Callable[[Reflector, Reflection], WhyPayload | VariantsPayload]) -> Json:
        reflector = self.loader.reflector()
        try:
            found = text_on_page(self.loader, self.cache, about)
            if found is None or reflector is None:
                return to_page(Failed(strings.ERRORS["gone"]))
            return to_page(make(reflector, found[1].reflection))
        except EmorlError as error:
            return to_page(Failed(error.shown))
        except Exception:  # the user gets one line, the log the traceback
            log.exception("explaining a reflection failed")
            return to_page(Failed(strings.ERRORS["unexpected"]))


def why_screen(loader: ModelLoader, cache: ReflectionCache) -> WhyScreen:
    """Add the screen's component to the open `gr.Tab`."""
    screen = WhyScreen(loader, cache)
    widget("why", text={**shared.WRITTEN, **shared.REASONS, **strings.WHY}, functions=[screen.explain, screen.variants])
    return screen
