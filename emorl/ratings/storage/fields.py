"""What follows from the fields of a record: their checks, and the record as JSON and back.

A record is a frozen dataclass. A field's annotation says everything about it: `Annotated[str, OneOf(...)]` its kind,
`| None` that it may be absent. Columns follow from the same annotations (`schema`), journal lines and export rows from
the JSON.

Left out: conversion between versions of a record. A new field gets a default, so that older lines can still be read.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, is_dataclass, replace
from dataclasses import fields as declared
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, TypeVar, Union, get_args, get_origin, get_type_hints

from emorl.errors import RatingError
from emorl.ratings.storage.kinds import CORRECT, Kind, fault

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")


@dataclass(frozen=True)
class Field:
    """One field of a record.

    Attributes:
        name: of the field, and of its column, its key in the journal and its column in an export.
        plain: its type without kind and None, for example `str` or `tuple[str, ...]`.
        kind: what it may hold; None where the type says it all.
        optional: whether it may be None.
        required: whether it has no default.
    """

    name: str
    plain: object
    kind: Kind | None
    optional: bool
    required: bool


@cache
def fields_of(record: type[DataclassInstance]) -> tuple[Field, ...]:
    """The fields of a record in the order of their declaration, inherited ones first."""
    hints = get_type_hints(record, include_extras=True)
    found = []
    for one in declared(record):
        hint, optional, kind = hints[one.name], False, None
        if get_origin(hint) in (Union, types.UnionType):
            (hint,) = (member for member in get_args(hint) if member is not type(None))
            optional = True
        if get_origin(hint) is Annotated:
            hint, kind = get_args(hint)
        required = one.default is MISSING and one.default_factory is MISSING
        found.append(Field(one.name, hint, kind, optional, required))
    return tuple(found)


def own_fields(record: type[DataclassInstance]) -> tuple[Field, ...]:
    """The fields that a record declares itself, without those it inherits."""
    return tuple(field for field in fields_of(record) if field.name in record.__annotations__)


def check_fields(record: DataclassInstance, label: str = "") -> None:
    """Check every field that has a kind.

    Args:
        record: any record.
        label: put before the name of the field in messages.

    Raises:
        RatingError: a field holds what its kind does not allow; the message names the first one.
    """
    for field in fields_of(type(record)):
        value = getattr(record, field.name)
        if field.kind is not None and not (value is None and field.optional):
            field.kind.check(label + field.name, value)


def to_json(record: DataclassInstance) -> dict[str, object]:
    """A record as plain JSON: nested records and mappings as objects, tuples as lists, moments in ISO 8601."""
    return {field.name: _encode(getattr(record, field.name)) for field in fields_of(type(record))}


def from_json(record: type[R], content: object) -> R:
    """The record that `to_json` described. Kinds are not checked; `check_fields` does that.

    Raises:
        RatingError: a field is missing, unknown, or of another type.
    """
    name = record.__name__
    if not isinstance(content, Mapping):
        raise fault(name, content, "an object with its fields")
    known = {field.name: field for field in fields_of(record)}
    missing = [field.name for field in known.values() if field.required and field.name not in content]
    if missing:
        raise RatingError.at(name, "one that is not whole", f"{', '.join(missing)} as well", CORRECT)
    unknown = [key for key in content if key not in known]
    if unknown:
        raise fault(name, unknown, "only fields that this version knows")
    return record(**{key: _decode(known[key], value) for key, value in content.items()})


def _encode(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return to_json(value)
    if isinstance(value, Mapping):
        return {key: _encode(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _decode(field: Field, value: object) -> object:
    if value is None and field.optional:
        return None
    if get_origin(field.plain) is tuple and isinstance(value, list):
        member = replace(field, plain=get_args(field.plain)[0], optional=False)
        return tuple(_decode(member, inner) for inner in value)
    if is_dataclass(field.plain) and isinstance(field.plain, type):
        return from_json(field.plain, value)
    if field.plain is datetime:
        return _moment(field.name, value)
    if field.kind is None and isinstance(field.plain, type) and type(value) is not field.plain:
        raise fault(field.name, value, f"a value of type {field.plain.__name__}")
    return value


def _moment(name: str, value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise fault(name, value, "a moment as in 2026-01-31T12:00:00+00:00") from None
