"""The Reflect screen: statement, weights, streaming reflection, explanation, rating.

Events: Generate streams payloads into the result widget; when that is finished its atlas is streamed into the
invisible atlas widget, from which the page then answers the sliders by itself. Stop, a new Generate and leaving the
page close the generators. The rating form saves. Sliders cause no event on the server. What is left out: any state of
the user on disk or in the browser other than a random rater id.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import gradio as gr

from emorl.errors import EmorlError, WeightError
from emorl.safety import crisis_contacts, crisis_matches, mask, personal_data
from emorl.template import MAX_STATEMENT
from emorl.ui import strings
from emorl.ui.chart import chart_payloads
from emorl.ui.held import HeldReflections
from emorl.ui.present import contacts_payload, reflection_payload
from emorl.ui.rate import new_rating, rater_id, submit_token
from emorl.ui.source import ModelSource
from emorl.ui.widgets import widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore
    from emorl.reflector import Reflection

log = logging.getLogger(__name__)

EXAMPLES = Path(__file__).parents[2] / "data" / "examples.json"
CLOSED = {"phase": "closed"}
MAX_EDITED = 1000  # characters of the counsellor's own version


class ReflectScreen:
    """The screen's server side; one object serves all users and keeps nothing per user but `held`."""

    def __init__(self, source: ModelSource, store: Callable[[], RatingStore]) -> None:
        self.source = source
        self.store = store
        self.held = HeldReflections()

    def settings(self, _data: object = None) -> dict[str, Any]:
        """State of the model and, once it is ready, what the weight sliders need."""
        self.source.start()
        reflector = self.source.reflector()
        if reflector is None:
            return {"state": self.source.state, "message": self.source.message}
        return {
            "state": "ready",
            "objectives": [
                {"name": item.name, "label": item.label, "help": item.help} for item in reflector.objectives
            ],
            "presets": {name: dict(weights) for name, weights in reflector.presets.items()},
        }

    def personal_notice(self, text: object = "") -> list[str]:
        """Kinds of personal data that seem to be in a statement, for the notice under the box."""
        found = personal_data(str(text or "")[:MAX_STATEMENT])
        return list(dict.fromkeys(str(getattr(item, "kind", item)) for item in found))

    def masked(self, text: object = "") -> str:
        """A statement with everything that looks personal replaced by its kind in square brackets."""
        return mask(str(text or "")[:MAX_STATEMENT])

    def write_confirmed(self, statement: object, mix: object, event: gr.EventData) -> Iterator[tuple[Any, Any]]:
        """As `write`, where the counsellor has said that exactly this statement is an invented exercise."""
        said = event._data if isinstance(event._data, Mapping) else {}
        confirmed = said.get("confirmed") is True and said.get("statement") == statement
        yield from self.write(statement, mix, confirmed)

    def write(self, statement: object, mix: object, confirmed: bool = False) -> Iterator[tuple[Any, Any]]:
        """Stream (result payload, rating payload) pairs for one press of Generate.

        A statement with a crisis phrase is answered with contacts alone unless it is `confirmed` to be invented;
        of such a statement nothing is held afterwards, so that nothing can be rated or stored.
        """
        text = statement if isinstance(statement, str) else ""
        crisis = bool(crisis_matches(text))
        if crisis and not confirmed:
            yield {"phase": "crisis", "contacts": contacts_payload(crisis_contacts())}, CLOSED
            return
        while self.source.reflector() is None:
            self.source.start()
            if self.source.state == "failed":
                message = strings.MIXER["failed"].format(message=self.source.message)
                yield {"phase": "error", "message": message}, CLOSED
                return
            yield {"phase": "waiting", "message": strings.RESULT["loading"]}, CLOSED
            time.sleep(0.3)
        try:
            yield from self._stream(text, mix, keep=not crisis)
        except EmorlError as error:
            yield {"phase": "error", "message": str(error)}, CLOSED
        except Exception:  # the user gets one line, the log the traceback
            log.exception("writing a reflection failed")
            yield {"phase": "error", "message": strings.INPUT_ERRORS["unexpected"]}, CLOSED

    def _stream(self, text: str, mix: object, keep: bool) -> Iterator[tuple[Any, Any]]:
        reflector = self.source.reflector()
        assert reflector is not None
        options = read_mix(mix) if mix else default_mix(reflector)
        yield {"phase": "writing", "text": ""}, CLOSED
        with closing(reflector.stream(text, **options)) as steps:
            for step in steps:
                if hasattr(step, "reflection"):
                    yield self._finished(cast("Reflection", step), reflector.objectives, keep)
                else:
                    yield {"phase": "writing", "text": step.text}, gr.skip()

    def _finished(self, reflection: Reflection, objectives: Any, keep: bool) -> tuple[Any, Any]:
        if not keep:
            return {**reflection_payload(reflection, objectives, ""), "confirmed": True}, CLOSED
        result_id = self.held.put(reflection)
        return reflection_payload(reflection, objectives, result_id), {"phase": "open", "id": result_id}

    def chart(self, result_id: object) -> Iterator[Any]:
        """Stream the atlas of a finished reflection; skips where there is nothing new, so that it can be closed."""
        for payload in chart_payloads(self.source, self.held, str(result_id or "")):
            yield gr.skip() if payload is None else payload

    def chart_slice(self, event: gr.EventData) -> Iterator[Any]:
        """As `chart`, for the objectives the page asks for."""
        asked = event._data if isinstance(event._data, Mapping) else {}
        names = [str(name) for name in asked.get("objectives") or []]
        for payload in chart_payloads(self.source, self.held, str(asked.get("id", "")), names):
            yield gr.skip() if payload is None else payload

    def keep_edit(self, data: object = None) -> str:
        """Keep the counsellor's own version beside a reflection; an empty one takes it back. Returns what is wrong."""
        form = data if isinstance(data, Mapping) else {}
        text = str(form.get("text") or "").strip()
        if len(text) > MAX_EDITED:
            return strings.INPUT_ERRORS["edit_long"].format(got=len(text), expected=MAX_EDITED)
        known = self.held.edit(str(form.get("id", "")), text or None)
        return "" if known else strings.INPUT_ERRORS["edit_gone"]

    def rate(self, rater: object, event: gr.EventData) -> tuple[dict[str, Any], str]:
        """Save the submitted form; returns (rating payload, rater id)."""
        form = event._data if isinstance(event._data, Mapping) else {}
        token = str(form.get("id", ""))
        who = rater_id(rater)
        reply = {"id": token, "reply": secrets.token_hex(4)}  # a value equal to the last would not reach the page
        try:
            self.store().add(new_rating(form, self.held.get(token), who, submit_token(form)))
        except EmorlError as error:
            return {**reply, "phase": "error", "message": str(error)}, who
        except Exception:  # the user gets one line, the log the traceback
            log.exception("saving a rating failed")
            return {**reply, "phase": "error", "message": strings.INPUT_ERRORS["not_saved"]}, who
        return {**reply, "phase": "saved", "rater": who}, who


