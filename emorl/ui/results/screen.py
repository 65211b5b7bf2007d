"""The Results screen, for whoever runs the app: there only where EMORL_RESULTS_PASSWORD is set.

Gradio's private functions can be called by anyone who knows the address, so every function here asks for a
session of its own: a random token that a right password gives and that ends after an hour. Passwords are
compared in constant time; after `TRIES` wrong ones nobody is let in for a pause that doubles. Exports go to the
page as text, not as files that a link would open to anyone.

Left out: accounts. One password opens everything.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from emorl.errors import EmorlError, RatingError
from emorl.ratings import RatingQueue
from emorl.ratings.export.tables import records, write_csv
from emorl.ratings.statistics.results import results
from emorl.settings import settings
from emorl.ui.results import strings
from emorl.ui.results.gate import Gate
from emorl.ui.widgets import widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore

log = logging.getLogger(__name__)


def password() -> str:
    """The password of the Results screen; empty where there is no such screen."""
    return settings().results_password.get_secret_value()


class ResultsScreen:
    """The screen's server side. Every function but `enter` asks for a session first."""

    def __init__(self, store: Callable[[], RatingStore], door: Gate) -> None:
        self._store = store
        self._door = door

    def enter(self, tried: object = None) -> dict[str, Any]:
        """Open a session: `{"session": token}`."""
        return self._guard(lambda: {"session": self._door.enter(tried)})

    def leave(self, form: object = None) -> dict[str, Any]:
        """End a session."""

        def close(data: Mapping[str, Any]) -> dict[str, Any]:
            self._door.leave(data["session"])
            return {}

        return self._open(form, close)

    def show_results(self, form: object = None) -> dict[str, Any]:
        """All numbers; see `emorl.ratings.statistics.results`."""
        return self._open(form, lambda _: {"results": results(self._store().all(), self._queue().judgements())})

    def export_data(self, form: object = None) -> dict[str, Any]:
        """Ratings or queue answers as text: `{"name", "type", "text", "rows"}`."""

        def export(data: Mapping[str, Any]) -> dict[str, Any]:
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
            return {"name": f"emorl-{what}.{kind}", "type": mime, "text": out.getvalue(), "rows": len(found)}

        return self._open(form, export)

    def purge_old(self, form: object = None) -> dict[str, Any]:
        """Delete what is older than `days`, if `confirm` is the word that the page asks for."""

        def purge(data: Mapping[str, Any]) -> dict[str, Any]:
            if data.get("confirm") != strings.RESULTS["purge_word"]:
                got = repr(str(data.get("confirm") or ""))[:40]
                raise RatingError(strings.ERRORS["purge"].format(got=got))
            days = data.get("days")
            if isinstance(days, bool) or not isinstance(days, int | float):
                raise RatingError(strings.ERRORS["days"].format(got=repr(days)[:40]))
            return {"purged": self._store().purge(float(days)).rated}

        return self._open(form, purge)

    def _queue(self) -> RatingQueue:
        return RatingQueue(self._store(), ())

    def _open(self, form: object, act: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        def checked() -> dict[str, Any]:
            data = _mapping(form)
            self._door.check(data.get("session"))
            return act(data)

        return self._guard(checked)

    def _guard(self, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return act()
        except EmorlError as error:
            return {"error": str(error)}
        except Exception:  # the page gets one line, the log the traceback
            log.exception("the Results screen failed")
            return {"error": strings.ERRORS["unexpected"]}


def results_screen(store: Callable[[], RatingStore], secret: str) -> ResultsScreen:
    """Add the screen's component to the open `gr.Blocks`; `secret` is the password."""
    screen = ResultsScreen(store, Gate(secret))
    widget(
        "results",
        text=strings.RESULTS,
        functions=[screen.enter, screen.leave, screen.show_results, screen.export_data, screen.purge_old],
    )
    return screen


def _mapping(form: object) -> Mapping[str, Any]:
    return form if isinstance(form, Mapping) else {}
