"""The first tables: rater, generation, rating."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "rater",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rater")),
    )
    op.create_table(
        "generation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("statement_sha256", sa.String(64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("reflection", sa.Text(), nullable=False),
        sa.Column("base_reflection", sa.Text(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("strength", sa.Double(), nullable=False),
        sa.Column("temperature", sa.Double(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("model", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("app_version", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_generation_fingerprint")),
    )
    op.create_index(op.f("ix_generation_statement_sha256"), "generation", ["statement_sha256"])
    op.create_table(
        "rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("generation_id", sa.Integer(), nullable=False),
        sa.Column("rater_id", sa.String(64), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("depth", sa.String(16), nullable=False),
        sa.Column("empathy", sa.Integer(), nullable=False),
        sa.Column("fluency", sa.Integer(), nullable=False),
        sa.Column("would_say", sa.String(16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_token", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generation.id"],
            name=op.f("fk_rating_generation_id_generation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["rater_id"], ["rater.id"], name=op.f("fk_rating_rater_id_rater"), ondelete="CASCADE"),
        sa.UniqueConstraint("client_token", name=op.f("uq_rating_client_token")),
        sa.UniqueConstraint(
            "generation_id",
            "rater_id",
            "schema_version",
            "revision",
            name=op.f("uq_rating_generation_id_rater_id_schema_version_revision"),
        ),
        sa.CheckConstraint("depth IN ('none', 'simple', 'complex')", name=op.f("ck_rating_depth_known")),
        sa.CheckConstraint("empathy BETWEEN 0 AND 2", name=op.f("ck_rating_empathy_range")),
        sa.CheckConstraint("fluency BETWEEN 0 AND 2", name=op.f("ck_rating_fluency_range")),
        sa.CheckConstraint("would_say IN ('yes', 'edits', 'no')", name=op.f("ck_rating_would_say_known")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_rating_revision_positive")),
    )
    op.create_index(op.f("ix_rating_generation_id"), "rating", ["generation_id"])
    op.create_index(op.f("ix_rating_rater_id"), "rating", ["rater_id"])
    op.create_index(op.f("ix_rating_submitted_at"), "rating", ["submitted_at"])


def downgrade() -> None:
    """Drop the three tables."""
    op.drop_table("rating")
    op.drop_table("generation")
    op.drop_table("rater")
