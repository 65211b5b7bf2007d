"""The rating queue: item, assignment, judgement; when a rater agreed to the notice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add two columns to `rater` and create the three tables."""
    # Not in batch mode, which rebuilds the table: dropping the old one would cascade to every rating.
    op.add_column("rater", sa.Column("consent_version", sa.Integer(), nullable=True))
    op.add_column("rater", sa.Column("consent_at", MOMENT, nullable=True))
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("owner_id", sa.String(64), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.ForeignKeyConstraint(["owner_id"], ["rater.id"], name=op.f("fk_item_owner_id_rater"), ondelete="CASCADE"),
        sa.UniqueConstraint("key", name=op.f("uq_item_key")),
    )
    op.create_index(op.f("ix_item_owner_id"), "item", ["owner_id"])
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(32), nullable=False),
        sa.Column("rater_id", sa.String(64), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("flipped", sa.Boolean(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=True),
        sa.Column("shown_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("mark", name=op.f("uq_assignment_mark")),
        sa.ForeignKeyConstraint(
            ["rater_id"], ["rater.id"], name=op.f("fk_assignment_rater_id_rater"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_assignment_item_id_item"), ondelete="CASCADE"),
        sa.UniqueConstraint("rater_id", "item_id", "repeated", name=op.f("uq_assignment_rater_id_item_id_repeated")),
        sa.UniqueConstraint("rater_id", "place", name=op.f("uq_assignment_rater_id_place")),
    )
    op.create_index(op.f("ix_assignment_rater_id"), "assignment", ["rater_id"])
    op.create_index(op.f("ix_assignment_item_id"), "assignment", ["item_id"])
    op.create_table(
        "judgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(16), nullable=True),
        sa.Column("depth", sa.String(16), nullable=True),
        sa.Column("empathy", sa.Integer(), nullable=True),
        sa.Column("fluency", sa.Integer(), nullable=True),
        sa.Column("would_say", sa.String(16), nullable=True),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("skip", sa.String(32), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("shown_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("revealed_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("client_token", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_judgement_assignment_id_assignment"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("client_token", name=op.f("uq_judgement_client_token")),
        sa.UniqueConstraint(
            "assignment_id",
            "schema_version",
            "revision",
            name=op.f("uq_judgement_assignment_id_schema_version_revision"),
        ),
        sa.CheckConstraint("choice IN ('first', 'second', 'tie', 'both_bad')", name=op.f("ck_judgement_choice_known")),
        sa.CheckConstraint("depth IN ('none', 'simple', 'complex')", name=op.f("ck_judgement_depth_known")),
        sa.CheckConstraint("empathy BETWEEN 0 AND 2", name=op.f("ck_judgement_empathy_range")),
        sa.CheckConstraint("fluency BETWEEN 0 AND 2", name=op.f("ck_judgement_fluency_range")),
        sa.CheckConstraint("would_say IN ('yes', 'edits', 'no')", name=op.f("ck_judgement_would_say_known")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_judgement_revision_positive")),
    )
    op.create_index(op.f("ix_judgement_assignment_id"), "judgement", ["assignment_id"])
    op.create_index(op.f("ix_judgement_submitted_at"), "judgement", ["submitted_at"])


def downgrade() -> None:
    """Drop the three tables and the two columns."""
    op.drop_table("judgement")
    op.drop_table("assignment")
    op.drop_table("item")
    op.drop_column("rater", "consent_at")
    op.drop_column("rater", "consent_version")
