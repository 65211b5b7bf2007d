"""Sends what was just written to the blind rating: one reflection, or two to choose from, into the rater's own queue.

The statement is stored with it, so the form asks first; without that consent nothing is sent. The page names what it
means by the random ids of the server's memory (`cache.py`); texts never come from the browser. Left out: sending to
other raters.
"""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import gradio as gr

from emorl.errors import EmorlError, RatingError
from emorl.ratings import RatingQueue, load_items
from emorl.ui.cache import ReflectionCache
from emorl.ui.payload import Json, as_form, to_page
from emorl.ui.rater import rater_id
from emorl.ui.sending import strings
from emorl.ui.sending.item import item_from_reflections
from emorl.ui.sending.payload import NotSent, Open, Sent
from emorl.ui.widgets import QUIET, widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore

log = logging.getLogger(__name__)


class Sender:
    """The form's server side; serves all users and keeps nothing."""

    def __init__(self, cache: ReflectionCache, store: Callable[[], RatingStore]) -> None:
        self.cache = cache
        self.queue = functools.cache(lambda: RatingQueue(store(), load_items()))

    def send(self, rater: object, event: gr.EventData) -> tuple[Json, str]:
        """Store the item that the form names; returns (what the form shows, rater id)."""
        who, reply = rater_id(rater), secrets.token_hex(4)
        try:
            self._send(who, event._data)
        except EmorlError as error:
            return to_page(NotSent(reply, error.shown)), who
        except Exception:  # the user gets one line, the log the traceback
            log.exception("sending to blind rating failed")
            return to_page(NotSent(reply, strings.ERRORS["unexpected"])), who
        return to_page(Sent(reply)), who

    def _send(self, rater: str, data: object) -> None:
        form = as_form(data)
        ids = form.get("ids")
        if not isinstance(ids, list) or len(ids) not in (1, 2):
            raise RatingError(strings.ERRORS["form"])
        if form.get("consent") is not True:
            raise RatingError(strings.ERRORS["consent"])
        # sorted, so that the same pair the other way round is the same item
        found = [cached for cached in map(self.cache.get, sorted(map(str, ids))) if cached is not None]
        if len(found) != len(ids):
            raise RatingError(strings.ERRORS["gone"])
        written = [cached.reflection for cached in found]
        if len(written) == 2 and written[0].statement != written[1].statement:
            raise RatingError(strings.ERRORS["form"])
        if len(written) == 2 and written[0].reflection == written[1].reflection:
            raise RatingError(strings.ERRORS["same"])
        self.queue().send(rater, item_from_reflections(*found))


def send_form(
    cache: ReflectionCache,
    store: Callable[[], RatingStore],
    rater: gr.BrowserState,
    scope: str = "",
    text: Mapping[str, str] | None = None,
) -> Sender:
    """Add the form to the open `gr.Blocks`; it opens for what the screen of the same `scope` shows.

    Args:
        cache: The screen's finished reflections.
        store: Opens the ratings' database.
        rater: The page's rater id.
        scope: Of the widgets of one screen.
        text: What this screen words differently.
    """
    sender = Sender(cache, store)
    form = widget("send", scope=scope, text={**strings.SEND, **(text or {})}, value=to_page(Open()))
    form.submit(sender.send, rater, [form, rater], concurrency_limit=4, **QUIET)
    return sender
