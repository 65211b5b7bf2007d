"""`python -m emorl ratings {export,stats,purge,forget}`.

Every error is one line on standard error with exit code 2. None of the commands makes a new database.
Launch: python -m emorl ratings export --format csv --out ratings.csv
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from emorl.errors import EmorlError, RatingError
from emorl.ratings.export import write_csv, write_jsonl
from emorl.ratings.store import RatingStore, open_store
from emorl.ratings.summary import as_text, summarise

ratings = typer.Typer(name="ratings", help="The stored ratings: export, sum up, delete.", no_args_is_help=True)


class Format(StrEnum):
    """How `export` writes."""

    CSV = "csv"
    JSONL = "jsonl"


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
    format: Annotated[Format, typer.Option(help="csv for spreadsheets, jsonl for programs (exact).")] = Format.CSV,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output if absent.")] = None,
    comments: Annotated[bool, typer.Option("--comments", help="Also raters' free comments.")] = False,
    revisions: Annotated[bool, typer.Option("--revisions", help="Also revisions that were changed later.")] = False,
    db: Database = None,
) -> None:
    """Write the ratings as CSV or JSON lines, without comments unless asked."""
    write = write_csv if format is Format.CSV else write_jsonl
    with one_line_errors(), _existing_store(db) as store:
        stored = store.all(revisions)
        if out is None:
            write(stored, sys.stdout, comments)
        else:
            count = _write_aside(out, lambda file: write(stored, file, comments))
            typer.echo(f"{count} ratings written to {out}", err=True)


@ratings.command()
def stats(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    db: Database = None,
) -> None:
    """Show counts, means by objective share, and agreement between raters."""
    with one_line_errors(), _existing_store(db) as store:
        every = store.all(revisions=True)
        summary = summarise(store.all(), len(every))
    typer.echo(json.dumps(summary.as_dict(), indent=2) if as_json else as_text(summary))


@ratings.command()
def purge(
    older_than: Annotated[float, typer.Option("--older-than", metavar="DAYS", help="Age in days.")],
    db: Database = None,
) -> None:
    """Delete ratings submitted more than DAYS days ago, and what only they kept."""
    with one_line_errors(), _existing_store(db) as store:
        typer.echo(f"{store.purge(older_than)} ratings deleted (revisions counted)")


@ratings.command()
def forget(
    rater: Annotated[str, typer.Argument(metavar="RATER", help="The rater's id, as the app shows it.")],
    db: Database = None,
) -> None:
    """Delete one rater and everything they rated."""
    with one_line_errors(), _existing_store(db) as store:
        deleted = store.forget(rater)
        if not deleted:
            raise RatingError(f"got rater {rater!r}, expected an id that has ratings here; `ratings export` lists them")
        typer.echo(f"{deleted} ratings deleted (revisions counted)")


@contextmanager
def _existing_store(db: str | None) -> Iterator[RatingStore]:
    store = open_store(db, must_exist=True)
    try:
        yield store
    finally:
        store.close()


def _write_aside(out: Path, write: Callable[[TextIO], int]) -> int:
    """Write to a temporary file in the same folder (readable by this account only), then rename."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                count = write(file)
            os.replace(name, out)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as fault:
        raise RatingError(f"cannot write {out} ({fault.strerror}); expected a file in a writable folder") from fault
    return count
