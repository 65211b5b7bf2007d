"""The columns that follow from a record's fields, and the way of a record into a row and back.

Left out: keys and what only the store knows, which the tables in `schema` declare themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_origin

from sqlalchemy import CheckConstraint, Table
from sqlalchemy.orm import DeclarativeBase, mapped_column

from emorl.ratings.storage.fields import own_fields

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound=DeclarativeBase)


def with_columns_of(
    record: type[DataclassInstance],
    leave_out: Collection[str] = (),
    index: Collection[str] = (),
    unique: Collection[str] = (),
) -> Callable[[type[Row]], type[Row]]:
    """Give a table a column, and where its kind has a rule also a check, for each field that a record declares itself.

    Args:
        record: the record; inherited fields belong to another table.
        leave_out: fields that the table stores in another way.
        index: fields that are searched.
        unique: fields whose value may appear once.
    """

    def add(table: type[Row]) -> type[Row]:
        for field in own_fields(record):
            if field.name in leave_out or field.kind is None:
                continue
            column = mapped_column(
                field.kind.column,
                nullable=field.optional,
                index=field.name in index or None,
                unique=field.name in unique or None,
            )
            setattr(table, field.name, column)
            rule = field.kind.rule(field.name)
            if rule is not None:
                name, condition = rule
                cast(Table, table.__table__).append_constraint(CheckConstraint(condition, name=name))
        return table

    return add


def to_columns(record: DataclassInstance, declared_by: type[DataclassInstance]) -> dict[str, object]:
    """The values of a record's fields, of those that `declared_by` declares itself, as columns hold them."""
    values = {field.name: getattr(record, field.name) for field in own_fields(declared_by)}
    return {name: _plain(value) for name, value in values.items()}


def from_columns(
    row: DeclarativeBase, declared_by: type[DataclassInstance], leave_out: Collection[str] = ()
) -> dict[str, Any]:
    """The fields that a record declares itself, from the columns of a row."""
    found = {}
    for field in own_fields(declared_by):
        if field.name not in leave_out:
            value = getattr(row, field.name)
            found[field.name] = tuple(value) if get_origin(field.plain) is tuple else value
    return found


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
