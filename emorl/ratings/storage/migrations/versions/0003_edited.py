"""The counsellor's own version of a reflection, kept with the rating."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to `rating`."""
    op.add_column("rating", sa.Column("edited", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it; the ratings stay, the versions go."""
    op.drop_column("rating", "edited")
