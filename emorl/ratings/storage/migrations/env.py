"""Alembic's environment: migrates over the connection that `emorl.ratings.storage.migrations` hands in.

Left out: offline mode and ini files; there is one caller.
"""

from __future__ import annotations

from alembic import context

from emorl.ratings.storage.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
    transactional_ddl=True,  # the caller's transaction holds every step, on SQLite too
)
with context.begin_transaction():
    context.run_migrations()
