"""Deleting a rater, or all that is old, from every table at once.

What is no longer needed goes with it: reflections that nobody rates any more, statements that nobody agrees to any
more, items that a rater had sent, drafts. The shared items stay; they are the same for everybody. A study goes when it
is old and has no answer left, with its statements, items and raters.

On PostgreSQL whoever changes rows locks them in one order, so that no two wait for each other: studies, raters, places,
answers and ratings, reflections. SQLite lets only one at a time write.

Left out: the journal, which `store` writes to, and dates of drafts: a draft is as old as its item's showing.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, delete, func, or_, select, true, update
from sqlalchemy.orm import Session

from emorl.ratings.storage.schema import (
    Assignment,
    Generation,
    ItemRow,
    Judgement,
    Rater,
    Rating,
    StudyItemRow,
    StudyRaterRow,
    StudyRow,
)

STATEMENT = Generation.__table__.c.statement
SUBMITTED_AT, EDITED = Rating.__table__.c.submitted_at, Rating.__table__.c.edited


@dataclass(frozen=True)
class Deleted:
    """How many rows a deletion took away.

    Attributes:
        ratings: ratings of the Reflect screen, revisions counted.
        answers: answers of the queue, revisions and withdrawn ones counted.
        drafts: half-filled forms of the queue.
        items: items that raters had sent to their own queues.
        raters: raters of whom nothing is left.
        studies: studies, with their statements and items.
    """

    ratings: int = 0
    answers: int = 0
    drafts: int = 0
    items: int = 0
    raters: int = 0
    studies: int = 0

    def __bool__(self) -> bool:
        """Whether anything was deleted."""
        return any(astuple(self))

    @property
    def rated(self) -> int:
        """Ratings and answers."""
        return self.ratings + self.answers

    def __str__(self) -> str:
        return (
            f"{self.ratings} ratings, {self.answers} queue answers (revisions counted), {self.drafts} drafts, "
            f"{self.items} sent items and {self.raters} raters" + (f", {self.studies} studies" if self.studies else "")
        )


def forget_rater(session: Session, rater: str) -> Deleted:
    """Delete a rater, all they rated and all they sent."""
    _lock_raters(session, Rater.id == rater)
    _lock_places(session, Assignment.rater_id == rater)
    mine = select(Assignment.id).where(Assignment.rater_id == rater)
    found = Deleted(
        answers=_delete(session, delete(Judgement).where(Judgement.assignment_id.in_(mine))),
        ratings=_delete(session, delete(Rating).where(Rating.rater_id == rater)),
        drafts=_drafts(session, Assignment.rater_id == rater),
        items=session.scalar(select(func.count()).select_from(ItemRow).where(ItemRow.owner_id == rater)) or 0,
        raters=session.scalar(select(func.count()).select_from(Rater).where(Rater.id == rater)) or 0,
    )
    session.execute(delete(Assignment).where(Assignment.rater_id == rater))
    session.execute(delete(ItemRow).where(ItemRow.owner_id == rater))
    session.execute(delete(Rater).where(Rater.id == rater))
    _drop_orphans(session)
    return found


def purge_old(session: Session, oldest: datetime) -> Deleted:
    """Delete what was submitted, sent or first shown before a moment (aware), and what is no longer needed then."""
    session.execute(select(StudyRow.id).where(StudyRow.created_at < oldest).order_by(StudyRow.id).with_for_update())
    _lock_raters(session, true())
    old_answers = select(Judgement.assignment_id).where(Judgement.submitted_at < oldest)
    old_items = select(ItemRow.id).where(ItemRow.owner_id.is_not(None), ItemRow.created_at < oldest)
    _lock_places(
        session,
        or_(Assignment.shown_at < oldest, Assignment.id.in_(old_answers), Assignment.item_id.in_(old_items)),
    )
    emptied = session.scalars(old_answers).all()
    answers = _delete(session, delete(Judgement).where(Judgement.submitted_at < oldest))
    ratings = _delete(session, delete(Rating).where(SUBMITTED_AT < oldest))
    drafts = _drafts(session, Assignment.shown_at < oldest)
    answered = select(Judgement.assignment_id)
    session.execute(delete(Assignment).where(Assignment.id.in_(emptied), Assignment.id.not_in(answered)))
    judged = select(Assignment.item_id).join(Judgement, Judgement.assignment_id == Assignment.id)
    sent = (ItemRow.owner_id.is_not(None), ItemRow.created_at < oldest, ItemRow.id.not_in(judged))
    session.execute(delete(Assignment).where(Assignment.item_id.in_(select(ItemRow.id).where(*sent))))
    items = _delete(session, delete(ItemRow).where(*sent))
    answered_studies = select(StudyItemRow.study_id).where(StudyItemRow.item_id.in_(judged))
    old = select(StudyRow.key).where(StudyRow.created_at < oldest, StudyRow.id.not_in(answered_studies))
    gone = [delete_study(session, key) for key in session.scalars(old).all()]
    raters = _delete(
        session,
        delete(Rater).where(
            Rater.id.not_in(select(Rating.rater_id)),
            Rater.id.not_in(select(StudyRaterRow.rater_id)),
            Rater.id.not_in(select(Assignment.rater_id)),
            Rater.id.not_in(select(ItemRow.owner_id).where(ItemRow.owner_id.is_not(None))),
        ),
    )
    _drop_orphans(session)
    drafts += sum(one.drafts for one in gone)
    raters += sum(one.raters for one in gone)
    return Deleted(ratings, answers, drafts, items, raters, studies=len(gone))


def delete_study(session: Session, key: str) -> Deleted:
    """Delete a study with its statements, items, answers and raters; nothing where there is none."""
    study = session.scalar(select(StudyRow.id).where(StudyRow.key == key).with_for_update())
    if study is None:
        return Deleted()
    items = session.scalars(select(StudyItemRow.item_id).where(StudyItemRow.study_id == study)).all()
    raters = session.scalars(select(StudyRaterRow.rater_id).where(StudyRaterRow.study_id == study)).all()
    _lock_raters(session, Rater.id.in_(raters))
    _lock_places(session, Assignment.item_id.in_(items))
    places = select(Assignment.id).where(Assignment.item_id.in_(items))
    found = Deleted(
        answers=_delete(session, delete(Judgement).where(Judgement.assignment_id.in_(places))),
        drafts=_drafts(session, Assignment.item_id.in_(items)),
        raters=len(raters),
        studies=1,
    )
    session.execute(delete(Assignment).where(Assignment.item_id.in_(items)))
    session.execute(delete(StudyRow).where(StudyRow.id == study))  # its lines, links and raters go with it
    session.execute(delete(ItemRow).where(ItemRow.id.in_(items)))
    session.execute(delete(Rater).where(Rater.id.in_(raters)))
    return found


def drop_text_without_consent(session: Session, generation: int) -> None:
    """Delete from a reflection what was typed and is no longer agreed to.

    A statement stays only while the newest revision of at least one rater agrees to it; a rater's own version of the
    reflection, in all revisions, only while that rater's newest one does.

    Args:
        session: the transaction.
        generation: number of the reflection.
    """
    rows = session.execute(
        select(Rating.rater_id, Rating.consent)
        .where(Rating.generation_id == generation)
        .order_by(Rating.schema_version, Rating.revision)
    )
    newest: dict[str, bool] = {rater: consent for rater, consent in rows}
    if not any(newest.values()):
        session.execute(update(Generation).where(Generation.id == generation).values(statement=None))
    refused = [rater for rater, consent in newest.items() if not consent]
    if refused:
        session.execute(
            update(Rating)
            .where(Rating.generation_id == generation, Rating.rater_id.in_(refused), EDITED.is_not(None))
            .values(edited=None)
        )


def _drop_orphans(session: Session) -> None:
    """Delete reflections nobody rates any more, and texts nobody agrees to any more."""
    unrated = Generation.id.not_in(select(Rating.generation_id))
    # Locked, then looked at again: on PostgreSQL somebody may be rating one of these at this moment.
    session.execute(select(Generation.id).where(unrated).order_by(Generation.id).with_for_update())
    session.execute(delete(Generation).where(unrated))
    for generation in session.scalars(
        select(Generation.id).where(STATEMENT.is_not(None)).order_by(Generation.id)
    ).all():
        drop_text_without_consent(session, generation)


def _lock_raters(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(select(Rater.id).where(which).order_by(Rater.id).with_for_update())


def _lock_places(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(select(Assignment.id).where(which).order_by(Assignment.id).with_for_update())


def _drafts(session: Session, which: ColumnElement[bool]) -> int:
    """Clear drafts; returns how many there were."""
    rows = session.scalars(select(Assignment).where(which, Assignment.draft.is_not(None)))
    count = 0
    for row in rows:
        count += bool(row.draft)
        row.draft = None
    session.flush()
    return count


def _delete(session: Session, statement: Delete) -> int:
    """Run a deletion; returns how many rows went."""
    table = statement.table
    return len(session.execute(statement.returning(table.c.id)).all())
