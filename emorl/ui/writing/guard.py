"""The checks before and around writing, on every screen that writes.

A statement with a crisis phrase is answered with contacts alone unless the counsellor has confirmed that it is an
invented exercise, and one that is not English with contacts in one line. While the models load the page is told so, and
whatever goes wrong becomes one line. Left out: what is written and how it is shown, which are the screens'.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypedDict, TypeVar

import gradio as gr
from gradio.events import Dependency

from emorl.errors import EmorlError, LanguageError, LimitError, StatementError
from emorl.models.template import check_size
from emorl.reflecting.contract import refuse_language
from emorl.safety import crisis_contacts, crisis_kinds
from emorl.ui.limits import count
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import Failed, as_form
from emorl.ui.widgets import QUIET, handler
from emorl.ui.widgets.contacts import contact_payloads
from emorl.ui.writing import strings
from emorl.ui.writing.payload import Crisis, Waiting

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)
Step = TypeVar("Step")


class Limits(TypedDict):
    """Options of an event that writes: how many at a time, and with which others they are counted."""

    concurrency_limit: int
    concurrency_id: str


def writing_limits(at_once: int) -> Limits:
    """At most `at_once` reflections at a time, over all screens and the public functions."""
    return {"concurrency_limit": at_once, "concurrency_id": "model"}


def guarded(
    loader: ModelLoader, statement: object, confirmed: bool, write: Callable[[Reflector, str, bool], Iterator[Step]]
) -> Iterator[Step | Crisis | Waiting | Failed]:
    """What `write` yields, or what to show instead.

    Args:
        loader: The models; waited for.
        statement: From the browser.
        confirmed: The counsellor has said that exactly this statement is an invented exercise.
        write: Gets the reflector, the statement, and whether anything of it may be kept afterwards: not where it
            contains a crisis phrase, so that it can be neither rated nor stored.
    """
    text = statement if isinstance(statement, str) else ""
    try:
        crisis = crisis_kinds(text)
        if crisis and not confirmed:
            yield Crisis(contact_payloads(crisis_contacts(kinds=crisis)))
            return
        refuse_language(check_size(text))
        count("generate")
    except (StatementError, LanguageError, LimitError) as error:
        yield Failed(error.shown)
        return
    while (reflector := loader.reflector()) is None:
        loader.start()
        if loader.state == "failed":
            yield Failed(strings.MIXER["failed"].format(message=loader.message))
            return
        yield Waiting(strings.LOADING)
        time.sleep(0.3)
    try:
        yield from write(reflector, text, not crisis)
    except EmorlError as error:
        yield Failed(error.shown)
    except Exception:  # the user gets one line, the log the traceback
        log.exception("writing a reflection failed")
        yield Failed(strings.ERRORS["unexpected"])


def is_confirmed(event: gr.EventData, statement: object) -> bool:
    """Whether an event says that exactly this statement is an invented exercise."""
    said = as_form(event._data)
    return said.get("confirmed") is True and said.get("statement") == statement


def say_unavailable(event: Dependency, result: gr.HTML) -> None:
    """Show a line where a run got no answer, unless Stop was why."""
    handle = handler("afterFailure", strings.WRITTEN["unavailable"])
    event.failure(None, result, result, js=handle, **QUIET)


def stop_writing(stop: gr.Button, result: gr.HTML, events: Sequence[Dependency]) -> None:
    """Let a button cancel events, which closes their generators, and mark what is being written as stopped."""
    stop.click(None, result, result, cancels=list(events), js=handler("afterStop"), **QUIET)
