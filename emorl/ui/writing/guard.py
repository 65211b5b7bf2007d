"""What every screen that writes reflections shares: statement box, sliders, and the checks before and around writing.

A statement with a crisis phrase is answered with contacts alone unless the counsellor has confirmed that it is an
invented exercise; while the models load the page is told so; whatever goes wrong becomes one line. Left out: what is
written and how it is shown, which are the screens'.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from emorl.errors import EmorlError
from emorl.safety import crisis_contacts, crisis_matches
from emorl.ui.source import ModelSource
from emorl.ui.widgets import QUIET, handler
from emorl.ui.writing import strings
from emorl.ui.writing.payload import contacts_payload

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)


def guarded(
    source: ModelSource, statement: object, confirmed: bool,
    write: Callable[[Reflector, str, bool], Iterator[Any]],
) -> Iterator[Any]:  # fmt: skip
    """What `write` yields, or the payload `{"phase": "crisis" | "waiting" | "error", ...}` to show instead.

    Args:
        source: The models; waited for.
        statement: From the browser.
        confirmed: The counsellor has said that exactly this statement is an invented exercise.
        write: Gets the reflector, the statement, and whether anything of it may be kept afterwards: not where it
            contains a crisis phrase, so that it can be neither rated nor stored.
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
        yield {"phase": "waiting", "message": strings.LOADING}
        time.sleep(0.3)
    try:
        yield from write(reflector, text, not crisis)
    except EmorlError as error:
        yield {"phase": "error", "message": str(error)}
    except Exception:  # the user gets one line, the log the traceback
        log.exception("writing a reflection failed")
        yield {"phase": "error", "message": strings.ERRORS["unexpected"]}


def is_confirmed(event: gr.EventData, statement: object) -> bool:
    """Whether an event says that exactly this statement is an invented exercise."""
    said = event._data if isinstance(event._data, Mapping) else {}
    return said.get("confirmed") is True and said.get("statement") == statement


def say_unavailable(event: Any, result: gr.HTML) -> None:
    """Show a line where a run got no answer, unless Stop was why."""
    handle = handler("afterFailure", result.elem_id, strings.WRITTEN["unavailable"])
    event.failure(None, result, result, js=handle, **QUIET)


def stop_writing(stop: gr.Button, result: gr.HTML, events: list[Any]) -> None:
    """Let a button cancel events, which closes their generators, and mark what is being written as stopped."""
    stop.click(None, result, result, cancels=events, js=handler("afterStop"), **QUIET)
