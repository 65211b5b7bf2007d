"""Questions of the queue that were answered with "not sure"."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to `judgement`; no answer that is there says so."""
    op.add_column("judgement", sa.Column("unsure", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    """Drop it; the answers stay, and what was not sure looks like a question that was not asked."""
    op.drop_column("judgement", "unsure")
