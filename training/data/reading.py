"""Checked reading of CSV, JSONL and JSON files: every fault names its file and line. Knows no corpus."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emorl.errors import CorpusError


def squeeze(text: str) -> str:
    """The text with every run of white space replaced by one space."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Row:
    """A line of a file, and where it is, so that an error can name it."""

    path: Path
    line: int
    values: Mapping[str, object]

    def fault(self, got: str, expected: str, remedy: str) -> CorpusError:
        """An error that names this line."""
        return fault(self.path, self.line, got, expected, remedy)

    def text(self, key: str, empty: bool = False) -> str:
        """A text field with white space squeezed.

        Raises:
            CorpusError: It is missing, not a text, or empty where `empty` is false.
        """
        value = self.values.get(key)
        if not isinstance(value, str):
            raise self.fault(f"{key} = {short(value)}", "a text", "restore the line from the owners' file")
        value = squeeze(value)
        if not value and not empty:
            raise self.fault(f"an empty {key}", "some text", "fill it in or take the line out")
        return value

    def flag(self, key: str) -> bool:
        """A JSON boolean.

        Raises:
            CorpusError: It is missing or of another type.
        """
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self.fault(f"{key} = {short(value)}", "true or false", "prepare the file again")
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """A field that takes one of a few values, compared as text without regard to case.

        Raises:
            CorpusError: It has another value.
        """
        value = str(self.values.get(key)).strip().lower()
        if value not in allowed:
            got, expected = f"{key} = {short(self.values.get(key))}", "one of " + ", ".join(allowed)
            raise self.fault(got, expected, "correct the line or fetch the file again")
        return value


def fault(path: Path, line: int, got: str, expected: str, remedy: str) -> CorpusError:
    """The error about one line of a file."""
    return CorpusError.at(f"{path}:{line}", got, expected, remedy)


def short(value: object, length: int = 40) -> str:
    """A value as it would be typed, cut to one short line."""
    shown = repr(value)
    return shown if len(shown) <= length else shown[: length - 3] + "..."


def read_csv(path: Path, columns: Sequence[str], header: bool = True) -> Iterator[Row]:
    """Rows of a CSV file.

    Args:
        path: The file, UTF-8 with or without byte order mark.
        columns: Names that must be in the header, in any order; without a header, the names of all columns.
        header: Whether the first line names the columns.

    Yields:
        A row for each record; `line` is where the record starts.

    Raises:
        CorpusError: A missing column, a record of another length, broken quoting, or a file without records.
    """
    names = list(columns)
    found = False
    start = 1
    with open(path, encoding="utf-8-sig", newline="") as file:
        records = csv.reader(file, strict=True)
        try:
            if header:
                names = next(records, [])
                absent = [name for name in columns if name not in names]
                if absent:
                    got = f"a header without {', '.join(absent)}"
                    raise fault(path, 1, got, ",".join(columns), "fetch the file again from its owners")
                start = records.line_num + 1
            for record in records:
                if record:
                    if len(record) != len(names):
                        got, expected = f"{len(record)} columns", f"{len(names)} ({','.join(names)})"
                        raise fault(path, start, got, expected, "check the quotes and commas of this line")
                    found = True
                    yield Row(path, start, dict(zip(names, record, strict=True)))
                start = records.line_num + 1
        except csv.Error as error:
            got = f"broken CSV ({error})"
            raise fault(path, start, got, "closed quotes", "fetch the file again") from error
        except UnicodeDecodeError as error:
            raise _encoding(path, start) from error
    if not found:
        raise fault(path, 1, "no records", "at least one", "fetch the file again")


def read_jsonl(path: Path, keys: Sequence[str]) -> Iterator[Row]:
    """Rows of a file with one JSON object a line; blank lines are skipped.

    Raises:
        CorpusError: No such file, a line that is no JSON object or lacks one of `keys`, or a file without lines.
    """
    found = False
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError.at(
            str(path), f"no readable file ({error.strerror})", "one JSON object a line", "name the file or restore it"
        ) from error
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise _encoding(path, number) from error
        except json.JSONDecodeError as error:
            got = f"broken JSON ({error.msg})"
            raise fault(path, number, got, "one object a line", "correct the line") from error
        found = True
        yield _object(path, number, value, keys)
    if not found:
        raise fault(path, 1, "an empty file", "one JSON object a line", "fetch or write the file again")


def read_json_list(path: Path, keys: Sequence[str]) -> Iterator[Row]:
    """Rows of a file that is one JSON list of objects; `line` counts the objects.

    Raises:
        CorpusError: No JSON, no list, an empty list, or an object that lacks one of `keys`.
    """
    try:
        values = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _encoding(path, 1) from error
    except json.JSONDecodeError as error:
        got = f"broken JSON ({error.msg})"
        raise fault(path, error.lineno, got, "a list", "fetch the file again") from error
    if not isinstance(values, list) or not values:
        raise fault(path, 1, short(values), "a list of objects", "fetch the file again")
    for number, value in enumerate(values, start=1):
        yield _object(path, number, value, keys)


def _encoding(path: Path, line: int) -> CorpusError:
    return fault(path, line, "bytes that are not UTF-8", "UTF-8", "convert the file to UTF-8")


def _object(path: Path, line: int, value: object, keys: Sequence[str]) -> Row:
    if not isinstance(value, dict):
        raise fault(path, line, short(value), "a JSON object", "correct the line")
    absent = [key for key in keys if key not in value]
    if absent:
        raise fault(path, line, f"no {', '.join(absent)}", f"the keys {', '.join(keys)}", "complete the line")
    return Row(path, line, value)
