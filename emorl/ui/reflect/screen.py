"""The Reflect screen: statement, weights, streaming reflection, explanation, rating.

Events: Generate streams payloads into the result widget; when that is finished the invisible atlas widget asks for its
atlas and gets it streamed, and the page then answers the sliders from it by itself. Stop and a new Generate end what
is being written at its next step (`turns.py`); leaving the page closes the generators. The rating form saves. Sliders
cause no event on the server. What any screen that writes does first and around it is in `emorl.ui.writing`. Left out:
any state of the user on disk or in the browser other than a random rater id.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import gradio as gr

from emorl.errors import EmorlError
from emorl.reflecting.reflection import Draft
from emorl.ui.atlas.growing import atlas_payloads
from emorl.ui.cache import ReflectionCache
from emorl.ui.limits import count_rating
from emorl.ui.loader import ModelLoader
from emorl.ui.middleware import MAX_BODY
from emorl.ui.onpage import text_on_page
from emorl.ui.payload import Json, as_form, to_page
from emorl.ui.rater import rater_id
from emorl.ui.reflect import strings
from emorl.ui.reflect.payload import RatingClosed, RatingOpen, RatingRefused, RatingSaved
from emorl.ui.reflect.rating import new_rating, submit_token
from emorl.ui.reflect.turns import Turns, run_number
from emorl.ui.sending.form import send_form
from emorl.ui.streaming import streamed
from emorl.ui.widgets import QUIET, handler, widget
from emorl.ui.writing import asked as asking
from emorl.ui.writing import strings as shared
from emorl.ui.writing.asked import Asked, read_asked
from emorl.ui.writing.guard import guarded, is_confirmed, say_unavailable, writing_limits
from emorl.ui.writing.mixer import mixer_widget
from emorl.ui.writing.payload import ReflectionPayload, Writing, reflection_payload
from emorl.ui.writing.statement import statement_widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore
    from emorl.reflecting.reflection import Reflection
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)

CLOSED = to_page(RatingClosed())
MAX_EDITED = 1000  # characters of the counsellor's own version
MAX_SENT = MAX_BODY - 10_000  # bytes of a statement as JSON, which must fit into a request with the setting


RESULT_TEXT: dict[str, object] = {
    **shared.WRITTEN,
    **shared.REASONS,
    **strings.RESULT,
    **strings.LIVE,
    **strings.CHOSEN,
    **strings.CARDS,
    **strings.OWN_VERSION,
    "crisis": shared.CRISIS,
    "chips": shared.CHIPS,
}


class ReflectScreen:
    """The screen's server side; one object serves all users and keeps nothing per user but the cache."""

    def __init__(self, loader: ModelLoader, store: Callable[[], RatingStore]) -> None:
        self.loader = loader
        self.store = store
        self.cache = ReflectionCache()
        self.turns = Turns()

    def generate(
        self, statement: object, mix: object, shown: object, request: gr.Request | None = None
    ) -> Iterator[tuple[Json, Json]]:
        """As `write`, for as long as the page waits for this run, whose number is in what it shows."""
        yield from self._in_turn(self.write(statement, mix), shown, request)

    def generate_confirmed(
        self, statement: object, mix: object, shown: object, event: gr.EventData, request: gr.Request | None = None
    ) -> Iterator[tuple[Json, Json]]:
        """As `generate`, for `write_confirmed`."""
        yield from self._in_turn(self.write_confirmed(statement, mix, event), shown, request)

    def _in_turn(
        self, steps: Generator[tuple[Json, Json]], shown: object, request: gr.Request | None
    ) -> Iterator[tuple[Json, Json]]:
        run = run_number(shown)
        wanted = self.turns.begin(_session(request), run)
        with closing(steps):
            while wanted() and (step := next(steps, None)) is not None and wanted():
                result, rating = step
                yield {**result, "run": run}, {**rating, "run": run} if "phase" in rating else rating

    def stop(self, shown: object, request: gr.Request | None = None) -> None:
        """Stop what is being written for a page."""
        self.turns.stop(_session(request), run_number(shown))

    def write_confirmed(self, statement: object, mix: object, event: gr.EventData) -> Generator[tuple[Json, Json]]:
        """As `write`, where the counsellor has said that exactly this statement is an invented exercise."""
        yield from self.write(statement, mix, is_confirmed(event, statement))

    def write(self, statement: object, mix: object, confirmed: bool = False) -> Generator[tuple[Json, Json]]:
        """Stream what result and rating form show for one press of Generate; see `guarded`."""
        for step in guarded(self.loader, statement, confirmed, partial(self._stream, mix)):
            if isinstance(step, Writing) and step.text:  # the form is closed already
                yield to_page(step), gr.skip()
            elif isinstance(step, ReflectionPayload) and step.id:
                yield to_page(step), to_page(RatingOpen(step.id))
            else:
                yield to_page(step), CLOSED

    def _stream(
        self, mix: object, reflector: Reflector, text: str, keep: bool
    ) -> Iterator[Writing | ReflectionPayload]:
        asked = read_asked(mix, reflector)
        yield Writing("", asked.best_of)
        with closing(_written(reflector, text, asked)) as steps:
            for step in steps:
                if isinstance(step, Draft):
                    yield Writing(step.text, asked.best_of, step.finished)
                else:
                    result_id = self.cache.put(step, asked) if keep else ""
                    yield reflection_payload(step, reflector.objectives, result_id, not keep, asked)

    def grow_atlas(self, event: gr.EventData) -> Iterator[Json]:
        """Stream the atlas of a finished reflection; skips where there is nothing new, so that it can be closed."""
        yield from self._atlas(str(as_form(event._data).get("id", "")))

    def grow_slice(self, event: gr.EventData) -> Iterator[Json]:
        """As `grow_atlas`, for the objectives the page asks for."""
        asked = as_form(event._data)
        names = asked.get("objectives")
        objectives = [str(name) for name in names] if isinstance(names, list) else []
        yield from self._atlas(str(asked.get("id", "")), objectives)

    def _atlas(self, result_id: str, objectives: Sequence[str] | None = None) -> Iterator[Json]:
        for payload in atlas_payloads(self.loader, self.cache, result_id, objectives):
            yield gr.skip() if payload is None else to_page(payload)

    def keep_edit(self, data: object = None) -> str:
        """Keep the counsellor's own version beside a reflection; an empty one takes it back. Returns what is wrong."""
        form = as_form(data)
        text = str(form.get("text") or "").strip()
        if len(text) > MAX_EDITED:
            return strings.ERRORS["edit_long"].format(got=len(text), expected=MAX_EDITED)
        try:
            found = text_on_page(self.loader, self.cache, {**form, "text": form.get("original")})
        except EmorlError as error:
            return error.shown
        known = found is not None and self.cache.edit(found[0], text or None)
        return "" if known else strings.ERRORS["edit_gone"]

    def rate(self, rater: object, event: gr.EventData) -> tuple[Json, str]:
        """Save the submitted form; returns (what the form shows, rater id)."""
        form = as_form(event._data)
        result_id, reply, who = str(form.get("id", "")), secrets.token_hex(4), rater_id(rater)
        try:
            count_rating(self.store(), who)
            found = text_on_page(self.loader, self.cache, form)
            rated_id, cached = found or (result_id, None)
            self.store().add(new_rating(form, cached, who, submit_token({**form, "id": rated_id})))
        except EmorlError as error:
            return to_page(RatingRefused(result_id, reply, error.shown)), who
        except Exception:  # the user gets one line, the log the traceback
            log.exception("saving a rating failed")
            return to_page(RatingRefused(result_id, reply, strings.ERRORS["not_saved"])), who
        return to_page(RatingSaved(result_id, reply, who)), who


