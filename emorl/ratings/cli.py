"""`python -m emorl ratings {export,stats,backup,check,purge,forget}`.

All of them work on the ratings of the Reflect screen and on the rating queue, also while the app runs. Every error is
one line on standard error with exit code 2. None of the commands makes a new database, and those that only read change
nothing: they work on a copy. A deletion is journalled where there is a journal.
Launch: python -m emorl ratings export --format csv --out ratings.csv
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from emorl.errors import EmorlError, RatingError
from emorl.ratings.export.codebook import codebook_of
from emorl.ratings.export.hub import open_for_deletion
from emorl.ratings.export.sheets import to_parquet, to_xlsx
from emorl.ratings.export.tables import Row, flat_table, records, write_csv, write_jsonl
from emorl.ratings.statistics.report import queue_text, summary_text
from emorl.ratings.statistics.results import measure, queue_as_dict
from emorl.ratings.statistics.summary import summarise
from emorl.ratings.storage import migrations
from emorl.ratings.storage.connection import database_url, sqlite_file
from emorl.ratings.storage.opening import open_to_read
from emorl.ratings.storage.row_counts import count_rows
from emorl.ratings.storage.snapshot import back_up, revision_of
from emorl.ratings.storage.store import RatingStore

ratings = typer.Typer(
    name="ratings",
    help="The stored ratings and queue answers: export, sum up, back up, check, delete.",
    no_args_is_help=True,
)


class What(StrEnum):
    """What `export` writes."""

    ALL = "all"
    RATINGS = "ratings"
    QUEUE = "queue"


class Format(StrEnum):
    """How `export` writes."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PARQUET = "parquet"

    @property
    def is_text(self) -> bool:
        """Whether it can go to standard output."""
        return self in (Format.CSV, Format.JSONL)


Database = Annotated[
    str | None,
    typer.Option("--db", help="Database URL (sqlite:///FILE or postgresql://...); else DATABASE_URL, else EMORL_DATA."),
]


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Show a user's error as one line on standard error and leave with exit code 2."""
    try:
        yield
    except EmorlError as fault:
        typer.echo(f"error: {' '.join(str(fault).split())}", err=True)
        raise typer.Exit(2) from None


@ratings.command()
def export(
    what: Annotated[
        What, typer.Option(help="ratings of the Reflect screen, answers of the queue, or all; `kind` tells them apart.")
    ] = What.ALL,
    format: Annotated[
        Format,
        typer.Option(
            help="csv for spreadsheets, jsonl for programs (exact); xlsx and parquet, with a codebook, need the extra "
            "“export” and --out."
        ),
    ] = Format.CSV,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output if absent.")] = None,
    comments: Annotated[bool, typer.Option("--comments", help="Also raters' free comments.")] = False,
    training: Annotated[bool, typer.Option("--training", help="Also answers to training items of studies.")] = False,
    revisions: Annotated[bool, typer.Option("--revisions", help="Also what was changed or taken back later.")] = False,
    db: Database = None,
) -> None:
    """Write ratings and answers of the queue as a table or JSON lines, without comments unless asked."""
    with one_line_errors(), _existing_store(db) as store:
        if out is None and not format.is_text:
            raise RatingError.of(
                f"{format.value} without a file", "--out FILE, as it is no text", "name a file, or take csv"
            )
        stored = store.all(revisions) if what is not What.QUEUE else ()
        judged = store.judgements(withdrawn=revisions) if what is not What.RATINGS else ()
        rows = records(stored, judged, comments, training)
        content = _content(rows, format)
        if out is None:
            sys.stdout.write(content.decode("utf-8"))
        else:
            _write_aside(out, content)
            typer.echo(f"{len(stored)} ratings and {len(rows) - len(stored)} queue answers written to {out}", err=True)


@ratings.command()
def stats(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    db: Database = None,
) -> None:
    """Show counts, means by objective share, agreement, and what the queue says."""
    with one_line_errors(), _existing_store(db) as store:
        newest, judged = store.all(), store.judgements()
        summary = summarise(newest, len(store.all(revisions=True)))
        found, rows = measure(newest, judged), count_rows(store)
    if as_json:
        typer.echo(json.dumps({**summary.as_dict(), "queue": queue_as_dict(found, rows)}, indent=2))
    else:
        typer.echo(summary_text(summary) + "\n\n" + queue_text(found, rows))


@ratings.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    db: Database = None,
) -> None:
    """Copy the whole database into one file, also while the app runs."""
    with one_line_errors():
        with _existing_store(db) as store:
            rated = f"{store.count()} ratings and {len(store.judgements())} queue answers"
        back_up(_own_file(db), file)
        typer.echo(f"{rated} are in {file}", err=True)


@ratings.command()
def check(db: Database = None) -> None:
    """Say whether the database is whole, and what it holds. Nothing is changed."""
    with one_line_errors():
        url = database_url(db)
        with _existing_store(db) as store:
            revision = migrations.current(store.engine)
            rated = f"{store.count()} ratings and {len(store.judgements())} queue answers"
        file = sqlite_file(url)
        if file is not None:
            revision = revision_of(file)
        typer.echo(f"whole: {url.render_as_string(hide_password=True)}, revision {revision}, {rated}")


@ratings.command()
def purge(
    older_than: Annotated[float, typer.Option("--older-than", metavar="DAYS", help="Age in days.")],
    db: Database = None,
) -> None:
    """Delete ratings, queue answers, sent items and drafts older than DAYS days, and what belongs only to them."""
    with one_line_errors(), open_for_deletion(db) as store:
        deleted = store.purge(older_than)
        typer.echo(f"deleted: {deleted}")


@ratings.command()
def forget(
    rater: Annotated[str, typer.Argument(metavar="RATER", help="The rater's id, as the app shows it.")],
    db: Database = None,
) -> None:
    """Delete one rater and everything they rated, sent or began to fill in."""
    with one_line_errors():
        with open_for_deletion(db) as store:  # journalled even if nothing is here: a journal may know the rater
            deleted = store.forget(rater)
        if not deleted:
            raise RatingError.of(f"rater {rater!r}", "an id that has rows here", "`ratings export` lists them")
        typer.echo(f"deleted: {deleted}")


@contextmanager
def _existing_store(db: str | None) -> Iterator[RatingStore]:
    store = open_to_read(db)
    try:
        yield store
    finally:
        store.close()


def _own_file(db: str | None) -> Path:
    url = database_url(db)
    file = sqlite_file(url)
    if file is None:
        raise RatingError.of(f"a database of type {url.get_backend_name()!r}", "a file", "use the server's pg_dump")
    return file


def _content(rows: list[Row], format: Format) -> bytes:
    if not format.is_text:
        codebook = codebook_of(flat_table(rows)[0])
        return to_xlsx(rows, codebook) if format is Format.XLSX else to_parquet(rows, codebook)
    text = io.StringIO(newline="")
    (write_csv if format is Format.CSV else write_jsonl)(rows, text)
    return text.getvalue().encode("utf-8")


def _write_aside(out: Path, content: bytes) -> None:
    """Write to a temporary file in the same folder (readable by this account only), then rename."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(name, out)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as fault:
        raise RatingError.of(
            f"{out}, which cannot be written ({fault.strerror})", "a file in a writable folder", "name another file"
        ) from fault
