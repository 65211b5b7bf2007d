"""Methods of studies that sample, or write the best of several."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STUDY = sa.table("study", sa.column("id", sa.Integer()), sa.column("content", sa.JSON()))
ADDED = ("temperature", "best_of")


def upgrade() -> None:
    """Nothing: a method that does not say it is greedy and writes one text."""


def downgrade() -> None:
    """Take both out of the methods; their names and their texts' details still have them."""
    connection = op.get_bind()
    for number, content in connection.execute(sa.select(STUDY.c.id, STUDY.c.content)).all():
        methods = content.get("methods", [])
        if any(method.keys() & set(ADDED) for method in methods):
            content["methods"] = [
                {name: value for name, value in method.items() if name not in ADDED} for method in methods
            ]
            connection.execute(sa.update(STUDY).where(STUDY.c.id == number).values(content=content))
