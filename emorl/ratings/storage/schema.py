"""The tables: who rated (`rater`), what was rated (`generation`), and the rating (`rating`).

The rating queue has three of its own: `item` (what is shown), `assignment` (an item's place in one rater's queue,
which side stands on the left, and the draft of an answer) and `judgement` (the answer). A study has `study` (what was
decided), `study_line` (its statements), `study_item` (which items are its own) and `study_rater` (who rates in it).

A generation is stored as a snapshot (texts, weights, strength, model hashes, automatic scores, app version), so that a
rating still means something after the adapters have changed. Edits are new revisions; nothing is overwritten. Columns
that belong to a field of a record follow from that field (`with_columns_of`); the classes declare the keys and what
only the store knows. Left out: addresses and names of raters, which are never asked for.

Source: SQLAlchemy 2.1 declarative mapping; constraint names follow Alembic's page on naming conventions, so that
SQLite's batch mode can find them again.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from emorl.ratings.storage.columns import with_columns_of
from emorl.ratings.storage.form import Answer
from emorl.ratings.storage.kinds import UtcDateTime
from emorl.ratings.storage.record import NewRating, ShownReflection
from emorl.ratings.storage.study import MAX_LABEL

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base with named constraints."""

    metadata = MetaData(naming_convention=NAMING)


class Rater(Base):
    """A random id that the app gave to one browser; nothing else is known of the person."""

    __tablename__ = "rater"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    consent_version: Mapped[int | None]  # of the notice before the first item of the queue
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@with_columns_of(ShownReflection, index=["statement_sha256"])
class Generation(Base):
    """A reflection as it was shown; its statement is there only while a rater who is still here agrees to it."""

    __tablename__ = "generation"

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)  # the same reflection rated by two is one row
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    ratings: Mapped[list[Rating]] = relationship(back_populates="generation", passive_deletes=True)


@with_columns_of(NewRating, leave_out=["rater"], index=["submitted_at"], unique=["client_token"])
class Rating(Base):
    """One revision of one rater's judgement of one generation."""

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("generation_id", "rater_id", "schema_version", "revision"),
        CheckConstraint("revision >= 1", name="revision_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generation.id", ondelete="CASCADE"), index=True)
    rater_id: Mapped[str] = mapped_column(ForeignKey("rater.id", ondelete="CASCADE"), index=True)
    schema_version: Mapped[int]  # of the rating form, not of the tables
    revision: Mapped[int]
    consent: Mapped[bool]  # the statement, and an own version, may be kept

    generation: Mapped[Generation] = relationship(back_populates="ratings")


class ItemRow(Base):
    """Something to judge: a statement with one reflection or two. Never changed."""

    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of owner and content
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("rater.id", ondelete="CASCADE"), index=True)  # None: shared
    content: Mapped[dict[str, object]] = mapped_column(JSON)  # from Item.as_dict
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Assignment(Base):
    """An item's place in one rater's queue."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("rater_id", "item_id", "repeated"),
        UniqueConstraint("rater_id", "place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(String(32), unique=True)  # random, the same after a restore; tokens begin with it
    rater_id: Mapped[str] = mapped_column(ForeignKey("rater.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]  # from 0
    repeated: Mapped[bool]  # the second showing, to measure self-agreement
    flipped: Mapped[bool]  # the second side stands on the left
    draft: Mapped[dict[str, object] | None] = mapped_column(JSON)  # the form as far as it is filled in
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    item: Mapped[ItemRow] = relationship()


@with_columns_of(Answer)
class Judgement(Base):
    """One revision of a rater's answer to one assignment."""

    __tablename__ = "judgement"
    __table_args__ = (
        UniqueConstraint("assignment_id", "schema_version", "revision"),
        CheckConstraint("revision >= 1", name="revision_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), index=True)
    schema_version: Mapped[int]  # of the form, not of the tables
    revision: Mapped[int]
    blind: Mapped[bool]  # the rater had not been told which setting wrote what
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # taken back by "undo"
    client_token: Mapped[str] = mapped_column(String(64), unique=True)

    assignment: Mapped[Assignment] = relationship()


class StudyRow(Base):
    """A rating study. Never changed."""

    __tablename__ = "study"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    content: Mapped[dict[str, object]] = mapped_column(JSON)  # from Study.as_dict
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StudyLineRow(Base):
    """A statement of a study, with what people wrote to it."""

    __tablename__ = "study_line"
    __table_args__ = (UniqueConstraint("study_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]  # from 0
    content: Mapped[dict[str, object]] = mapped_column(JSON)  # from StudyLine
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its items were made
    problem: Mapped[str | None] = mapped_column(Text)  # why there are none


class StudyItemRow(Base):
    """An item that belongs to a study and to no other."""

    __tablename__ = "study_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), unique=True)
    training: Mapped[bool]  # every rater gets it, before the others

    item: Mapped[ItemRow] = relationship()


class StudyRaterRow(Base):
    """A rater of a study; the code in the link is not here, only its hash."""

    __tablename__ = "study_rater"
    __table_args__ = (UniqueConstraint("study_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), index=True)
    rater_id: Mapped[str] = mapped_column(ForeignKey("rater.id", ondelete="CASCADE"), unique=True)
    number: Mapped[int]  # from 1
    label: Mapped[str] = mapped_column(String(MAX_LABEL))
    code_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    study: Mapped[StudyRow] = relationship()
