"""Reads an import for a study: statements, with replies that people wrote or without, as CSV or JSON lines.

CSV has a line of names first: `statement`, and a column `reply:NAME` for each method that people wrote. Cells are
parted by commas, semicolons or tabs, whichever the first line has most of; a byte order mark is taken off. JSON lines
have `{"statement": ..., "replies": {NAME: ...}}`, where `replies` may be left out. All lines have the same names. All
faults are listed, each with its line; where there is one, nothing is read.

Left out: what a statement may say, which the caller checks, and files, which the page reads.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from emorl.errors import EmorlError, RatingError
from emorl.ratings.storage.study import MAX_LINES, MAX_NAME, StudyLine

MAX_BYTES = 80_000
"""Of one import in UTF-8; more is added to the study afterwards."""
MAX_FAULTS = 20
"""Faults that are listed; of the others only the number is said."""
REPLY = "reply:"
DELIMITERS = ",;\t"

Check = Callable[[StudyLine], None]
Numbered = Iterator[tuple[int, Mapping[str, str]]]


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


class _LineFault(Exception):
    """A fault of one line."""


def read_lines(text: str, check: Check, names: Sequence[str] | None = None) -> tuple[StudyLine, ...]:
    """The statements of an import.

    Args:
        text: the whole of it.
        check: raises an `EmorlError` for a statement that may not be used.
        names: of the replies that are expected; those of the first line by default.

    Raises:
        ImportFault: anything is wrong.
    """
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise ImportFault.from_list([f"the import: got {size} bytes, expected at most {MAX_BYTES}; add it in parts"])
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    faults: list[str] = []
    found: list[StudyLine] = []
    seen: dict[str, int] = {}
    try:
        for number, fields in _json_lines(text, faults) if text.lstrip().startswith("{") else _csv(text, faults):
            try:
                line = _line(fields, names)
                key = json.dumps([line.statement, dict(line.replies)], sort_keys=True)
                if key in seen:
                    raise _LineFault(f"got what line {seen[key]} has, expected each statement once; take it out")
                seen[key] = number
                names = names if names is not None else tuple(line.replies)
                check(line)
                found.append(line)
            except _LineFault as fault:
                faults.append(f"line {number}: {fault}")
            except EmorlError as error:
                faults.append(f"line {number}: {error.shown[:1].lower()}{error.shown[1:]}")
    except _LineFault as fault:  # no further line can be read
        faults.append(str(fault))
    if not faults and not found:
        faults.append("line 1: got nothing, expected a statement; paste some lines or choose a file")
    if not faults and len(found) > MAX_LINES:
        faults.append(f"the import: got {len(found)} statements, expected at most {MAX_LINES}; make a second study")
    if faults:
        raise ImportFault.from_list(faults)
    return tuple(found)


def _line(fields: Mapping[str, str], names: Sequence[str] | None) -> StudyLine:
    replies = {name.removeprefix(REPLY): text for name, text in fields.items() if name != "statement"}
    if names is not None and set(replies) != set(names):
        expected = ", ".join(names) or "none"
        raise _LineFault(f"got the replies {', '.join(replies) or 'none'}, expected {expected}; name them alike")
    return StudyLine(fields["statement"].strip(), {name: text.strip() for name, text in sorted(replies.items())})


def _csv(text: str, faults: list[str]) -> Numbered:
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
            raise _LineFault(f"line {number}: got {error}, expected CSV; close the quotes") from None
        if not any(cell.strip() for cell in cells):
            continue
        if not names:
            names = _header([_trimmed(cell) for cell in cells], number)
        elif len(cells) != len(names):
            faults.append(f"line {number}: got {len(cells)} cells, expected {len(names)} as in the first line; fill up")
        else:
            yield number, dict(zip(names, cells, strict=True))


def _header(names: list[str], number: int) -> list[str]:
    unknown = [name for name in names if name != "statement" and not _is_reply(name)]
    if "statement" not in names or unknown or len(set(names)) != len(names):
        got = f"the columns {', '.join(names)}"[:200]
        raise _LineFault(
            f"line {number}: got {got}, expected statement, and reply:NAME for each method that people wrote, each "
            "once; correct the first line"
        )
    return names


def _trimmed(name: str) -> str:
    """A name without spaces around it, also behind `reply:`."""
    name = name.strip()
    return REPLY + name.removeprefix(REPLY).strip() if name.startswith(REPLY) else name


def _is_reply(name: str) -> bool:
    return name.startswith(REPLY) and 0 < len(name.removeprefix(REPLY).strip()) <= MAX_NAME


def _json_lines(text: str, faults: list[str]) -> Numbered:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, _object(line)
        except _LineFault as fault:
            faults.append(f"line {number}: {fault}")


def _object(line: str) -> dict[str, str]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise _LineFault("got what is no JSON, expected an object; put each on one line") from None
    fields = content if isinstance(content, dict) else {}
    replies = fields.get("replies", {})
    fits = (
        isinstance(fields.get("statement"), str)
        and not fields.keys() - {"statement", "replies"}
        and isinstance(replies, dict)
        and all(isinstance(text, str) and _is_reply(REPLY + name) for name, text in replies.items())
    )
    if not fits:
        raise _LineFault(
            'got other JSON, expected {"statement": "...", "replies": {"NAME": "..."}}, the second if you like; '
            "correct it"
        )
    return {"statement": fields["statement"], **{REPLY + name: text for name, text in replies.items()}}
