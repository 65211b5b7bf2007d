"""The rows of a study: what each of its events changes, when it happens and when a journal is played.

An event that was applied before changes nothing. Left out: deletion, which is in `deletion`, and what is decided
before an event is made (`emorl.ratings.study`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emorl.errors import RatingError
from emorl.ratings.storage.events import (
    RaterInvited,
    RaterRevoked,
    StatementsAdded,
    StudyEvent,
    StudyMade,
    TextsWritten,
)
from emorl.ratings.storage.fields import from_json, to_json
from emorl.ratings.storage.item import Item, check_item, row_key
from emorl.ratings.storage.kinds import FreeText, Identifier, Sha256
from emorl.ratings.storage.rows import rater_row
from emorl.ratings.storage.schema import ItemRow, StudyItemRow, StudyLineRow, StudyRaterRow, StudyRow
from emorl.ratings.storage.study import MAX_LABEL, Study, StudyLine, check_lines, check_study


def study_row(session: Session, key: str) -> StudyRow:
    """The row of a study.

    Raises:
        RatingError: there is none.
    """
    row = session.scalar(select(StudyRow).where(StudyRow.key == key))
    if row is None:
        raise RatingError.of("a study that is not there", "one that was made and not deleted", "reload the page")
    return row


def study_of(row: StudyRow) -> Study:
    """The study in a row."""
    return Study.from_dict(row.content)


def line_of(row: StudyLineRow) -> StudyLine:
    """The statement in a row."""
    return from_json(StudyLine, row.content)


def count_lines(session: Session, study: int) -> int:
    """How many statements a study has."""
    return session.scalar(select(func.count()).select_from(StudyLineRow).where(StudyLineRow.study_id == study)) or 0


def apply(session: Session, event: StudyEvent, at: datetime) -> None:
    """Make a change.

    Args:
        session: the transaction.
        event: what happens.
        at: when it happened first.

    Raises:
        RatingError: the event is not valid, or its study or rater is not there.
    """
    match event:
        case StudyMade():
            check_study(event.study)
            if session.scalar(select(StudyRow.id).where(StudyRow.key == event.study.key)) is None:
                _make(session, event.study, at)
        case StatementsAdded():
            _add_statements(session, event)
        case TextsWritten():
            _add_texts(session, event, at)
        case RaterInvited():
            _add_rater(session, event, at)
        case RaterRevoked():
            row = session.scalar(select(StudyRaterRow).where(StudyRaterRow.rater_id == event.rater))
            if row is None:
                raise RatingError.of("a rater who is not in a study", "one who is", "reload the page")
            row.revoked_at = row.revoked_at or at


def _make(session: Session, study: Study, at: datetime) -> None:
    row = StudyRow(key=study.key, content=study.as_dict(), created_at=at)
    session.add(row)
    session.flush()
    for one in study.training:
        _add_item(session, study.key, row.id, one.item, at)


def _add_item(session: Session, study: str, number: int, item: Item, at: datetime) -> None:
    """Store an item of the study that has this key and row."""
    row = ItemRow(key=item_key(study, item), owner_id=None, content=item.as_dict(), created_at=at)
    session.add(StudyItemRow(study_id=number, item=row, training=item.is_training))
    session.flush()  # so that rows are numbered in the order of the items


def _add_statements(session: Session, event: StatementsAdded) -> None:
    row = study_row(session, event.study)
    there = count_lines(session, row.id)
    if event.first < there:
        return  # this line was played before
    check_lines(study_of(row), event.lines, there)
    for place, line in enumerate(event.lines, start=event.first):
        session.add(StudyLineRow(study_id=row.id, place=place, content=to_json(line)))


def _add_texts(session: Session, event: TextsWritten, at: datetime) -> None:
    study = study_row(session, event.study)
    # Before the line, as a deletion does, which must find what is added here
    session.execute(select(StudyRow.id).where(StudyRow.id == study.id).with_for_update(read=True, key_share=True))
    where = (StudyLineRow.study_id == study.id, StudyLineRow.place == event.place)
    line = session.scalar(select(StudyLineRow).where(*where).with_for_update())
    if line is None:
        raise RatingError.of(f"statement {event.place + 1} of a study", "one that was added to it", "reload the page")
    if line.written_at is not None:
        return
    line.written_at, line.problem = at, event.problem
    for item in event.items:
        check_item(item)
        _add_item(session, event.study, study.id, item, at)


def item_key(study: str, item: Item) -> str:
    """Key of an item's row: the same content in two studies, or among the shared items, makes two rows."""
    return row_key(item, f"study:{study}")


def _add_rater(session: Session, event: RaterInvited, at: datetime) -> None:
    Identifier().check("rater", event.rater)
    Sha256().check("code_sha256", event.code_sha256)
    FreeText(MAX_LABEL, may_be_blank=False).check("label", event.label)
    study = study_row(session, event.study)
    if session.scalar(select(StudyRaterRow.id).where(StudyRaterRow.rater_id == event.rater)) is not None:
        return
    rater_row(session, event.rater, at)
    session.add(
        StudyRaterRow(
            study_id=study.id,
            rater_id=event.rater,
            number=event.number,
            label=event.label,
            code_sha256=event.code_sha256,
            created_at=at,
        )
    )
