"""Sends what was just written to the blind rating: one reflection, or pairs to choose from, into the rater's own queue.

The statement is stored with it, so the form asks first; without that consent nothing is sent. The page names what it
means by the random ids of the server's memory (`onpage.py`); what is stored never comes from the browser. Left out:
sending to other raters.
"""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import gradio as gr

from emorl.errors import EmorlError, RatingError
from emorl.ratings import RatingQueue, load_items
from emorl.ui.cache import ReflectionCache
from emorl.ui.limits import count_rating
from emorl.ui.loader import ModelLoader
from emorl.ui.onpage import text_on_page
from emorl.ui.payload import Json, as_form, to_page
from emorl.ui.rater import rater_id
from emorl.ui.sending import strings
from emorl.ui.sending.item import item_from_reflections
from emorl.ui.sending.payload import NotSent, Open, Sent
from emorl.ui.widgets import QUIET, widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore

log = logging.getLogger(__name__)

MOST = 4
"""Texts of one statement that are sent at once; of several, every pair becomes a choice."""


class Sender:
    """The form's server side; serves all users and keeps nothing."""

    def __init__(self, loader: ModelLoader, cache: ReflectionCache, store: Callable[[], RatingStore]) -> None:
        self.loader, self.cache = loader, cache
        self.store = store
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
        texts = form.get("texts")
        if not isinstance(texts, list) or not 1 <= len(texts) <= MOST:
            raise RatingError(strings.ERRORS["form"])
        if form.get("consent") is not True:
            raise RatingError(strings.ERRORS["consent"])
        found = [text_on_page(self.loader, self.cache, about) for about in texts]
        known = sorted((one for one in found if one is not None), key=lambda one: one[0])
        if len(known) != len(texts):
            raise RatingError(strings.ERRORS["gone"])
        held = list({cached.reflection.reflection: cached for _, cached in known}.values())
        if len({cached.reflection.statement for cached in held}) != 1:
            raise RatingError(strings.ERRORS["form"])
        if len(texts) > 1 and len(held) == 1:
            raise RatingError(strings.ERRORS["same"])
        count_rating(self.store(), rater)
        # sorted above, so that the same pair the other way round is the same item
        for some in combinations(held, 2) if len(held) > 1 else [held]:
            self.queue().send(rater, item_from_reflections(*some))


def send_form(
    loader: ModelLoader,
    cache: ReflectionCache,
    store: Callable[[], RatingStore],
    rater: gr.BrowserState,
    scope: str = "",
    text: Mapping[str, str] | None = None,
) -> Sender:
    """Add the form to the open `gr.Blocks`; it opens for what the screen of the same `scope` shows.

    Args:
        loader: The models.
        cache: The screen's finished reflections.
        store: Opens the ratings' database.
        rater: The page's rater id.
        scope: Of the widgets of one screen.
        text: What this screen words differently.
    """
    sender = Sender(loader, cache, store)
    form = widget("send", scope=scope, text={**strings.SEND, **(text or {})}, value=to_page(Open()))
    form.submit(sender.send, rater, [form, rater], concurrency_limit=4, **QUIET)
    return sender
