"""Making studies, adding to them, inviting raters, and how far they have come.

Each change is one event: it is applied, then written down where there is a journal. Left out: writing texts, which the
caller does, and answers, which `shares.StudyQueue` takes.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emorl.errors import RatingError
from emorl.ratings.statistics.agreement import Agreement, judged_agreement
from emorl.ratings.statistics.levels import count_unsure, is_evidence
from emorl.ratings.statistics.ranking import Strength, comparisons, rank
from emorl.ratings.storage.deletion import Deleted
from emorl.ratings.storage.events import (
    RaterInvited,
    RaterRevoked,
    StatementsAdded,
    StudyEvent,
    StudyMade,
    TextsWritten,
)
from emorl.ratings.storage.form import SCALES
from emorl.ratings.storage.item import Item
from emorl.ratings.storage.record import StoredJudgement
from emorl.ratings.storage.schema import (
    Assignment,
    ItemRow,
    Judgement,
    StudyItemRow,
    StudyLineRow,
    StudyRaterRow,
    StudyRow,
)
from emorl.ratings.storage.store import RatingStore
from emorl.ratings.storage.studies import apply, count_lines, line_of, study_of, study_row
from emorl.ratings.storage.study import Study, StudyLine, check_lines, check_study, hash_of

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


@dataclass(frozen=True)
class RaterProgress:
    """How far a rater has come.

    Attributes:
        number: of the rater in the study.
        label: what the maker calls the rater.
        rater: the id that exports have.
        done: items answered or skipped, training items not counted.
        given: items that the rater has been given so far, training items not counted.
        trained: training items answered or skipped.
        last: when the last answer came; None before the first.
        revoked: whether the link is closed.
    """

    number: int
    label: str
    rater: str
    done: int
    given: int
    trained: int
    last: datetime | None
    revoked: bool


@dataclass(frozen=True)
class ScaleAgreement:
    """How far the raters of a study agree on one question.

    Attributes:
        scale: "choice" or a scale of the rubric.
        agreement: in which "not sure" is missing.
        unsure: how often that was the answer.
    """

    scale: str
    agreement: Agreement
    unsure: int


@dataclass(frozen=True)
class Progress:
    """How far a study has come.

    Attributes:
        study: what was decided.
        lines: statements.
        written: statements whose texts are there.
        problems: statements without items, from 0, with the reason.
        items: items that raters can be given.
        same: pairs left out because both methods wrote the same words.
        full: items with as many answers as wanted.
        answers: answers of raters, skips not counted.
        raters: by number.
        agreement: by question; only questions that were answered.
        ranking: of the methods, from choices; empty without any.
        comparisons: choices that the ranking rests on.
    """

    study: Study
    lines: int
    written: int
    problems: tuple[tuple[int, str], ...]
    items: int
    same: int
    full: int
    answers: int
    raters: tuple[RaterProgress, ...]
    agreement: tuple[ScaleAgreement, ...]
    ranking: tuple[Strength, ...]
    comparisons: int


@dataclass(frozen=True)
class StatementTexts:
    """What raters see of a statement.

    Attributes:
        statement: what the client said.
        texts: each text with the method that wrote it, as far as it is in an item; empty where there is no item.
        written: whether its texts have been written.
    """

    statement: str
    texts: tuple[tuple[str, str], ...]
    written: bool


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
        """The statements in their order, each once, with the texts that raters see; nothing of training items.

        Raises:
            RatingError: the study is not there.
        """
        with self.store.transaction() as session:
            row = study_row(session, key)
            lines = session.scalars(
                select(StudyLineRow).where(StudyLineRow.study_id == row.id).order_by(StudyLineRow.place)
            )
            written: dict[str, bool] = {}
            for line in lines:
                statement = line_of(line).statement
                written[statement] = written.get(statement, True) and line.written_at is not None
            own = (StudyItemRow.study_id == row.id, StudyItemRow.training.is_(False))
            contents = session.scalars(select(ItemRow.content).join(StudyItemRow).where(*own).order_by(StudyItemRow.id))
            items = [Item.from_dict(content) for content in contents]
            order = {method.name: place for place, method in enumerate(study_of(row).methods)}
        found: dict[str, set[tuple[str, str]]] = {statement: set() for statement in written}
        for item in items:
            found[item.statement] |= {(side.setting, side.text) for side in item.sides}
        return tuple(
            StatementTexts(statement, tuple(sorted(texts, key=lambda one: (order[one[0]], one[1]))), written[statement])
            for statement, texts in found.items()
        )

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
        """How far a study has come, and how far its raters agree.

        Raises:
            RatingError: the study is not there.
        """
        judged = self.judgements(key)
        chosen = comparisons(judged)
        with self.store.transaction() as session:
            row = study_row(session, key)
            study = study_of(row)
            columns = select(StudyLineRow.place, StudyLineRow.written_at, StudyLineRow.problem)
            lines = session.execute(columns.where(StudyLineRow.study_id == row.id)).all()
            own = (StudyItemRow.study_id == row.id, StudyItemRow.training.is_(False))
            items = session.scalar(select(func.count()).select_from(StudyItemRow).where(*own))
            raters = _raters(session, row.id)
        written = [line for line in lines if line.written_at is not None]
        fit = sum(line.problem is None for line in written)
        answers = Counter(judgement.item.key for judgement in judged if is_evidence(judgement))
        scales = [
            ScaleAgreement(scale, judged_agreement(judged, scale), count_unsure(judged, scale))
            for scale in _questions(study)
        ]
        return Progress(
            study=study,
            lines=len(lines),
            written=len(written),
            problems=tuple(sorted((line.place, line.problem) for line in written if line.problem is not None)),
            items=items or 0,
            same=fit * study.items_per_line - (items or 0),
            full=sum(count >= study.ratings_per_item for count in answers.values()),
            answers=sum(answers.values()),
            raters=raters,
            agreement=tuple(scales),
            ranking=rank(chosen),
            comparisons=len(chosen),
        )

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


def _questions(study: Study) -> tuple[str, ...]:
    return ("choice",) if study.design == "pairs" else SCALES


def _raters(session: Session, study: int) -> tuple[RaterProgress, ...]:
    answered = (
        select(Assignment.rater_id, StudyItemRow.training, func.count(), func.max(Judgement.submitted_at))
        .join(Judgement, Judgement.assignment_id == Assignment.id)
        .join(StudyItemRow, StudyItemRow.item_id == Assignment.item_id)
        .where(Judgement.withdrawn_at.is_(None))
        .group_by(Assignment.rater_id, StudyItemRow.training)
    )
    done: dict[tuple[str, bool], int] = {}
    last: dict[str, datetime] = {}
    for rater, training, count, moment in session.execute(answered):
        done[rater, training] = count
        last[rater] = max(moment, last.get(rater, moment))
    places = (
        select(Assignment.rater_id, func.count())
        .join(StudyItemRow, StudyItemRow.item_id == Assignment.item_id)
        .where(StudyItemRow.training.is_(False))
        .group_by(Assignment.rater_id)
    )
    given = {rater: count for rater, count in session.execute(places)}
    rows = session.scalars(select(StudyRaterRow).where(StudyRaterRow.study_id == study).order_by(StudyRaterRow.number))
    return tuple(
        RaterProgress(
            number=row.number,
            label=row.label,
            rater=row.rater_id,
            done=done.get((row.rater_id, False), 0),
            given=given.get(row.rater_id, 0),
            trained=done.get((row.rater_id, True), 0),
            last=last.get(row.rater_id),
            revoked=row.revoked_at is not None,
        )
        for row in rows
    )