def _session(request: gr.Request | None) -> str:
    """Gradio's name for a page as long as it is open."""
    return str(request.session_hash or "") if request else ""


def _written(reflector: Reflector, text: str, asked: Asked) -> Generator[Draft | Reflection]:
    """One reflection, or the best of several."""
    if asked.best_of == 1:
        return reflector.stream(text, asked.setting)
    return reflector.stream_best(text, asked.best_of, asked.setting)


def reflect_screen(
    loader: ModelLoader, store: Callable[[], RatingStore], at_once: int, rater: gr.BrowserState
) -> ReflectScreen:
    """Add the screen's components and events to the open `gr.Blocks`; `rater` keeps the page's rater id."""
    screen = ReflectScreen(loader, store)
    with gr.Row(elem_id="reflect", equal_height=False):
        with gr.Column(scale=5, min_width=330, elem_id="controls"):
            statement = statement_widget("generate")
            mixer = mixer_widget(loader, tools=True, choices=asking.CHOICES, best_of=asking.DEFAULT_BEST_OF)
            atlas = widget("atlas", text={})
            with gr.Row(elem_id="actions"):
                generate = gr.Button(strings.GENERATE, variant="primary", elem_id="generate", scale=3, min_width=120)
                stop = gr.Button(shared.STOP, elem_id="stop", scale=1, min_width=80)
        with gr.Column(scale=7, min_width=330, elem_id="outcome"):
            result = widget(
                "result",
                text=RESULT_TEXT,
                functions=[screen.keep_edit],
                settings={"bytes": MAX_SENT},
            )
            rating = widget("rating", text=strings.RATING, value=CLOSED)
            send_form(loader, screen.cache, store, rater)
            visit = widget("visit", text=strings.VISIT)

    growing = atlas.submit(
        streamed(screen.grow_atlas),
        None,
        atlas,
        trigger_mode="multiple",
        concurrency_limit=2,
        concurrency_id="atlas",
        **QUIET,
    )
    slicing = atlas.select(streamed(screen.grow_slice), None, atlas, concurrency_id="atlas", **QUIET)
    # Before the event that writes: Gradio runs the events of a click one after another, each to its end.
    generate.click(None, None, None, cancels=[growing, slicing], **QUIET)
    limits = writing_limits(at_once)
    writing = generate.click(
        streamed(screen.generate),
        [statement, mixer, result],
        [result, rating],
        trigger_mode="multiple",
        **limits,
        **QUIET,
    )
    exercise = result.submit(
        streamed(screen.generate_confirmed),
        [statement, mixer, result],
        [result, rating],
        trigger_mode="multiple",
        **limits,
        **QUIET,
    )
    for event in (writing, exercise):
        say_unavailable(event, result)
    visit.submit(None, visit, [result, rating], js=handler("recalled"), **QUIET)
    stop.click(None, None, None, cancels=[growing, slicing], **QUIET)
    stop.click(screen.stop, result, None, queue=False, **QUIET)
    rating.submit(screen.rate, rater, [rating, rater], concurrency_limit=4, **QUIET)
    return screen
