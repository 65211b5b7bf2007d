"""Rating studies: what was decided, their statements, items and raters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "study",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("key", name=op.f("uq_study_key")),
    )
    op.create_table(
        "study_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_line")),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_line_study_id_study"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("study_id", "place", name=op.f("uq_study_line_study_id_place")),
    )
    op.create_index(op.f("ix_study_line_study_id"), "study_line", ["study_id"])
    op.create_table(
        "study_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_item")),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_item_study_id_study"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_study_item_item_id_item"), ondelete="CASCADE"),
        sa.UniqueConstraint("item_id", name=op.f("uq_study_item_item_id")),
    )
    op.create_index(op.f("ix_study_item_study_id"), "study_item", ["study_id"])
    op.create_table(
        "study_rater",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_rater")),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study.id"], name=op.f("fk_study_rater_study_id_study"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rater_id"], ["rater.id"], name=op.f("fk_study_rater_rater_id_rater"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("rater_id", name=op.f("uq_study_rater_rater_id")),
        sa.UniqueConstraint("study_id", "number", name=op.f("uq_study_rater_study_id_number")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_study_rater_code_sha256")),
    )
    op.create_index(op.f("ix_study_rater_study_id"), "study_rater", ["study_id"])


def downgrade() -> None:
    """Drop them; items and answers stay, but no longer belong to a study."""
    op.drop_table("study_rater")
    op.drop_table("study_item")
    op.drop_table("study_line")
    op.drop_table("study")
