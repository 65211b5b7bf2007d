"""Reads the lines of an import, CSV or JSON lines, and lists every fault with its line.

CSV has a line of names first; cells are parted by commas, semicolons or tabs, whichever that line has most of; a byte
order mark is taken off. Text that begins with a brace is JSON lines. Where there is one fault, nothing is read.

Left out: what the columns are, which `lines` and `training` say, and files, which the page reads.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from emorl.errors import EmorlError, RatingError

MAX_FAULTS = 20
"""Faults that are listed; of the others only the number is said."""
DELIMITERS = ",;\t"

R = TypeVar("R")
Fields = Mapping[str, str]
Numbered = Iterator[tuple[int, Fields]]


class ImportFault(RatingError):
    """An import that cannot be used.

    Attributes:
        faults: each in a line, with the number of its line.
    """

    faults: tuple[str, ...] = ()

    @classmethod
    def from_list(cls, found: Sequence[str]) -> ImportFault:
        """The error for a list of faults, of which there is one at least."""
        more = len(found) - MAX_FAULTS
        error = cls(found[0] if len(found) == 1 else f"{len(found)} faults, the first in {found[0]}")
        error.faults = (*found[:MAX_FAULTS], *([f"and {more} more"] if more > 0 else []))
        return error


class LineFault(Exception):
    """A fault of one line."""


@dataclass(frozen=True)
class Format(Generic[R]):
    """What the lines of one kind of import hold.

    Attributes:
        max_bytes: of the import in UTF-8.
        too_long: what to do about a longer one.
        names: the names of the columns, tidied; raises `LineFault` where they are not those of this kind.
        cells: the cells by name in an object of JSON lines; raises `LineFault`.
        parse: what a line says, and a key that two lines must not share; raises `LineFault` or an `EmorlError`.
        nothing: what is expected where there is no line at all.
    """

    max_bytes: int
    too_long: str
    names: Callable[[list[str]], list[str]]
    cells: Callable[[object], Fields]
    parse: Callable[[Fields], tuple[R, str]]
    nothing: str


def read_import(text: str, form: Format[R]) -> tuple[tuple[R, ...], tuple[str, ...]]:
    """What the lines of an import say, and the faults of all lines."""
    size = len(text.encode("utf-8", "replace"))
    if size > form.max_bytes:
        return (), (f"the import: got {size} bytes, expected at most {form.max_bytes}; {form.too_long}",)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    faults: list[str] = []
    found: list[R] = []
    seen: dict[str, int] = {}
    is_json = text.lstrip().startswith("{")
    try:
        for number, fields in _json_lines(text, form, faults) if is_json else _csv(text, form, faults):
            try:
                one, key = form.parse(fields)
                if key in seen:
                    raise LineFault(f"got what line {seen[key]} has, expected each statement once; take it out")
                seen[key] = number
                found.append(one)
            except LineFault as fault:
                faults.append(f"line {number}: {fault}")
            except EmorlError as error:
                faults.append(f"line {number}: {error.shown[:1].lower()}{error.shown[1:]}")
    except LineFault as fault:  # no further line can be read
        faults.append(str(fault))
    if not faults and not found:
        faults.append(f"line 1: got nothing, expected {form.nothing}")
    return tuple(found), tuple(faults)


def _csv(text: str, form: Format[R], faults: list[str]) -> Numbered:
    header = text.lstrip("\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(DELIMITERS, key=header.count), strict=True)
    names: list[str] = []
    number = 1
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise LineFault(f"line {number}: got {error}, expected CSV; close the quotes") from None
        if not any(cell.strip() for cell in cells):
            continue
        if not names:
            try:
                names = form.names([cell.strip() for cell in cells])
            except LineFault as fault:
                raise LineFault(f"line {number}: {fault}") from None
        elif len(cells) != len(names):
            cut = f"got {len(cells)} cell{'s' * (len(cells) != 1)}, expected {len(names)} as in the first line"
            faults.append(f"line {number}: {cut}; give each line as many, with quotes around a text with commas")
        else:
            yield number, dict(zip(names, cells, strict=True))


def _json_lines(text: str, form: Format[R], faults: list[str]) -> Numbered:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, form.cells(_object(line))
        except LineFault as fault:
            faults.append(f"line {number}: {fault}")


def _object(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise LineFault("got what is no JSON, expected an object; put each on one line") from None
