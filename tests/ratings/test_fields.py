"""A field of a rating is declared once: check, column, journal line and export follow from the declaration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import pytest
from sqlalchemy import CheckConstraint, Table

from emorl.errors import RatingError
from emorl.ratings import Answer, NewRating
from emorl.ratings.export.tables import records
from emorl.ratings.storage.fields import check_fields, fields_of, from_json, own_fields, to_json
from emorl.ratings.storage.kinds import FreeText, Level, Moment, OneOf, Shares, SomeOf
from emorl.ratings.storage.record import ShownReflection, StoredRating
from emorl.ratings.storage.schema import Generation, Judgement, Rating
from tests.ratings.conftest import MakeRating


@dataclass(frozen=True)
class Inner:
    word: Annotated[str, OneOf(("a", "b"))]


@dataclass(frozen=True)
class Outer:
    text: Annotated[str, FreeText(5)] | None
    level: Annotated[int, Level(2)]
    at: Annotated[datetime, Moment()]
    inner: Inner
    weights: Annotated[Mapping[str, float], Shares()]
    flags: Annotated[tuple[str, ...], SomeOf(("x", "y"))] = ()
    many: tuple[Inner, ...] = ()


AT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
OUTER = Outer(None, 1, AT, Inner("a"), {"empathy": 1.0}, ("y",), (Inner("b"), Inner("a")))
JSON = {
    "text": None,
    "level": 1,
    "at": "2026-01-31T12:00:00+00:00",
    "inner": {"word": "a"},
    "weights": {"empathy": 1.0},
    "flags": ["y"],
    "many": [{"word": "b"}, {"word": "a"}],
}


def test_a_record_becomes_json_and_comes_back() -> None:
    assert to_json(OUTER) == JSON
    assert from_json(Outer, JSON) == OUTER
    few = {name: value for name, value in JSON.items() if name not in ("flags", "many")}
    assert from_json(Outer, few).many == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], r"Outer: got \[1\], expected an object"),
        ({**JSON, "inner": "a"}, "Inner: got 'a', expected an object"),
        ({**JSON, "inner": {}}, "Inner: got one that is not whole, expected word as well"),
        ({**JSON, "at": 3}, "at: got 3, expected a moment"),
        ({**JSON, "many": [None]}, "Inner: got None"),
        ({**JSON, "other": 1}, "only fields that this version knows"),
    ],
)
def test_json_of_another_form_is_refused(content: object, message: str) -> None:
    with pytest.raises(RatingError, match=message):
        from_json(Outer, content)


def test_a_field_knows_whether_it_is_optional_and_whether_required() -> None:
    found = {field.name: (field.optional, field.required) for field in fields_of(Outer)}
    assert found["text"] == (True, True) and found["flags"] == (False, False) and found["level"] == (False, True)
    check_fields(OUTER)
    with pytest.raises(RatingError, match="here level: got 3, expected 0, 1 or 2"):
        check_fields(from_json(Outer, {**JSON, "level": 3}), "here ")
    with pytest.raises(RatingError, match="level: got None"):
        check_fields(from_json(Outer, {**JSON, "level": None}))


@pytest.mark.parametrize(
    ("record", "table", "elsewhere"),
    [(ShownReflection, Generation, set()), (NewRating, Rating, {"rater"}), (Answer, Judgement, set())],
)
def test_every_field_has_a_kind_and_a_column(record: type, table: type, elsewhere: set[str]) -> None:
    made: Table = table.__table__  # type: ignore[attr-defined]
    rules = {str(rule.name) for rule in made.constraints if isinstance(rule, CheckConstraint)}
    for field in own_fields(record):
        assert field.kind is not None
        if field.name in elsewhere:
            continue
        assert made.c[field.name].nullable == field.optional
        rule = field.kind.rule(field.name)
        assert rule is None or f"ck_{made.name}_{rule[0]}" in rules


def test_every_field_is_exported(make: MakeRating) -> None:
    (row,) = records([StoredRating(1, 1, 1, 1, make(comment="x"))], comments=True)
    assert {field.name for field in fields_of(NewRating)} - {"client_token"} <= row.keys()
