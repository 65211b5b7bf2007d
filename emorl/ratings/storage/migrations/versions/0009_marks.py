"""Words that raters of the queue marked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to `judgement`; no answer that is there marks any."""
    op.add_column("judgement", sa.Column("marks", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    """Drop it; the answers stay, the marks go."""
    op.drop_column("judgement", "marks")
