"""The Results screen, for whoever runs the app; it exists only if EMORL_RESULTS_PASSWORD is set, or people sign in.

Every function asks for a session (`emorl.ui.admin`). Exports go to the page as text, not as files that a link would
open to anyone. Left out: rating studies, which have a screen of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from emorl.errors import RatingError
from emorl.ratings import RatingQueue
from emorl.ratings.export.study import answers_csv
from emorl.ratings.export.tables import records
from emorl.ratings.statistics.results import results
from emorl.ui.admin.gate import Gate
from emorl.ui.admin.payload import Export
from emorl.ui.admin.screen import AdminScreen, Form, admin_widget
from emorl.ui.payload import Json
from emorl.ui.results import strings
from emorl.ui.results.payload import Figures, Purged

if TYPE_CHECKING:
    from emorl.ratings import RatingStore


class ResultsScreen(AdminScreen):
    """The screen's server side. Every function but `enter` asks for a session first."""

    FUNCTIONS = ("leave", "show_results", "export_data", "purge_old")

    def __init__(self, store: Callable[[], RatingStore], gate: Gate) -> None:
        super().__init__(gate)
        self._store = store

    def show_results(self, form: object = None) -> Json:
        """All numbers."""
        return self._open(form, lambda _: Figures(results(self._store().all(), self._queue().judgements())))

    def export_data(self, form: object = None) -> Json:
        """Ratings or queue answers as text."""

        def export(data: Form) -> Export:
            what, kind, comments = data.get("what"), data.get("kind"), data.get("comments") is True
            if what not in ("ratings", "queue") or kind not in ("csv", "json"):
                raise RatingError(strings.ERRORS["export"])
            ratings = self._store().all() if what == "ratings" else ()
            judgements = self._queue().judgements() if what == "queue" else ()
            found = records(ratings, judgements, comments)
            if kind == "json":
                content = json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1)
            else:
                content = answers_csv(found)
            mime = "text/csv" if kind == "csv" else "application/json"
            return Export(f"emorl-{what}.{kind}", mime, content, len(found))

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


def results_screen(store: Callable[[], RatingStore], gate: Gate) -> ResultsScreen:
    """Add the screen's component to the open `gr.Blocks`."""
    screen = ResultsScreen(store, gate)
    admin_widget("results", screen, strings.RESULTS)
    return screen
