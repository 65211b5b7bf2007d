"""The Reflect screen: statement, weights, streaming reflection, explanation, rating.

Events: Generate streams payloads into the result widget; when that is finished its atlas is streamed into the
invisible atlas widget, from which the page then answers the sliders by itself. Stop, a new Generate and leaving the
page close the generators. The rating form saves. Sliders cause no event on the server. What any screen that writes
does first and around it is in `writing.py`. What is left out: any state of the user on disk or in the browser other
than a random rater id.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import gradio as gr

from emorl.errors import EmorlError
from emorl.ratings import MAX_COMMENT
from emorl.ui.atlas.growing import atlas_payloads
from emorl.ui.cache import ReflectionCache
from emorl.ui.rater import rater_id
from emorl.ui.reflect import strings
from emorl.ui.reflect.rating import new_rating, submit_token
from emorl.ui.sending.form import send_form
from emorl.ui.source import ModelSource
from emorl.ui.widgets import QUIET, handler, widget
from emorl.ui.writing import strings as shared
from emorl.ui.writing.guard import guarded, is_confirmed, say_unavailable, stop_writing
from emorl.ui.writing.mixer import mixer_widget, read_setting
from emorl.ui.writing.payload import reflection_payload
from emorl.ui.writing.statement import statement_widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore
    from emorl.reflecting.reflection import Reflection
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)

CLOSED = {"phase": "closed"}
MAX_EDITED = 1000  # characters of the counsellor's own version


RESULT_TEXT: dict[str, object] = {
    **shared.WRITTEN,
    **shared.REASONS,
    **strings.RESULT,
    **strings.LIVE,
    **strings.OWN_VERSION,
    "crisis": shared.CRISIS,
    "chips": shared.CHIPS,
}


class ReflectScreen:
    """The screen's server side; one object serves all users and keeps nothing per user but the cache."""

    def __init__(self, source: ModelSource, store: Callable[[], RatingStore]) -> None:
        self.source = source
        self.store = store
        self.cache = ReflectionCache()

    def write_confirmed(self, statement: object, mixer: object, event: gr.EventData) -> Iterator[tuple[Any, Any]]:
        """As `write`, where the counsellor has said that exactly this statement is an invented exercise."""
        yield from self.write(statement, mixer, is_confirmed(event, statement))

    def write(self, statement: object, mixer: object, confirmed: bool = False) -> Iterator[tuple[Any, Any]]:
        """Stream (result payload, rating payload) pairs for one press of Generate; see `guarded`."""
        for payload in guarded(self.source, statement, confirmed, partial(self._stream, mixer)):
            yield payload if isinstance(payload, tuple) else (payload, CLOSED)

    def _stream(self, mixer: object, reflector: Reflector, text: str, keep: bool) -> Iterator[tuple[Any, Any]]:
        setting = read_setting(mixer, reflector)
        yield {"phase": "writing", "text": ""}, CLOSED
        with closing(reflector.stream(text, setting)) as steps:
            for step in steps:
                if hasattr(step, "reflection"):
                    yield self._finished(cast("Reflection", step), reflector.objectives, keep)
                else:
                    yield {"phase": "writing", "text": step.text}, gr.skip()

    def _finished(self, reflection: Reflection, objectives: Any, keep: bool) -> tuple[Any, Any]:
        if not keep:
            return {**reflection_payload(reflection, objectives, ""), "confirmed": True}, CLOSED
        result_id = self.cache.put(reflection)
        return reflection_payload(reflection, objectives, result_id), {"phase": "open", "id": result_id}

    def grow_atlas(self, result_id: object) -> Iterator[Any]:
        """Stream the atlas of a finished reflection; skips where there is nothing new, so that it can be closed."""
        for payload in atlas_payloads(self.source, self.cache, str(result_id or "")):
            yield gr.skip() if payload is None else payload

    def grow_slice(self, event: gr.EventData) -> Iterator[Any]:
        """As `grow_atlas`, for the objectives the page asks for."""
        asked = event._data if isinstance(event._data, Mapping) else {}
        names = [str(name) for name in asked.get("objectives") or []]
        for payload in atlas_payloads(self.source, self.cache, str(asked.get("id", "")), names):
            yield gr.skip() if payload is None else payload

    def keep_edit(self, data: object = None) -> str:
        """Keep the counsellor's own version beside a reflection; an empty one takes it back. Returns what is wrong."""
        form = data if isinstance(data, Mapping) else {}
        text = str(form.get("text") or "").strip()
        if len(text) > MAX_EDITED:
            return strings.ERRORS["edit_long"].format(got=len(text), expected=MAX_EDITED)
        known = self.cache.edit(str(form.get("id", "")), text or None)
        return "" if known else strings.ERRORS["edit_gone"]

    def rate(self, rater: object, event: gr.EventData) -> tuple[dict[str, Any], str]:
        """Save the submitted form; returns (rating payload, rater id)."""
        form = event._data if isinstance(event._data, Mapping) else {}
        token = str(form.get("id", ""))
        who = rater_id(rater)
        reply = {"id": token, "reply": secrets.token_hex(4)}  # a value equal to the last would not reach the page
        try:
            self.store().add(new_rating(form, self.cache.get(token), who, submit_token(form)))
        except EmorlError as error:
            return {**reply, "phase": "error", "message": str(error)}, who
        except Exception:  # the user gets one line, the log the traceback
            log.exception("saving a rating failed")
            return {**reply, "phase": "error", "message": strings.ERRORS["not_saved"]}, who
        return {**reply, "phase": "saved", "rater": who}, who


