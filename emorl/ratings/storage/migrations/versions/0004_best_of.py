"""How many reflections the rated one was chosen from, kept with the rating."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to `rating`; the ratings that are there are of reflections written alone."""
    op.add_column("rating", sa.Column("best_of", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Drop it; the ratings stay."""
    op.drop_column("rating", "best_of")
