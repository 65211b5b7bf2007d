"""The database's history, run from code: no alembic.ini, so it works from any folder.

`upgrade` is called whenever a store is opened. A second process that starts at the same moment waits:
SQLite by BEGIN IMMEDIATE, PostgreSQL by an advisory lock. A new revision is a file in `versions/`, written
by hand; a test compares the result with the tables in `schema`.
"""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine

from emorl.errors import RatingError

_LOCK = threading.Lock()  # alembic.context is one per process
_ADVISORY_KEY = 0x454D4F52  # "EMOR"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring a database to a revision, all steps in one transaction.

    Raises:
        RatingError: the database was written by a newer version of this package.
    """
    with _LOCK, engine.connect() as connection:
        _take_turns(connection)
        try:
            command.upgrade(_config(connection), revision)
        except CommandError as fault:
            raise RatingError.of(
                f"a ratings database in a form that this version does not know ({fault})",
                f"at most {latest()}",
                "update the app or point DATABASE_URL elsewhere",
            ) from fault
        connection.commit()


def downgrade(engine: Engine, revision: str) -> None:
    """Take a database back to a revision ("base": empty), all steps in one transaction."""
    with _LOCK, engine.connect() as connection:
        _take_turns(connection)
        command.downgrade(_config(connection), revision)
        connection.commit()


def current(engine: Engine) -> str | None:
    """The revision that a database is at; None before the first. Nothing is changed."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def latest() -> str:
    """Name of the newest revision in this package."""
    return str(ScriptDirectory.from_config(Config(config_args=_LOCATION)).get_current_head())


_LOCATION = {"script_location": str(Path(__file__).parent).replace("%", "%%"), "path_separator": "os"}


def _config(connection: Connection) -> Config:
    return Config(config_args=_LOCATION, attributes={"connection": connection})


def _take_turns(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_KEY})")