def reflect_screen(
    source: ModelSource, store: Callable[[], RatingStore], at_once: int, rater: gr.BrowserState
) -> ReflectScreen:
    """Add the screen's components and events to the open `gr.Blocks`; `rater` keeps the page's rater id."""
    screen = ReflectScreen(source, store)
    with gr.Row(elem_id="reflect", equal_height=False):
        with gr.Column(scale=5, min_width=330, elem_id="controls"):
            statement = statement_widget("generate")
            mixer = mixer_widget(source)
            atlas = widget("atlas", text={})
            with gr.Row(elem_id="actions"):
                generate = gr.Button(strings.GENERATE, variant="primary", elem_id="generate", scale=3, min_width=120)
                stop = gr.Button(shared.STOP, elem_id="stop", scale=1, min_width=80)
        with gr.Column(scale=7, min_width=330, elem_id="outcome"):
            result = widget(
                "result",
                text=RESULT_TEXT,
                functions=[screen.keep_edit],
                settings={"max": MAX_EDITED},
            )
            rating = widget("rating", text=strings.RATING, value=CLOSED, settings={"max_comment": MAX_COMMENT})
            send_form(screen.cache, store, rater)
            visit = widget("visit", text=strings.VISIT)

    writing = generate.click(
        screen.write, [statement, mixer], [result, rating], trigger_mode="multiple",
        concurrency_limit=at_once, concurrency_id="model", **QUIET,
    )  # fmt: skip
    exercise = result.submit(
        screen.write_confirmed, [statement, mixer], [result, rating], trigger_mode="multiple",
        concurrency_limit=at_once, concurrency_id="model", **QUIET,
    )  # fmt: skip
    for event in (writing, exercise):
        say_unavailable(event, result)
    growing = writing.success(
        screen.grow_atlas, result, atlas, js=handler("atlasWanted"), trigger_mode="multiple",
        concurrency_limit=2, concurrency_id="atlas", **QUIET,
    )  # fmt: skip
    slicing = atlas.submit(screen.grow_slice, None, atlas, concurrency_id="atlas", **QUIET)
    generate.click(None, None, None, cancels=[growing, slicing], **QUIET)
    visit.submit(None, visit, [result, rating], js=handler("recalled"), **QUIET)
    stop_writing(stop, result, [writing, exercise, growing, slicing])
    rating.submit(screen.rate, rater, [rating, rater], concurrency_limit=4, **QUIET)
    return screen
