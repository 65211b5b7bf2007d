"""The Results screen, for whoever runs the app; it exists only if EMORL_RESULTS_PASSWORD is set.

Gradio's private functions can be called by anyone who knows the address, so every function here asks for a
session of its own: a random token that a right password gives and that ends after an hour. Passwords are
compared in constant time; after `MAX_TRIES` wrong ones nobody is let in for a pause that doubles. Exports go to the
page as text, not as files that a link would open to anyone.

Left out: accounts. One password opens everything.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from emorl.errors import EmorlError, RatingError
from emorl.ratings import RatingQueue
from emorl.ratings.export.tables import records, write_csv
from emorl.ratings.statistics.results import results
from emorl.settings import settings
from emorl.ui.payload import Json, as_form, to_page
from emorl.ui.results import strings
from emorl.ui.results.gate import Gate
from emorl.ui.results.payload import Answer, Closed, Error, Export, Figures, Purged, Session
from emorl.ui.visitor import address
from emorl.ui.widgets import widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore

log = logging.getLogger(__name__)
Form = Mapping[str, object]


def password() -> str:
    """The password of the Results screen; empty where there is no such screen."""
    return settings().results_password.get_secret_value()


class ResultsScreen:
    """The screen's server side. Every function but `enter` asks for a session first."""

    def __init__(self, store: Callable[[], RatingStore], gate: Gate) -> None:
        self._store = store
        self._gate = gate

    def enter(self, tried: object = None) -> Json:
        """Open a session."""
        return self._guard(lambda: Session(self._gate.enter(tried, address())))

    def leave(self, form: object = None) -> Json:
        """End a session."""

        def close(data: Form) -> Closed:
            self._gate.leave(data["session"])
            return Closed()

        return self._open(form, close)

    def show_results(self, form: object = None) -> Json:
        """All numbers."""
        return self._open(form, lambda _: Figures(results(self._store().all(), self._queue().judgements())))

    def export_data(self, form: object = None) -> Json:
        """Ratings or queue answers as text."""

        def export(data: Form) -> Export:
            what, kind, comments = data.get("what"), data.get("kind"), data.get("comments") is True
            if what not in ("ratings", "queue") or kind not in ("csv", "json"):
                raise RatingError(strings.ERRORS["export"])
            out = io.StringIO()
            ratings = self._store().all() if what == "ratings" else ()
            judgements = self._queue().judgements() if what == "queue" else ()
            found = records(ratings, judgements, comments)
            if kind == "json":
                json.dump(found, out, ensure_ascii=False, allow_nan=False, indent=1)
            else:
                write_csv(found, out)
            mime = "text/csv" if kind == "csv" else "application/json"
            return Export(f"emorl-{what}.{kind}", mime, out.getvalue(), len(found))

        return self._open(form, export)

    def purge_old(self, form: object = None) -> Json:
        """Delete what is older than `days`, if `confirm` is the word that the page asks for."""

        def purge(data: Form) -> Purged:
            if data.get("confirm") != strings.RESULTS["purge_word"]:
                got = repr(str(data.get("confirm") or ""))[:40]
                raise RatingError(strings.ERRORS["purge"].format(got=got))
            days = data.get("days")
            if isinstance(days, bool) or not isinstance(days, int | float):
                raise RatingError(strings.ERRORS["days"].format(got=repr(days)[:40]))
            return Purged(self._store().purge(float(days)).rated)

        return self._open(form, purge)

    def _queue(self) -> RatingQueue:
        return RatingQueue(self._store(), ())

    def _open(self, form: object, act: Callable[[Form], Answer]) -> Json:
        def checked() -> Answer:
            data = as_form(form)
            self._gate.check(data.get("session"))
            return act(data)

        return self._guard(checked)

    def _guard(self, act: Callable[[], Answer]) -> Json:
        try:
            return to_page(act())
        except EmorlError as error:
            return to_page(Error(error.shown))
        except Exception:  # the page gets one line, the log the traceback
            log.exception("the Results screen failed")
            return to_page(Error(strings.ERRORS["unexpected"]))


def results_screen(store: Callable[[], RatingStore], secret: str) -> ResultsScreen:
    """Add the screen's component to the open `gr.Blocks`; `secret` is the password."""
    screen = ResultsScreen(store, Gate(secret))
    widget(
        "results",
        text=strings.RESULTS,
        functions=[screen.enter, screen.leave, screen.show_results, screen.export_data, screen.purge_old],
    )
    return screen
