"""Whether a database file is whole, and what to do with one that is not.

A file counts as damaged if SQLite's check of its structure, indices and rules fails, if a text is not Unicode, or if a
JSON column is not JSON. A damaged file is moved aside, never deleted, and the rows that can still be read are written
to a file beside it. Left out: putting those rows back, which a person should look at first; noise that happens to be
valid; databases on a server.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import JSON, Table

from emorl.errors import DamagedDatabase
from emorl.ratings.storage.schema import Base
from emorl.ratings.storage.snapshot import read

log = logging.getLogger(__name__)
MAGIC = b"SQLite format 3\x00"
MAX_FAULTS = 3
MAX_GAP = 100_000
"""Row numbers that are tried one by one where a table cannot be read in one go."""
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def check_whole(file: Path) -> None:
    """Check a database file, which is only read.

    Raises:
        DamagedDatabase: it is not whole.
        RatingError: it cannot be opened at all.
    """
    if not file.stat().st_size and not file.with_name(f"{file.name}-wal").exists():
        return  # new
    faults = read(file, lambda connection: list(_faults(connection)))
    if faults:
        raise DamagedDatabase.of(
            f"the ratings database {file}, which cannot be used (damaged: {', '.join(faults)})",
            "a whole one",
            "put a backup in its place, or start the app, which sets it aside and writes out what can still be read",
        )


def is_ours(file: Path) -> bool:
    """Whether a file says itself that it is an SQLite database."""
    with open(file, "rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def set_aside(file: Path) -> tuple[Path, Path, int]:
    """Move a damaged database and its log out of the way, and write down the rows that can be read.

    Returns:
        Where it is now, the file with the rows (JSON lines), and how many there are.
    """
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    names = (f"{file.name}.damaged-{stamp}{tail}" for tail in ("", *(f"-{n}" for n in range(2, 1000))))
    aside = next(path for path in map(file.with_name, names) if not path.exists())
    for ending in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            file.with_name(file.name + ending).rename(aside.with_name(aside.name + ending))
    rows_file, count = aside.with_name(f"{aside.name}.jsonl"), 0
    with open(os.open(rows_file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        for row in read(aside, lambda connection: list(_readable_rows(connection))):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return aside, rows_file, count


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    try:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({MAX_FAULTS})")]
        yield from (" ".join(fault.split())[:100] for fault in found if fault != "ok")
        if found == ["ok"]:
            for table in Base.metadata.sorted_tables:
                yield from _unreadable(connection, table)
    except sqlite3.DatabaseError as fault:
        code = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # Python's own says a text is not Unicode
        if code & 0xFF not in _DAMAGE:
            raise
        yield " ".join(str(fault).split())[:100]


def _unreadable(connection: sqlite3.Connection, table: Table) -> Iterator[str]:
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table.name,))
    if there.fetchone() is None:
        return  # of an earlier revision
    rows = connection.execute(f'SELECT rowid, * FROM "{table.name}"')
    names = [column[0] for column in rows.description]
    coded = [
        place for place, name in enumerate(names) if place and name in table.c and isinstance(table.c[name].type, JSON)
    ]
    for row in rows:
        for place in coded:
            try:
                if row[place] is not None:
                    json.loads(row[place])
            except (ValueError, TypeError):
                yield f"{names[place]} of {table.name} {row[0]} is not JSON"
                return


def _readable_rows(connection: sqlite3.Connection) -> Iterator[dict[str, object]]:
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for table in Base.metadata.sorted_tables:
        try:
            rows = connection.execute(f'SELECT * FROM "{table.name}" LIMIT 0')
        except sqlite3.DatabaseError:
            continue
        names = [column[0] for column in rows.description]
        for row in _rows(connection, table.name):
            values = [value.hex() if isinstance(value, bytes) else value for value in row[1:]]
            yield {"table": table.name, **dict(zip(names, values, strict=True))}


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """Rows with their number first: from the front up to the damage, from the back, then one by one between."""
    select = f'SELECT rowid, * FROM "{table}"'
    front: list[tuple[int, ...]] = []
    whole = _take(connection, f"{select} ORDER BY rowid", front)
    yield from front
    if whole:
        return
    back: list[tuple[int, ...]] = []
    first = front[-1][0] + 1 if front else 1
    _take(connection, f"{select} WHERE rowid >= {first} ORDER BY rowid DESC", back)
    last = back[-1][0] if back else first + MAX_GAP
    for number in range(first, min(last, first + MAX_GAP)):
        with suppress(sqlite3.DatabaseError):
            yield from connection.execute(f"{select} WHERE rowid = {number}")
    yield from reversed(back)


def _take(connection: sqlite3.Connection, query: str, rows: list[tuple[int, ...]]) -> bool:
    """Add what can be read to `rows`; returns whether that was everything."""
    try:
        rows.extend(connection.execute(query))
    except sqlite3.DatabaseError:
        return False
    return True
