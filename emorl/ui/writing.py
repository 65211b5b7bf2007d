"""What every screen that writes reflections shares: statement box, sliders, and the checks before and around writing.

A statement with a crisis phrase is answered with contacts alone unless the counsellor has confirmed that it is an
invented exercise; while the models load the page is told so; whatever goes wrong becomes one line. Left out: what is
written and how it is shown, which are the screens'.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from emorl.errors import EmorlError, WeightError
from emorl.models.template import MAX_STATEMENT
from emorl.resources import data_path
from emorl.safety import crisis_contacts, crisis_matches, mask, personal_data
from emorl.ui import strings
from emorl.ui.present import contacts_payload
from emorl.ui.source import ModelSource
from emorl.ui.widgets import QUIET, widget

if TYPE_CHECKING:
    from emorl.ensemble.setting import Setting
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)

EXAMPLES = data_path("examples.json")
FIRST = "balanced"
"""The preset that sliders start with, unless a screen says otherwise."""


def guarded(
    source: ModelSource, statement: object, confirmed: bool,
    write: Callable[[Reflector, str, bool], Iterator[Any]],
) -> Iterator[Any]:  # fmt: skip
    """What `write` yields, or the payload `{"phase": "crisis" | "waiting" | "error", ...}` to show instead.

    Args:
        source: The models; waited for.
        statement: From the browser.
        confirmed: The counsellor has said that exactly this statement is an invented exercise.
        write: Gets the reflector, the statement, and whether anything of it may be held afterwards: not where it holds
            a crisis phrase, so that it can be neither rated nor stored.
    """
    text = statement if isinstance(statement, str) else ""
    crisis = bool(crisis_matches(text))
    if crisis and not confirmed:
        yield {"phase": "crisis", "contacts": contacts_payload(crisis_contacts())}
        return
    while (reflector := source.reflector()) is None:
        source.start()
        if source.state == "failed":
            yield {"phase": "error", "message": strings.MIXER["failed"].format(message=source.message)}
            return
        yield {"phase": "waiting", "message": strings.RESULT["loading"]}
        time.sleep(0.3)
    try:
        yield from write(reflector, text, not crisis)
    except EmorlError as error:
        yield {"phase": "error", "message": str(error)}
    except Exception:  # the user gets one line, the log the traceback
        log.exception("writing a reflection failed")
        yield {"phase": "error", "message": strings.INPUT_ERRORS["unexpected"]}


def is_confirmed(event: gr.EventData, statement: object) -> bool:
    """Whether an event says that exactly this statement is an invented exercise."""
    said = event._data if isinstance(event._data, Mapping) else {}
    return said.get("confirmed") is True and said.get("statement") == statement


def model_settings(source: ModelSource) -> dict[str, Any]:
    """State of the model and, once it is ready, what the weight sliders need."""
    source.start()
    reflector = source.reflector()
    if reflector is None:
        return {"state": source.state, "message": source.message}
    return {
        "state": "ready",
        "objectives": [{"name": item.name, "label": item.label, "help": item.help} for item in reflector.objectives],
        "presets": {name: dict(weights) for name, weights in reflector.presets.items()},
    }


def read_setting(mixer: object, reflector: Reflector, first: str = FIRST) -> Setting:
    """The setting that a mixer's value stands for, which comes from the browser.

    Args:
        mixer: `{"weights", "strength", "temperature", "seed"}`; empty before there are sliders.
        reflector: Knows the objectives and the presets.
        first: The preset that counts before there are sliders.

    Raises:
        WeightError: Something is missing, unknown, not a number or out of its range.
    """
    if not mixer:
        return reflector.setting(preset(reflector, first))
    if not isinstance(mixer, Mapping) or not {"weights", "strength", "temperature", "seed"} <= set(mixer):
        raise WeightError(strings.INPUT_ERRORS["mix"])
    if not isinstance(mixer["weights"], Mapping):
        raise WeightError(strings.INPUT_ERRORS["mix"])
    return reflector.setting(mixer["weights"], mixer["strength"], mixer["temperature"], mixer["seed"])


def preset(reflector: Reflector, name: str = FIRST) -> Mapping[str, float]:
    """The weights of a preset; of the first there is where there is none of this name."""
    presets = reflector.presets
    return presets[name] if name in presets else next(iter(presets.values()))


def personal_notice(text: object = "") -> list[str]:
    """Kinds of personal data that seem to be in a statement, for the notice under the box."""
    found = personal_data(str(text or "")[:MAX_STATEMENT])
    return list(dict.fromkeys(str(getattr(item, "kind", item)) for item in found))


def masked(text: object = "") -> str:
    """A statement with everything that looks personal replaced by its kind in square brackets."""
    return mask(str(text or "")[:MAX_STATEMENT])


def examples() -> list[dict[str, str]]:
    """The invented example statements as `{"topic", "statement"}`."""
    return list(json.loads(EXAMPLES.read_text(encoding="utf-8"))["examples"])


def statement_widget(go: str, scope: str = "", **more: Any) -> gr.HTML:
    """The statement box; Ctrl+Enter presses the button with the id `go`."""
    return widget(
        "statement", scope=scope, text=strings.STATEMENT, functions=[personal_notice, masked],
        settings={"max": MAX_STATEMENT, "examples": examples(), "go": go, **more},
    )  # fmt: skip


def mixer_widget(
    source: ModelSource, scope: str = "", text: Mapping[str, str] | None = None, first: str = FIRST, **more: Any
) -> gr.HTML:
    """The sliders, which start at the preset `first`."""

    def settings(_data: object = None) -> dict[str, Any]:
        return model_settings(source)

    return widget(
        "mixer", scope=scope, text={**strings.MIXER, **(text or {})}, functions=[settings],
        settings={"first": first, **more},
    )  # fmt: skip


def say_unavailable(event: Any, result: gr.HTML) -> None:
    """Show a line where a run got no answer.

    A run that Stop cancelled counts as failed too, later, and perhaps when the next one has begun already: what Stop
    has said stays, and `window.emorlStops`, by widget, says how many such failures are still to come.
    """
    line = json.dumps({"phase": "error", "message": strings.RESULT["unavailable"]})
    event.failure(
        None, result, result, **QUIET,
        js=f"""(r) => {{
          const stops = (window.emorlStops ||= {{}});
          if (stops["{result.elem_id}"] > 0) {{ stops["{result.elem_id}"] -= 1; return r; }}
          return r && r.phase === "stopped" ? r : ({line});
        }}""",
    )  # fmt: skip


def stop_writing(stop: gr.Button, result: gr.HTML, events: list[Any]) -> None:
    """Let a button cancel events, which closes their generators, and mark what is being written as stopped."""
    stop.click(
        None, result, result, cancels=events, **QUIET,
        js="(r) => (r && (r.phase === 'writing' || r.phase === 'waiting')) ? {...r, phase: 'stopped'} : r",
    )  # fmt: skip
