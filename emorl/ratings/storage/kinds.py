"""What one field of a record may hold: the check at the edge and the column that stores it.

A record names the kind beside the type, as in `depth: Annotated[str, OneOf(DEPTHS)]`; `fields` reads it from there.

Left out: rules that concern two fields at once; they are checked beside the record.
"""

from __future__ import annotations

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Double, Integer, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from emorl.errors import RatingError

ColumnType = TypeEngine[Any]
MAX_SHOWN = 60
CORRECT = "correct it"
"""What to do about a field that holds something else than it may."""
SUM_TOLERANCE = 1e-3


def fault(name: str, got: object, expected: str) -> RatingError:
    """The error about one field, with what was got cut short."""
    shown = repr(got)
    shown = shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 3] + "..."
    return RatingError.at(name, shown, expected, CORRECT)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: aware going in and coming out, also on SQLite, which keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC.

        Raises:
            ValueError: the moment has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"Got {value!r}: expected a moment with its time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its time zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Kind(ABC):
    """One kind of field."""

    @abstractmethod
    def check(self, name: str, value: object) -> None:
        """Check a value that is not None.

        Raises:
            RatingError: the value is not allowed; the message begins with `name`.
        """

    @property
    @abstractmethod
    def column(self) -> ColumnType:
        """Type of the column that stores it."""

    def rule(self, name: str) -> tuple[str, str] | None:
        """Name and SQL of the check that the database makes of a column too; None if it makes none."""
        return None


@dataclass(frozen=True)
class Identifier(Kind):
    """A random id."""

    column = String(64)

    def check(self, name: str, value: object) -> None:
        """Letters, digits, `-` and `_`, at most 64."""
        if not isinstance(value, str) or not re.fullmatch("[A-Za-z0-9_-]{1,64}", value):
            raise fault(name, value, "1 to 64 letters, digits, '-' or '_' (a random id, never a name)")


@dataclass(frozen=True)
class Sha256(Kind):
    """A SHA-256 in hexadecimal digits."""

    column = String(64)

    def check(self, name: str, value: object) -> None:
        """Exactly 64 digits."""
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
            raise fault(name, value, "64 lower-case hex digits")


@dataclass(frozen=True)
class FreeText(Kind):
    """Text that somebody wrote.

    Attributes:
        max_length: in characters.
        may_be_blank: whether it may be empty or only spaces.
        short: whether the column is limited to `max_length` too.
    """

    max_length: int
    may_be_blank: bool = True
    short: bool = False

    def check(self, name: str, value: object) -> None:
        """Text that every database can store."""
        if not isinstance(value, str):
            raise fault(name, value, "text")
        if len(value) > self.max_length:
            raise RatingError.at(name, f"{len(value)} characters", f"at most {self.max_length}", "shorten it")
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise fault(name, value, "text without NUL or broken Unicode")
        if not self.may_be_blank and not value.strip():
            raise fault(name, value, "text that is not empty")

    @property
    def column(self) -> ColumnType:
        """Text."""
        return String(self.max_length) if self.short else Text()


@dataclass(frozen=True)
class OneOf(Kind):
    """One of a few words.

    Attributes:
        values: the words.
        width: of the column, in characters.
        open_ended: more words may follow, so the database does not check them.
    """

    values: tuple[str, ...]
    width: int = 16
    open_ended: bool = False

    def check(self, name: str, value: object) -> None:
        """A known word."""
        if value not in self.values:
            raise fault(name, value, f"one of {', '.join(self.values)}")

    @property
    def column(self) -> ColumnType:
        """Short text."""
        return String(self.width)

    def rule(self, name: str) -> tuple[str, str] | None:
        """The same words."""
        words = ", ".join(f"'{word}'" for word in self.values)
        return None if self.open_ended else (f"{name}_known", f"{name} IN ({words})")


@dataclass(frozen=True)
class SomeOf(Kind):
    """Any number of a few words."""

    values: tuple[str, ...]

    column = JSON()

    def check(self, name: str, value: object) -> None:
        """Known words only."""
        if not isinstance(value, tuple):
            raise fault(name, value, "a tuple of words")
        for word in value:
            OneOf(self.values).check(name, word)


