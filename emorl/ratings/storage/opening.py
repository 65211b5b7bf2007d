"""Opening the ratings database: to write, at the newest revision, or to read alone.

Left out: what is done with an open one (`store`), and what is restored into it (`restore`).
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Engine

from emorl.errors import RatingError
from emorl.ratings.storage import migrations
from emorl.ratings.storage.connection import database_url, make_engine, one_line, sqlite_file
from emorl.ratings.storage.damage import check_whole
from emorl.ratings.storage.snapshot import copy_to
from emorl.ratings.storage.store import RatingStore


def open_store(url: str | None = None, must_exist: bool = False) -> RatingStore:
    """Open the ratings database and bring it to the newest revision.

    Args:
        url: see `database_url`.
        must_exist: refuse to create a missing SQLite file (for commands that only delete).

    Raises:
        DamagedDatabase: the file is damaged; it is left as it is.
        RatingError: the file is missing, not a database, not writable, newer than this version; the driver is
            not installed; the server does not answer.
    """
    where = database_url(url)
    file = sqlite_file(where)
    if file is not None:
        if must_exist:
            _expect(file)
        if file.exists():
            check_whole(file)
        else:
            _create(file)
    store = RatingStore(make_engine(where))
    store.with_space(lambda: _upgrade(store.engine))
    store.keep_reserve()
    return store


def open_to_read(url: str | None = None) -> RatingStore:
    """Open the ratings for reading alone: a copy in memory of a file, or a server's tables, which cannot be changed.

    A file of an older revision is brought to the newest in the copy; a server's has to be there already.

    Args:
        url: see `database_url`.

    Raises:
        DamagedDatabase: the file is damaged.
        RatingError: the file is missing or newer than this version; the server does not answer, or is older.
    """
    where = database_url(url)
    file = sqlite_file(where)
    if file is None:
        store = RatingStore(make_engine(where, read_only=True))
        with one_line(where):
            there = migrations.current(store.engine)
        if where.get_backend_name() != "sqlite" and there != migrations.latest():
            raise RatingError.of(
                f"a ratings database at revision {there}",
                migrations.latest(),
                "start the app once, which brings it there",
            )
        return store
    _expect(file)
    check_whole(file)
    store = RatingStore(make_engine(URL.create("sqlite")))
    with store.engine.connect() as connection:
        copy_to(cast(sqlite3.Connection, connection.connection.driver_connection), file)
    _upgrade(store.engine)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    return store


def _expect(file: Path) -> None:
    if not file.exists():
        raise RatingError.of(
            f"no ratings database at {file}",
            "one that the app has written",
            "rate a reflection first, or set DATABASE_URL or EMORL_DATA",
        )


def _create(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))  # for this account's eyes only
    except OSError as fault:
        raise RatingError.of(
            f"{file}, which cannot be created ({fault.strerror})", "a writable folder", "set EMORL_DATA"
        ) from fault


def _upgrade(engine: Engine) -> None:
    with one_line(engine.url):
        migrations.upgrade(engine)
