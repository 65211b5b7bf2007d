"""The Study screen, for whoever runs the app: making studies, writing their texts, inviting raters, following them.

The page asks for the texts of one statement after the other, so nothing writes when nobody looks, and others' requests
come in between. Whatever a study has lies in the database; the screen keeps nothing. Left out: rating itself, which
raters do on the Rate screen.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING

from emorl.errors import EmorlError, RatingError, ReplyError, StatementError
from emorl.ratings import Item
from emorl.ratings.export.codebook import ANSWERS
from emorl.ratings.export.sheets import to_parquet, to_xlsx
from emorl.ratings.export.study import answers_csv, codebook_csv, preferences
from emorl.ratings.export.tables import Row, records, write_jsonl
from emorl.ratings.storage.study import MAX_GUIDELINES, MAX_METHODS, MAX_NAME, MAX_QUOTA
from emorl.ratings.study import training
from emorl.ratings.study.imports import ImportFault
from emorl.ratings.study.lines import MAX_BYTES
from emorl.ratings.study.studies import Studies
from emorl.reflecting.contract import MAX_CANDIDATES
from emorl.ui.admin.gate import Gate
from emorl.ui.admin.payload import Export
from emorl.ui.admin.screen import AdminScreen, Form, admin_widget
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import Json
from emorl.ui.study import strings
from emorl.ui.study.form import read_import, read_study
from emorl.ui.study.payload import Faulty, Gone, Invited, Named, StudyList, StudyView, study_texts, study_view
from emorl.ui.study.writing import write_items
from emorl.ui.writing.mixer import model_settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from emorl.ratings import RatingStore


MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


class StudyScreen(AdminScreen):
    """The screen's server side. Every function but `enter` asks for a session first."""

    FUNCTIONS = (
        "leave",
        "list_studies",
        "make_study",
        "show_study",
        "show_texts",
        "add_statements",
        "write_next",
        "invite_raters",
        "revoke_rater",
        "delete_study",
        "export_study",
    )

    def __init__(self, loader: ModelLoader, store: Callable[[], RatingStore], gate: Gate) -> None:
        super().__init__(gate)
        self._loader = loader
        self._store = store

    def list_studies(self, form: object = None) -> Json:
        """All studies, and what the form for a new one needs."""
        return self._open(form, lambda _: self._list())

    def make_study(self, form: object = None) -> Json:
        """Make a study from a form; nothing is stored where anything in it is wrong."""

        def make(data: Form) -> StudyView:
            study, lines = read_study(data, self._loader.reflector())
            self._studies().make(study, lines)
            return self._view(study.key)

        return self._open(form, make)

    def show_study(self, form: object = None) -> Json:
        """How far a study has come."""
        return self._open(form, lambda data: self._view(_key(data)))

    def show_texts(self, form: object = None) -> Json:
        """The statements of a study with the texts that raters see."""
        return self._open(form, lambda data: study_texts(self._studies().texts(_key(data))))

    def add_statements(self, form: object = None) -> Json:
        """Add the statements of an import to a study; none where anything is wrong."""

        def add(data: Form) -> StudyView:
            key = _key(data)
            names = self._studies().find(key).written_by_people
            self._studies().add_lines(key, read_import(data, names))
            return self._view(key)

        return self._open(form, add)

    def write_next(self, form: object = None) -> Json:
        """Write the texts of the next statement that has none."""

        def write(data: Form) -> StudyView:
            key, studies = _key(data), self._studies()
            study, waiting = studies.find(key), studies.next_line(key)
            if waiting is not None:
                place, line = waiting
                reflector = self._loader.reflector()
                if reflector is None and len(study.written_by_people) < len(study.methods):
                    raise RatingError(strings.ERRORS["models"])
                items: tuple[Item, ...] = ()
                problem = None
                try:
                    items = write_items(study, place, line, reflector)
                except (ReplyError, StatementError) as error:  # it would be the same the next time
                    problem = error.shown
                studies.store_texts(key, place, items, problem)
            return self._view(key)

        return self._open(form, write)

    def invite_raters(self, form: object = None) -> Json:
        """Make a code for each label."""

        def invite(data: Form) -> Invited:
            labels = data.get("labels")
            if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
                raise RatingError(strings.ERRORS["form"])
            return Invited(self._studies().invite(_key(data), labels))

        return self._open(form, invite)

    def revoke_rater(self, form: object = None) -> Json:
        """Close the link of a rater."""

        def revoke(data: Form) -> StudyView:
            number = data.get("number")
            if type(number) is not int:
                raise RatingError(strings.ERRORS["form"])
            self._studies().revoke(_key(data), number)
            return self._view(_key(data))

        return self._open(form, revoke)

    def delete_study(self, form: object = None) -> Json:
        """Delete a study, if `confirm` is the word that the page asks for."""

        def delete(data: Form) -> Gone:
            if data.get("confirm") != strings.STUDY["delete_word"]:
                got = repr(str(data.get("confirm") or ""))[:40]
                raise RatingError(strings.ERRORS["delete"].format(got=got))
            return Gone(self._studies().delete(_key(data)).answers)

        return self._open(form, delete)

    def export_study(self, form: object = None) -> Json:
        """The answers of a study, what their columns mean, or its choices as training data, as text."""

        def export(data: Form) -> Export:
            key, what = _key(data), data.get("what")
            judged = self._studies().judgements(key)
            rows = records((), judged, data.get("comments") is True, data.get("training") is True)
            if what == "answers":
                return Export("study-answers.csv", "text/csv", answers_csv(rows), len(rows))
            if what in ("answers_xlsx", "answers_parquet"):
                return _sheet(rows, "xlsx" if what == "answers_xlsx" else "parquet")
            if what == "codebook":
                return Export("study-codebook.csv", "text/csv", codebook_csv(), len(ANSWERS))
            if what != "preferences":
                raise RatingError(strings.ERRORS["export"])
            out, found = io.StringIO(), preferences(judged)
            write_jsonl(found, out)
            return Export("study-preferences.jsonl", "application/x-ndjson", out.getvalue(), len(found))

        return self._open(form, export)

    def _studies(self) -> Studies:
        return Studies(self._store())

    def _list(self) -> StudyList:
        found = tuple(Named(one.key, one.name, one.design) for one in self._studies().all())
        return StudyList(found, model_settings(self._loader))

    def _view(self, key: str) -> StudyView:
        return study_view(self._studies().progress(key))

    def _refused(self, error: EmorlError) -> DataclassInstance:
        if isinstance(error, ImportFault):
            return Faulty(error.shown, error.faults)
        return super()._refused(error)


