"""Rows and records: the row of a rater or an item, made where it is missing; a rating or judgement read from its row.

Left out: transactions, which are the caller's.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, joinedload

from emorl.ratings.storage.columns import from_columns, to_columns
from emorl.ratings.storage.deletion import drop_text_without_consent
from emorl.ratings.storage.form import FORM_VERSION, Answer
from emorl.ratings.storage.item import Item, row_key
from emorl.ratings.storage.record import NewRating, ShownReflection, StoredJudgement, StoredRating, fingerprint
from emorl.ratings.storage.schema import Assignment, Generation, ItemRow, Judgement, Rater, Rating


def rater_row(session: Session, rater: str, at: datetime) -> Rater:
    """A rater's row, made at the first call; PostgreSQL lets only one transaction at a time have it."""
    row = session.get(Rater, rater, with_for_update=True)
    if row is None:
        row = Rater(id=rater, created_at=at)
        session.add(row)
        session.flush()
    return row


def item_row(session: Session, item: Item, owner: str | None, at: datetime) -> ItemRow:
    """The row of an item (`owner` is None for a shared one), made at the first call."""
    key = row_key(item, owner)
    row = session.scalar(select(ItemRow).where(ItemRow.key == key))
    if row is None:
        if owner is not None:
            rater_row(session, owner, at)
        row = ItemRow(key=key, owner_id=owner, content=item.as_dict(), created_at=at)
        session.add(row)
        session.flush()
    return row


def generation_row(session: Session, record: NewRating) -> Generation:
    """The row of a reflection as it was shown, made at the first call; without its statement."""
    known = fingerprint(record)
    row = session.scalar(select(Generation).where(Generation.fingerprint == known).with_for_update())
    if row is None:
        shown = {**to_columns(record, ShownReflection), "statement": None}
        row = Generation(fingerprint=known, created_at=record.shown_at, **shown)
        session.add(row)
        session.flush()
    return row


def insert_rating(session: Session, record: NewRating) -> int:
    """Store a checked rating as the newest revision and return its number; texts stay only where they are agreed to."""
    rater_row(session, record.rater, record.submitted_at)
    generation = generation_row(session, record)
    before = session.scalar(
        select(func.max(Rating.revision)).where(
            Rating.generation_id == generation.id,
            Rating.rater_id == record.rater,
            Rating.schema_version == FORM_VERSION,
        )
    )
    given = to_columns(record, NewRating)
    del given["rater"]
    row = Rating(
        generation_id=generation.id,
        rater_id=record.rater,
        schema_version=FORM_VERSION,
        revision=(before or 0) + 1,
        consent=record.statement is not None,
        **{**given, "comment": record.comment or None},
    )
    session.add(row)
    session.flush()
    if record.statement is not None:
        kept = update(Generation).where(Generation.id == generation.id)
        session.execute(kept.values(statement=record.statement))
    drop_text_without_consent(session, generation.id)
    return row.id


def rating_of(row: Rating) -> StoredRating:
    """The rating in a row."""
    given = NewRating(
        rater=row.rater_id,
        **from_columns(row.generation, ShownReflection),
        **from_columns(row, NewRating, leave_out=["rater"]),
    )
    return StoredRating(row.id, row.generation_id, row.schema_version, row.revision, given)


def answer_of(row: Judgement) -> Answer:
    """The answer in the row of a judgement."""
    return Answer(**from_columns(row, Answer))


def judgement_of(row: Judgement) -> StoredJudgement:
    """The judgement in a row."""
    assignment = row.assignment
    return StoredJudgement(
        id=row.id,
        rater=assignment.rater_id,
        item=Item.from_dict(assignment.item.content),
        repeat=assignment.repeated,
        flipped=assignment.flipped,
        place=assignment.place,
        revision=row.revision,
        answer=answer_of(row),
        blind=row.blind,
        withdrawn=row.withdrawn_at is not None,
        shown_at=row.shown_at,
        submitted_at=row.submitted_at,
        token=row.client_token,
    )


def select_judgements() -> Select[Judgement]:
    """All judgements with their places and items."""
    return (
        select(Judgement)
        .join(Judgement.assignment)
        .options(joinedload(Judgement.assignment).joinedload(Assignment.item))
    )
