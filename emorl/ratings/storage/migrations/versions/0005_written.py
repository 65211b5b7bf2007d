"""What else it takes to write a reflection again, kept with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to `generation`; of the reflections that are there it is not known."""
    op.add_column("generation", sa.Column("written", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop it; the reflections stay."""
    op.drop_column("generation", "written")
