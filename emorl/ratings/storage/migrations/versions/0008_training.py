"""Training items of studies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ITEM = sa.table("item", sa.column("id", sa.Integer()))
ASSIGNMENT = sa.table("assignment", sa.column("id", sa.Integer()), sa.column("item_id", sa.Integer()))
JUDGEMENT = sa.table("judgement", sa.column("assignment_id", sa.Integer()))
STUDY_ITEM = sa.table("study_item", sa.column("item_id", sa.Integer()), sa.column("training", sa.Boolean()))
STUDY = sa.table("study", sa.column("id", sa.Integer()), sa.column("content", sa.JSON()))


def upgrade() -> None:
    """Add a column to `study_item`; no item that is there is one of them."""
    op.add_column("study_item", sa.Column("training", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop it; the training items go, with the answers to them: the older form would take them for a study's own."""
    connection = op.get_bind()
    items = connection.scalars(sa.select(STUDY_ITEM.c.item_id).where(STUDY_ITEM.c.training)).all()
    places = sa.select(ASSIGNMENT.c.id).where(ASSIGNMENT.c.item_id.in_(items))
    connection.execute(sa.delete(JUDGEMENT).where(JUDGEMENT.c.assignment_id.in_(places)))
    connection.execute(sa.delete(ASSIGNMENT).where(ASSIGNMENT.c.item_id.in_(items)))
    connection.execute(sa.delete(STUDY_ITEM).where(STUDY_ITEM.c.training))
    connection.execute(sa.delete(ITEM).where(ITEM.c.id.in_(items)))
    for number, content in connection.execute(sa.select(STUDY.c.id, STUDY.c.content)).all():
        if content.pop("training", None) is not None:
            connection.execute(sa.update(STUDY).where(STUDY.c.id == number).values(content=content))
    op.drop_column("study_item", "training")
