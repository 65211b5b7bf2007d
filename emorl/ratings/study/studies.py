"""Making studies, adding to them, and inviting raters.

Each change is one event: it is applied, then written down where there is a journal. Left out: writing texts, which the
caller does, answers, which `shares.StudyQueue` takes, and what there is so far (`progress`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emorl.errors import RatingError
from emorl.ratings.storage.deletion import Deleted
from emorl.ratings.storage.events import (
    RaterInvited,
    RaterRevoked,
    StatementsAdded,
    StudyEvent,
    StudyMade,
    TextsWritten,
)
from emorl.ratings.storage.item import Item
from emorl.ratings.storage.record import StoredJudgement
from emorl.ratings.storage.schema import (
    StudyLineRow,
    StudyRaterRow,
    StudyRow,
)
from emorl.ratings.storage.store import RatingStore
from emorl.ratings.storage.studies import apply, count_lines, line_of, study_of, study_row
from emorl.ratings.storage.study import Study, StudyLine, check_lines, check_study, hash_of
from emorl.ratings.study.progress import Progress, StatementTexts, progress_of, texts_of

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
CODE = re.compile(rf"(?:[{LETTERS}]{{5}}-){{3}}[{LETTERS}]{{5}}")
"""A rater's code: 99 random bits."""
RATER = "study-"
"""Begins the id of every rater of a study, which is random as well and opens nothing."""
MAX_STUDIES = 50
MAX_RATERS = 200
"""Of one study."""

_Events = Callable[[Session], Sequence[StudyEvent]]


@dataclass(frozen=True)
class Invitation:
    """A new rater's link, which is known only now.

    Attributes:
        number: of the rater in the study, from 1.
        label: what the maker calls the rater.
        code: what the link ends in.
    """

    number: int
    label: str
    code: str


