"""The Why screen: why each word of the reflection last written on Reflect was chosen, and what else there would be.

The browser knows that reflection by the random id it was shown with and asks for its explanation by it, so that nobody
can ask for another user's. Nothing is computed before the tab is opened, and the replies of other mixes are written
only when a button asks for them. What is left out: any state of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from emorl.errors import EmorlError
from emorl.ui.cache import ReflectionCache
from emorl.ui.source import ModelSource
from emorl.ui.why import strings
from emorl.ui.widgets import widget
from emorl.ui.writing import strings as shared

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Reflection
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)


class WhyScreen:
    """The screen's server side; serves all users and keeps nothing."""

    def __init__(self, source: ModelSource, cache: ReflectionCache) -> None:
        self.source = source
        self.cache = cache

    def explain(self, result_id: object = "") -> dict[str, Any]:
        """The explanation of a cached reflection, or `{"phase": "error", "message"}`."""
        return self._answer(result_id, explanation_payload)

    def variants(self, asked: object = None) -> dict[str, Any]:
        """Replies of other mixes: `asked` is `{"id", "every"}`; every coalition, or all without one."""
        form = asked if isinstance(asked, Mapping) else {}
        every = form.get("every") is True

        def written(reflector: Reflector, reflection: Reflection) -> dict[str, Any]:
            return _rounded(reflector.variants(reflection, every).as_json())

        return self._answer(form.get("id", ""), written)

    def _answer(
        self, result_id: object, make: Callable[[Reflector, Reflection], dict[str, Any]]
    ) -> dict[str, Any]:
        cached = self.cache.get(str(result_id))
        reflector = self.source.reflector()
        if cached is None or reflector is None:
            return {"phase": "error", "message": strings.ERRORS["gone"]}
        try:
            return {"phase": "done", **make(reflector, cached.reflection)}
        except EmorlError as error:
            return {"phase": "error", "message": str(error)}
        except Exception:  # the user gets one line, the log the traceback
            log.exception("explaining a reflection failed")
            return {"phase": "error", "message": strings.ERRORS["unexpected"]}


def explanation_payload(reflector: Reflector, reflection: Reflection) -> dict[str, Any]:
    """What the widget draws and offers as a file: the explanation with its text, models and labels; no statement.

    A sampled reply has no ranges: inside them a word stays the likeliest, which is not why it was written.
    """
    payload = _rounded(reflector.explain(reflection).as_json())
    if reflection.setting.temperature > 0:
        for part in (*payload["words"], payload["overall"]):
            part["unchanged"] = dict.fromkeys(part["unchanged"])
    payload["reflection"] = reflection.reflection
    payload["base_reflection"] = reflection.base_reflection
    payload["seed"] = reflection.setting.seed
    payload["scores"] = _rounded(reflection.scores)
    payload["model"] = reflection.model
    payload["parts"] = [{"name": item.name, "label": item.label} for item in reflector.objectives]
    return payload


def _rounded(value: Any, digits: int = 6) -> Any:
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, Mapping):
        return {key: _rounded(item, digits) for key, item in value.items()}
    return [_rounded(item, digits) for item in value] if isinstance(value, list | tuple) else value


def why_screen(source: ModelSource, cache: ReflectionCache) -> WhyScreen:
    """Add the screen's component to the open `gr.Tab`."""
    screen = WhyScreen(source, cache)
    widget("why", text={**shared.WRITTEN, **shared.REASONS, **strings.WHY}, functions=[screen.explain, screen.variants])
    return screen
