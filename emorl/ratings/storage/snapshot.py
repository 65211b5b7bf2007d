"""Reading a database file without changing it: a read-only connection, a copy in memory, a backup in a file.

All of them work while the app writes. Left out: databases on a server, which have tools of their own (`pg_dump`).
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from emorl.errors import RatingError
from emorl.ratings.storage.connection import BUSY_TIMEOUT_MS

R = TypeVar("R")


def read(file: Path, work: Callable[[sqlite3.Connection], R]) -> R:
    """Do something over a connection that can only read; no file is made beside the database by that.

    While nobody has the database open it is read without SQLite's locks, for which two files would be made. If somebody
    begins to write meanwhile, the work is done again, with locks. What the log holds is read too.

    Raises:
        RatingError: the file cannot be opened.
    """
    while True:
        before, alone = _state(file), _nobody_has_it_open(file)
        try:
            with closing(_open(file, alone)) as connection:
                found = work(connection)
        except (sqlite3.Error, RatingError):
            if alone and not (_state(file) == before and _nobody_has_it_open(file)):
                continue
            raise
        if not alone or (_state(file) == before and _nobody_has_it_open(file)):
            return found


def copy_to(target: sqlite3.Connection, file: Path) -> None:
    """Copy a database file into an open connection, as of one moment.

    Raises:
        RatingError: the file cannot be read, or the copy cannot be written.
    """
    try:
        read(file, lambda source: source.backup(target))
    except sqlite3.Error as fault:
        raise RatingError.of(
            f"{file}, which cannot be copied ({fault})", "a whole database", "free some space"
        ) from fault


def back_up(file: Path, target: Path) -> None:
    """Write a copy of a database as a new file that needs no other file beside it, readable by this account only.

    Raises:
        RatingError: the target is there already, or cannot be written.
    """
    if target.exists():
        raise RatingError.of(f"{target}, which is there already", "the name of a new file", "choose another")
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        try:
            with closing(sqlite3.connect(name)) as copy:
                copy_to(copy, file)
                copy.execute("PRAGMA journal_mode = DELETE")
            with open(name, "rb+") as written:
                os.fsync(written.fileno())
            os.link(name, target)  # unlike a rename it never replaces a file
        finally:
            os.unlink(name)
    except FileExistsError:
        raise RatingError.of(f"{target}, which is there already", "the name of a new file", "choose another") from None
    except (OSError, sqlite3.Error) as fault:
        raise RatingError.of(
            f"{target}, which cannot be written ({fault})", "a writable folder", "choose another"
        ) from fault


def revision_of(file: Path) -> str | None:
    """The revision that a database file is at; None before the first.

    Raises:
        RatingError: the file cannot be read.
    """

    def ask(connection: sqlite3.Connection) -> str | None:
        try:
            (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
        except sqlite3.OperationalError:
            return None  # no such table
        return None if found is None else str(found)

    return read(file, ask)


def _state(file: Path) -> tuple[int, int]:
    now = file.stat()
    return now.st_mtime_ns, now.st_size


def _nobody_has_it_open(file: Path) -> bool:
    log, index = (file.with_name(file.name + ending) for ending in ("-wal", "-shm"))
    return not log.exists() or (not log.stat().st_size and not index.exists())


def _open(file: Path, alone: bool) -> sqlite3.Connection:
    address = f"file:{quote(str(file.absolute()))}?mode=ro{'&immutable=1' * alone}"
    try:
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            connection.execute("PRAGMA schema_version")
        except sqlite3.OperationalError:
            connection.close()
            raise
        except sqlite3.DatabaseError:
            pass  # damaged, which the caller finds out
    except sqlite3.Error as fault:
        raise RatingError.of(
            f"{file}, which cannot be read ({fault})", "a database this account may read", "check its rights"
        ) from fault
    return connection
