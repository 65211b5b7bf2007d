"""The tables: who rated (`rater`), what was rated (`generation`), and the judgement (`rating`).

The rating queue has three of its own: `item` (what is shown), `assignment` (an item's place in one rater's
queue, which side stands left, and the draft of an answer) and `judgement` (the answer).

A generation is kept as a snapshot (texts, weights, strength, model hashes, automatic scores, app version),
so that a rating still means something after the adapters have changed. Edits are new revisions; nothing is
overwritten. Left out: addresses and names of raters, which are never asked for.

Source: SQLAlchemy 2.1 declarative mapping; constraint names follow Alembic's naming convention page, so
that SQLite's batch mode can find them again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: aware going in and coming out, also on SQLite, which keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC.

        Raises:
            ValueError: the moment has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without time zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its time zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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


class Generation(Base):
    """A reflection as it was shown, with everything that led to it."""

    __tablename__ = "generation"

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)  # the same reflection rated by two is one row
    statement_sha256: Mapped[str] = mapped_column(String(64), index=True)
    statement: Mapped[str | None] = mapped_column(Text)  # None unless a rater who is still here agreed
    reflection: Mapped[str] = mapped_column(Text)
    base_reflection: Mapped[str] = mapped_column(Text)
    weights: Mapped[dict[str, float]] = mapped_column(JSON)  # shares: sum 1, or all 0 for the base model
    strength: Mapped[float] = mapped_column(Double)
    temperature: Mapped[float] = mapped_column(Double)
    seed: Mapped[int]
    model: Mapped[dict[str, Any]] = mapped_column(JSON)  # hashes of base and adapters
    scores: Mapped[dict[str, float]] = mapped_column(JSON)  # automatic scores, 0..1
    app_version: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    ratings: Mapped[list[Rating]] = relationship(back_populates="generation", passive_deletes=True)


class Rating(Base):
    """One revision of one rater's judgement of one generation."""

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("generation_id", "rater_id", "schema_version", "revision"),
        CheckConstraint("depth IN ('none', 'simple', 'complex')", name="depth_known"),
        CheckConstraint("empathy BETWEEN 0 AND 2", name="empathy_range"),
        CheckConstraint("fluency BETWEEN 0 AND 2", name="fluency_range"),
        CheckConstraint("would_say IN ('yes', 'edits', 'no')", name="would_say_known"),
        CheckConstraint("revision >= 1", name="revision_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generation.id", ondelete="CASCADE"), index=True)
    rater_id: Mapped[str] = mapped_column(ForeignKey("rater.id", ondelete="CASCADE"), index=True)
    schema_version: Mapped[int]  # of the rating form, not of the tables
    revision: Mapped[int]
    depth: Mapped[str] = mapped_column(String(16))
    empathy: Mapped[int]
    fluency: Mapped[int]
    would_say: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str | None] = mapped_column(Text)
    consent: Mapped[bool]  # the statement, and an own version, may be kept
    edited: Mapped[str | None] = mapped_column(Text)  # the rater's own version of the reflection; None without consent
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    client_token: Mapped[str] = mapped_column(String(64), unique=True)  # one per submit: a double click stores once

    generation: Mapped[Generation] = relationship(back_populates="ratings")


class ItemRow(Base):
    """Something to judge: a statement with one reflection or two. Never changed."""

    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of owner and content
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("rater.id", ondelete="CASCADE"), index=True)  # None: shared
    content: Mapped[dict[str, Any]] = mapped_column(JSON)  # emorl.ratings.storage.item.Item.as_dict
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
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # the form as far as it is filled in
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    item: Mapped[ItemRow] = relationship()


class Judgement(Base):
    """One revision of a rater's answer to one assignment."""

    __tablename__ = "judgement"
    __table_args__ = (
        UniqueConstraint("assignment_id", "schema_version", "revision"),
        CheckConstraint("choice IN ('first', 'second', 'tie', 'both_bad')", name="choice_known"),
        CheckConstraint("depth IN ('none', 'simple', 'complex')", name="depth_known"),
        CheckConstraint("empathy BETWEEN 0 AND 2", name="empathy_range"),
        CheckConstraint("fluency BETWEEN 0 AND 2", name="fluency_range"),
        CheckConstraint("would_say IN ('yes', 'edits', 'no')", name="would_say_known"),
        CheckConstraint("revision >= 1", name="revision_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), index=True)
    schema_version: Mapped[int]  # of the form, not of the tables
    revision: Mapped[int]
    choice: Mapped[str | None] = mapped_column(String(16))
    depth: Mapped[str | None] = mapped_column(String(16))
    empathy: Mapped[int | None]
    fluency: Mapped[int | None]
    would_say: Mapped[str | None] = mapped_column(String(16))
    flags: Mapped[list[str]] = mapped_column(JSON)
    skip: Mapped[str | None] = mapped_column(String(32))
    comment: Mapped[str | None] = mapped_column(Text)
    blind: Mapped[bool]  # the rater had not been told which setting wrote what
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # taken back by "undo"
    client_token: Mapped[str] = mapped_column(String(64), unique=True)

    assignment: Mapped[Assignment] = relationship()
