"""Where the ratings database is, and how a connection to it is set up.

SQLite by default (write-ahead log, foreign keys, busy timeout, deleted rows overwritten); a PostgreSQL URL
works too. The write-ahead log needs a local disk: use PostgreSQL where the folder is a network mount. The log is
written into the database after each transaction, as far as nobody reads an older state, and whole at a clean end, after
which the database's file alone is a backup. After a kill the last commits may be in the log.

Left out: encryption at rest, which is left to the disk.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from emorl.errors import RatingError
from emorl.settings import settings

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 10_000
DRIVERS = {
    "sqlite": ("sqlite", "pysqlite"),
    "postgresql": ("postgresql", "psycopg"),
    "postgres": ("postgresql", "psycopg"),  # hosting services still hand out the short form
}
"""SQLAlchemy's name and the driver, by the beginning of a URL."""


def database_url(url: str | None = None) -> URL:
    """Where the ratings are: `url`, else $DATABASE_URL, else `ratings.db` in the folder $EMORL_DATA (./var).

    Raises:
        RatingError: the URL is not one, or not SQLite or PostgreSQL.
    """
    given = settings().database_url
    text = url or (given.get_secret_value() if given is not None else "")
    if not text:
        return URL.create("sqlite", database=str(default_file()))
    try:
        parsed = make_url(text)
    except (ArgumentError, ValueError):  # the second: a port that is no number
        raise RatingError.of(
            "a database URL that cannot be read",
            "sqlite:///FILE or postgresql://USER@HOST/NAME",
            "correct --db or DATABASE_URL",
        ) from None
    kind, _, driver = parsed.drivername.partition("+")
    if kind not in DRIVERS:
        raise RatingError.of(f"a database of type {kind!r}", "sqlite or postgresql", "correct --db or DATABASE_URL")
    name, wanted = DRIVERS[kind]
    if driver not in ("", wanted):
        raise RatingError.of(f"the driver {driver!r} in the database URL", f"{wanted} or none", "leave it out")
    if name == "sqlite":
        if parsed.query or parsed.host:
            raise RatingError.of("options or a host in an SQLite URL", "sqlite:///FILE and no more", "leave them out")
        return parsed
    return parsed.set(drivername=f"{name}+{wanted}")


def default_file() -> Path:
    """The database file where no URL is given."""
    return settings().data / "ratings.db"


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite URL; None for a server or a database in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def make_engine(url: URL, read_only: bool = False) -> Engine:
    """An engine with the settings of this package; with `read_only` a server refuses every change.

    Raises:
        RatingError: the driver is not installed.
    """
    try:
        if url.get_backend_name() == "sqlite" and sqlite_file(url) is None:
            engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        else:
            server = url.get_backend_name() == "postgresql"
            options = {"options": "-c default_transaction_read_only=on"} if server and read_only else {}
            engine = create_engine(url, pool_pre_ping=True, connect_args=options)
    except (ModuleNotFoundError, NoSuchModuleError) as fault:
        raise RatingError.of(
            f"no driver for {url.drivername} ({fault})", "it installed", "run: pip install 'psycopg[binary]'"
        ) from fault
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")  # first: the others may have to wait
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA wal_autocheckpoint = 1")  # page: the log is written into the file after each commit
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")  # what is deleted never lay in a temporary file
    cursor.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten, not only unlinked
    cursor.close()


@contextmanager
def one_line(url: URL) -> Iterator[None]:
    """Turn an error of the database driver into one line. IntegrityError passes, because callers then try again."""
    try:
        yield
    except IntegrityError:
        raise
    except StaleDataError as fault:
        raise RatingError.of(
            "something that was deleted at this moment", "what is still there", "please reload the page"
        ) from fault
    except DBAPIError as fault:
        reason = " ".join(str(fault.orig).split())
        where = url.render_as_string(hide_password=True)
        log.info("the ratings database cannot be used: %s", str(fault.orig).partition("\n")[0])  # more may hold values
        raise RatingError.of(
            f"the ratings database {where}, which cannot be used ({reason})",
            "one that this account may write",
            "check DATABASE_URL, EMORL_DATA and free space",
        ) from fault
