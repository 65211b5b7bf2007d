"""How anything gets from the server to the page: frozen dataclasses, whose fields the page reads by name.

Each screen has its own in a `payload.py`. Most have a `phase`, which says what the widget draws. `to_page` turns them
into JSON; it is the only way from a payload to the page. What comes from the page is read with `as_form` and checked
where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

Json = dict[str, Any]
"""A JSON object: what the page gets."""

DIGITS = 6
"""Decimals of a number; corners of an atlas's regions need so many."""


def to_page(payload: object) -> Json:
    """A payload as a JSON object: dataclasses become objects, tuples lists, and floats are rounded.

    Raises:
        TypeError: It is neither a dataclass nor a mapping.
    """
    found = _plain(payload)
    if not isinstance(found, dict):
        raise TypeError(f"Got {type(payload).__name__} for the page: expected a dataclass.")
    return found


def _plain(value: object) -> object:
    if isinstance(value, float):
        return round(value, DIGITS)
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def as_form(data: object) -> Mapping[str, object]:
    """What a page sent as a form; anything that is not a form counts as an empty one."""
    return data if isinstance(data, Mapping) else {}


@dataclass(frozen=True)
class Failed:
    """What went wrong.

    Attributes:
        message: One line for the user.
        phase: How the widget draws it.
    """

    message: str
    phase: Literal["error"] = "error"


@dataclass(frozen=True)
class Part:
    """An objective.

    Attributes:
        name: As the weights have it.
        label: As the screens show it.
    """

    name: str
    label: str