@dataclass(frozen=True)
class Places(Kind):
    """Places in some texts, such as "first:4-9": of the first text the characters from number 4 up to number 9.

    Attributes:
        texts: what the texts are called.
        most: how many places there may be.
    """

    texts: tuple[str, ...]
    most: int

    column = JSON()

    def check(self, name: str, value: object) -> None:
        """Known texts, and characters in order."""
        if not isinstance(value, tuple):
            raise fault(name, value, "a tuple of places")
        if len(value) > self.most:
            raise RatingError.at(name, f"{len(value)} places", f"at most {self.most}", "mark fewer")
        for place in value:
            self.read(name, place)

    def read(self, name: str, place: object) -> tuple[str, int, int]:
        """The text that a place is in, its first character, and the one behind its last, from 0.

        Raises:
            RatingError: it is no place.
        """
        found = re.fullmatch(rf"({'|'.join(self.texts)}):([0-9]{{1,5}})-([0-9]{{1,5}})", str(place))
        if found is None or int(found[2]) >= int(found[3]):
            raise fault(name, place, f"a place such as {self.texts[0]}:4-9")
        return found[1], int(found[2]), int(found[3])


@dataclass(frozen=True)
class Level(Kind):
    """A level from 0 to 2."""

    highest: int = 2

    column = Integer()

    def check(self, name: str, value: object) -> None:
        """A whole number of the scale."""
        if type(value) is not int or not 0 <= value <= self.highest:
            levels = [str(level) for level in range(self.highest + 1)]
            raise fault(name, value, f"{', '.join(levels[:-1])} or {levels[-1]}")

    def rule(self, name: str) -> tuple[str, str] | None:
        """The same range."""
        return f"{name}_range", f"{name} BETWEEN 0 AND {self.highest}"


@dataclass(frozen=True)
class Seed(Kind):
    """A seed that fits into 31 bits."""

    column = Integer()

    def check(self, name: str, value: object) -> None:
        """A whole number in range."""
        if type(value) is not int or not 0 <= value < 2**31:
            raise fault(name, value, "a whole number from 0 to 2147483647")


@dataclass(frozen=True)
class Count(Kind):
    """How many of something."""

    column = Integer()

    def check(self, name: str, value: object) -> None:
        """A whole number from 1 upwards."""
        if type(value) is not int or not 1 <= value < 2**31:
            raise fault(name, value, "a whole number from 1 upwards")


@dataclass(frozen=True)
class NotNegative(Kind):
    """A finite number from 0 upwards."""

    column = Double()

    def check(self, name: str, value: object) -> None:
        """A number, but not True or False."""
        if not _is_number(value) or value < 0:  # type: ignore[operator]
            raise fault(name, value, "a finite number, not negative")


@dataclass(frozen=True)
class Scores(Kind):
    """A number from 0 to 1 for each name."""

    column = JSON()

    def check(self, name: str, value: object) -> None:
        """Names and numbers in range."""
        if not isinstance(value, Mapping):
            raise fault(name, value, "a mapping from objective to number")
        for objective, number in value.items():
            if not isinstance(objective, str) or not objective or not _is_number(number) or not 0 <= number <= 1:
                raise fault(f"{name}[{objective!r}]", number, self._expected())

    def _expected(self) -> str:
        return "a number from 0 to 1"


@dataclass(frozen=True)
class Shares(Scores):
    """A share of each objective; they sum to 1, or are all 0 for the base model."""

    def check(self, name: str, value: object) -> None:
        """Numbers in range with the right sum."""
        super().check(name, value)
        assert isinstance(value, Mapping)
        total = sum(value.values())
        if not value or not (total == 0 or math.isclose(total, 1, abs_tol=SUM_TOLERANCE)):
            raise fault(name, dict(value), "shares that sum to 1, or are all 0 for the base model")

    def _expected(self) -> str:
        return "a number from 0 to 1, in shares that sum to 1 or are all 0 for the base model"


@dataclass(frozen=True)
class JsonObject(Kind):
    """A mapping that JSON can hold.

    Attributes:
        contents: what it holds, in words, for the message about an empty one.
        may_be_empty: whether it may hold nothing.
    """

    contents: str
    may_be_empty: bool = False

    column = JSON()

    def check(self, name: str, value: object) -> None:
        """Text, finite numbers, lists and mappings, at any depth."""
        if not isinstance(value, Mapping) or not (value or self.may_be_empty):
            raise fault(name, value, f"a mapping with {self.contents}")
        try:
            json.dumps(dict(value), allow_nan=False)
        except (TypeError, ValueError):
            raise RatingError.at(
                name, "something that is not JSON", "text, numbers and mappings only", CORRECT
            ) from None


@dataclass(frozen=True)
class Moment(Kind):
    """A moment with its time zone."""

    column = UtcDateTime()

    def check(self, name: str, value: object) -> None:
        """An aware moment."""
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise fault(name, value, "a moment with its time zone, such as datetime.now(UTC)")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