def read_mix(mix: object) -> dict[str, Any]:
    """Arguments for `Reflector.stream` from the mixer's value, which comes from the browser.

    Raises:
        WeightError: something is missing or not a number. Ranges are checked by the reflector.
    """
    try:
        assert isinstance(mix, Mapping)
        return {
            "weights": {str(name): float(weight) for name, weight in dict(mix["weights"]).items()},
            "strength": float(mix["strength"]),
            "temperature": float(mix["temperature"]),
            "seed": int(mix["seed"]),
        }
    except (AssertionError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise WeightError(strings.INPUT_ERRORS["mix"]) from error


def default_mix(reflector: Any) -> dict[str, Any]:
    """Arguments for a statement that was sent before the sliders were there: the preset "balanced"."""
    presets = reflector.presets
    return {"weights": dict(presets.get("balanced") or next(iter(presets.values())))}


def examples() -> list[dict[str, str]]:
    """The invented example statements as `{"topic", "statement"}`."""
    return list(json.loads(EXAMPLES.read_text(encoding="utf-8"))["examples"])


def reflect_screen(
    source: ModelSource, store: Callable[[], RatingStore], at_once: int, rater: gr.BrowserState
) -> ReflectScreen:
    """Add the screen's components and events to the open `gr.Blocks`; `rater` keeps the page's rater id."""
    screen = ReflectScreen(source, store)
    with gr.Row(elem_id="reflect", equal_height=False):
        with gr.Column(scale=5, min_width=330, elem_id="controls"):
            statement = widget(
                "statement",
                text=strings.STATEMENT,
                functions=[screen.personal_notice, screen.masked],
                settings={"max": MAX_STATEMENT, "examples": examples()},
            )
            mixer = widget("mixer", text=strings.MIXER, functions=[screen.settings])
            atlas = widget("atlas", text={})
            with gr.Row(elem_id="actions"):
                generate = gr.Button(strings.GENERATE, variant="primary", elem_id="generate", scale=3, min_width=120)
                stop = gr.Button(strings.STOP, elem_id="stop", scale=1, min_width=80)
        with gr.Column(scale=7, min_width=330, elem_id="outcome"):
            result = widget(
                "result",
                text={**strings.RESULT, **strings.LIVE, "crisis": strings.CRISIS, "chips": strings.CHIPS},
                functions=[screen.keep_edit],
                settings={"max": MAX_EDITED},
            )
            rating = widget("rating", text=strings.RATING, value=CLOSED)
            visit = widget("visit", text=strings.VISIT)

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    writing = generate.click(
        screen.write, [statement, mixer], [result, rating],
        concurrency_limit=at_once, concurrency_id="model", **quiet,
    )  # fmt: skip
    exercise = result.submit(
        screen.write_confirmed, [statement, mixer], [result, rating],
        concurrency_limit=at_once, concurrency_id="model", **quiet,
    )  # fmt: skip
    unavailable = json.dumps({"phase": "error", "message": strings.RESULT["unavailable"]})
    # a cancelled stream counts as failed too: what Stop has said stays
    for event in (writing, exercise):
        event.failure(
            None, result, result, **quiet,
            js=f"(r) => (r && r.phase === 'stopped') ? r : ({unavailable})",
        )  # fmt: skip
    finished = "(r) => (r && r.phase === 'done' && !r.recalled) ? r.id : ''"
    mapping = writing.success(
        screen.chart, result, atlas, js=finished, concurrency_limit=2, concurrency_id="atlas", **quiet
    )
    slicing = atlas.submit(screen.chart_slice, None, atlas, concurrency_id="atlas", **quiet)
    generate.click(None, None, None, cancels=[mapping, slicing], **quiet)
    visit.submit(
        None, visit, [result, rating], **quiet,
        js="(v) => [{...v, recalled: true}, {phase: 'open', id: v.id}]",
    )  # fmt: skip
    stop.click(
        None, result, result, cancels=[writing, exercise, mapping, slicing], **quiet,
        js="(r) => (r && (r.phase === 'writing' || r.phase === 'waiting')) ? {...r, phase: 'stopped'} : r",
    )  # fmt: skip
    rating.submit(screen.rate, rater, [rating, rater], concurrency_limit=4, **quiet)
    return screen