class Studies:
    """All studies in one store; methods may be called from any thread."""

    def __init__(self, store: RatingStore) -> None:
        """Use a store."""
        self.store = store

    def make(self, study: Study, lines: Sequence[StudyLine]) -> None:
        """Store a new study and its first statements, both or neither.

        Raises:
            RatingError: one of them is not valid, or there are too many studies.
        """
        check_study(study)
        check_lines(study, tuple(lines))

        def events(session: Session) -> Sequence[StudyEvent]:
            there = session.scalar(select(func.count()).select_from(StudyRow)) or 0
            if there >= MAX_STUDIES:
                raise RatingError.of(f"{there} studies", f"at most {MAX_STUDIES}", "delete one first")
            return [StudyMade(study), StatementsAdded(study.key, 0, tuple(lines))]

        self._change(events)

    def add_lines(self, key: str, lines: Sequence[StudyLine]) -> None:
        """Add statements to a study.

        Raises:
            RatingError: the study is not there, or the statements do not fit it.
        """

        def events(session: Session) -> Sequence[StudyEvent]:
            row = study_row(session, key)
            first = count_lines(session, row.id)
            check_lines(study_of(row), tuple(lines), first)
            return [StatementsAdded(key, first, tuple(lines))]

        self._change(events)

    def all(self) -> tuple[Study, ...]:
        """Every study, the newest first."""
        with self.store.transaction() as session:
            return tuple(study_of(row) for row in session.scalars(select(StudyRow).order_by(StudyRow.id.desc())))

    def find(self, key: str) -> Study:
        """The study with a key.

        Raises:
            RatingError: there is none.
        """
        with self.store.transaction() as session:
            return study_of(study_row(session, key))

    def next_line(self, key: str) -> tuple[int, StudyLine] | None:
        """The first statement without texts, with its place; None where all have them.

        Raises:
            RatingError: the study is not there.
        """
        with self.store.transaction() as session:
            study = study_row(session, key).id
            waiting = select(StudyLineRow).where(StudyLineRow.study_id == study, StudyLineRow.written_at.is_(None))
            row = session.scalar(waiting.order_by(StudyLineRow.place).limit(1))
            return None if row is None else (row.place, line_of(row))

    def texts(self, key: str) -> tuple[StatementTexts, ...]:
        """The statements with the texts that raters see; see `progress.texts_of`.

        Raises:
            RatingError: the study is not there.
        """
        return texts_of(self.store, key)

    def store_texts(self, key: str, place: int, items: Sequence[Item], problem: str | None = None) -> None:
        """Store the items of a statement, or why there are none; once it is done, doing it again changes nothing.

        Raises:
            RatingError: the study or the statement is not there, or an item is not valid.
        """
        self._change(lambda _: [TextsWritten(key, place, tuple(items), problem)])

    def invite(self, key: str, labels: Sequence[str]) -> tuple[Invitation, ...]:
        """Make a code for each of some new raters; an empty label becomes "Rater" with the number.

        Raises:
            RatingError: the study is not there, a label is too long, or there are too many raters.
        """
        made: list[Invitation] = []

        def events(session: Session) -> Sequence[StudyEvent]:
            made.clear()
            study = study_row(session, key).id
            last = session.scalar(select(func.max(StudyRaterRow.number)).where(StudyRaterRow.study_id == study))
            first = (last or 0) + 1
            if not labels or first + len(labels) - 1 > MAX_RATERS:
                raise RatingError.at(
                    "study raters", str(first + len(labels) - 1), f"1 to {MAX_RATERS}", "invite fewer at a time"
                )
            for number, label in enumerate(labels, start=first):
                made.append(Invitation(number, label.strip() or f"Rater {number}", new_code()))
            return [
                RaterInvited(key, RATER + secrets.token_hex(16), one.number, one.label, hash_of(one.code))
                for one in made
            ]

        self._change(events)
        return tuple(made)

    def revoke(self, key: str, number: int) -> None:
        """Close a rater's link; the answers stay. Doing it again changes nothing.

        Raises:
            RatingError: the study has no such rater.
        """

        def events(session: Session) -> Sequence[StudyEvent]:
            study = study_row(session, key).id
            where = (StudyRaterRow.study_id == study, StudyRaterRow.number == number)
            rater = session.scalar(select(StudyRaterRow.rater_id).where(*where))
            if rater is None:
                raise RatingError.of(f"rater {number} of a study", "one who was invited", "reload the page")
            return [RaterRevoked(rater)]

        self._change(events)

    def enter(self, code: object) -> tuple[Study, str]:
        """The study and the rater's id that belong to a code.

        Raises:
            RatingError: nobody has the code, or the link was closed.
        """
        known = code if isinstance(code, str) and CODE.fullmatch(code) else ""
        with self.store.transaction() as session:
            row = session.scalar(select(StudyRaterRow).where(StudyRaterRow.code_sha256 == hash_of(known)))
            if row is None or row.revoked_at is not None:
                raise RatingError.of(
                    "a link that opens no study" if row is None else "a link that was closed",
                    "the whole link that you were sent",
                    "ask whoever sent it for a new one",
                )
            return study_of(row.study), row.rater_id

    def progress(self, key: str) -> Progress:
        """How far a study has come; see `progress.progress_of`.

        Raises:
            RatingError: the study is not there.
        """
        return progress_of(self.store, key, self.judgements(key))

    def judgements(self, key: str) -> tuple[StoredJudgement, ...]:
        """The answers of a study's raters in the order of submission, without those taken back.

        Raises:
            RatingError: the study is not there.
        """
        with self.store.transaction() as session:
            study = study_row(session, key).id
            raters = set(session.scalars(select(StudyRaterRow.rater_id).where(StudyRaterRow.study_id == study)))
        return tuple(judgement for judgement in self.store.judgements() if judgement.rater in raters)

    def delete(self, key: str) -> Deleted:
        """Delete a study with its statements, items, answers and raters; returns what went.

        Raises:
            RatingError: the study is not there, or see `RatingStore.forget`.
        """
        self.find(key)
        return self.store.delete_study(key)

    def _change(self, events: _Events) -> None:
        """Decide on some events and apply them in one transaction, then write them down."""

        def change() -> None:
            with self.store.in_order:
                with self.store.transaction() as session:
                    decided = events(session)
                    for event in decided:
                        apply(session, event, datetime.now(UTC))
                        session.flush()
                for event in decided:
                    self.store.record_event(event)

        self.store.settled("a study that could not be changed", change)  # another window may be adding too


def new_code() -> str:
    """A rater's code, easy to read out and to type."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))