def _sheet(rows: list[Row], ending: str) -> Export:
    """The answers as XLSX or Parquet.

    Raises:
        RatingError: the library for it is not installed.
    """
    content = to_xlsx(rows, ANSWERS) if ending == "xlsx" else to_parquet(rows, ANSWERS)
    return Export(f"study-answers.{ending}", MIME[ending], b64encode(content).decode("ascii"), len(rows), base64=True)


def _key(data: Form) -> str:
    """The study that a form means.

    Raises:
        RatingError: it means none.
    """
    key = data.get("study")
    if not isinstance(key, str):
        raise RatingError(strings.ERRORS["form"])
    return key


def study_screen(loader: ModelLoader, store: Callable[[], RatingStore], gate: Gate) -> StudyScreen:
    """Add the screen's component to the open `gr.Blocks`.

    Args:
        loader: the models.
        store: opens the ratings' database.
        gate: shared with the Results screen.
    """
    screen = StudyScreen(loader, store, gate)
    admin_widget(
        "study",
        screen,
        strings.STUDY,
        max_bytes=MAX_BYTES,
        max_training=training.MAX_BYTES,
        max_name=MAX_NAME,
        max_methods=MAX_METHODS,
        max_best_of=MAX_CANDIDATES,
        max_quota=MAX_QUOTA,
        max_guidelines=MAX_GUIDELINES,
    )
    return screen
