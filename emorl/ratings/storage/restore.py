"""Plays journals back into a store: after a restart on a host whose disk was wiped, everything is there again.

Lines of all files are taken in the order in which they were written (see `journal`). A line that was played before
changes nothing, so a store that still has its data is safe too. A line that this version cannot read or store is
counted and left out.

Left out: drafts, which are not in the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from emorl.errors import RatingError
from emorl.ratings.storage.columns import to_columns
from emorl.ratings.storage.deletion import delete_study, forget_rater, purge_old
from emorl.ratings.storage.events import (
    ConsentGiven,
    Deletion,
    Event,
    ItemSent,
    JudgementWithdrawn,
    OldDeleted,
    QueueLaidOut,
    RaterForgotten,
    SettingsRevealed,
    StudyDeleted,
    StudyEvent,
    read_event,
)
from emorl.ratings.storage.form import QUEUE_VERSION, Answer, check_answer
from emorl.ratings.storage.item import Item, check_item, row_key
from emorl.ratings.storage.journal import read_lines
from emorl.ratings.storage.record import NewRating, StoredJudgement, read_token
from emorl.ratings.storage.rows import item_row, rater_row
from emorl.ratings.storage.schema import Assignment, ItemRow, Judgement
from emorl.ratings.storage.store import RatingStore
from emorl.ratings.storage.studies import apply

log = logging.getLogger(__name__)


def restore(store: RatingStore, files: Iterable[Path], shared: Iterable[Item] = ()) -> tuple[int, int]:
    """Play journals into a store, without writing them down again.

    Args:
        store: any store, usually an empty one.
        files: the journals, in any order.
        shared: the shared items, to which a laid-out queue refers by key.

    Returns:
        Number of lines played, and of lines left out because this version cannot read or store them.
    """
    known = {row_key(item, None): item for item in shared}
    journal, store.journal = store.journal, None
    played = failed = 0
    deleted = False
    try:
        for line in read_lines(files):
            try:
                at, event = read_event(line)
                _play(store, event, known, at)
                deleted |= isinstance(event, Deletion)
                played += 1
            except (RatingError, SQLAlchemyError, TypeError, ValueError) as fault:
                failed += 1
                log.warning("a journal line was left out: %s", type(fault).__name__)
        if deleted:
            store.overwrite_deleted()
    finally:
        store.journal = journal
    return played, failed


def _play(store: RatingStore, event: Event, shared: Mapping[str, Item], at: datetime) -> None:
    match event:
        case NewRating():
            store.add(event)
        case _:
            with store.transaction() as session:
                _play_queue(session, event, shared, at)


def _play_queue(session: Session, event: Event, shared: Mapping[str, Item], at: datetime) -> None:
    match event:
        case RaterForgotten():
            forget_rater(session, event.rater)
        case OldDeleted():
            purge_old(session, event.before)
        case StudyDeleted():
            delete_study(session, event.study)
        case ConsentGiven():
            rater = rater_row(session, event.rater, at)
            rater.consent_version, rater.consent_at = event.version, rater.consent_at or at
        case ItemSent():
            check_item(event.item)
            item_row(session, event.item, event.rater, at)
        case QueueLaidOut():
            _lay_out(session, event, shared, at)
        case StoredJudgement():
            _judge(session, event, at)
        case JudgementWithdrawn():
            row = _judgement(session, event.token)
            row.withdrawn_at = row.withdrawn_at or at
        case SettingsRevealed():
            row = _judgement(session, event.token)
            row.revealed_at = row.revealed_at or at
        case _ if isinstance(event, StudyEvent):
            apply(session, event, at)


def _judgement(session: Session, token: str) -> Judgement:
    return session.scalars(select(Judgement).where(Judgement.client_token == token)).one()


def _lay_out(session: Session, event: QueueLaidOut, shared: Mapping[str, Item], at: datetime) -> None:
    rater_row(session, event.rater, at)
    for place in event.places:
        row = session.scalar(select(ItemRow).where(ItemRow.key == place.key))
        if row is None and place.key in shared:
            row = item_row(session, shared[place.key], None, at)
        taken = select(Assignment.id).where(Assignment.mark == place.mark)
        if row is None or session.scalar(taken) is not None:
            continue  # an item that is no longer there, or a place that is there already
        session.add(
            Assignment(
                mark=place.mark,
                rater_id=event.rater,
                item_id=row.id,
                place=place.place,
                repeated=place.repeated,
                flipped=place.flipped,
            )
        )


def _judge(session: Session, event: StoredJudgement, at: datetime) -> None:
    if session.scalar(select(Judgement.id).where(Judgement.client_token == event.token)) is not None:
        return
    mark, revision = read_token(event.token)
    check_item(event.item)
    check_answer(event.answer, event.item.is_pair)
    assignment = session.scalar(select(Assignment).where(Assignment.mark == mark))
    if assignment is None:  # the line of its place is lost, or the item is no longer among the shared ones
        owner = None if event.item.source == "data" else event.rater
        rater_row(session, event.rater, at)
        assignment = Assignment(
            mark=mark,
            rater_id=event.rater,
            item_id=item_row(session, event.item, owner, at).id,
            place=event.place,
            repeated=event.repeat,
            flipped=event.flipped,
        )
        session.add(assignment)
    assignment.shown_at = max(assignment.shown_at or event.shown_at, event.shown_at)  # later after an undo
    session.add(
        Judgement(
            assignment=assignment,
            schema_version=QUEUE_VERSION,
            revision=revision,
            blind=event.blind,
            shown_at=event.shown_at,
            submitted_at=max(event.submitted_at, event.shown_at),  # an earlier version did not mind a clock set back
            client_token=event.token,
            **to_columns(event.answer, Answer),
        )
    )
