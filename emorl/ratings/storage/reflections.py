"""Stored reflections by number, with what it takes to write them again.

A reflection that was rated has the number that exports call `generation_id`. One of an item of the queue has the item's
key; a few of its first digits are enough. Left out: writing them again, which is `emorl.reflecting.replay`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from emorl.errors import RatingError
from emorl.ratings.storage.item import Item, Side
from emorl.ratings.storage.schema import Generation, ItemRow
from emorl.ratings.storage.store import RatingStore

MIN_DIGITS = 8


@dataclass(frozen=True)
class StoredReflection:
    """A reflection as it was stored.

    Attributes:
        statement: the client's words, or None where nobody agreed to keep them.
        statement_sha256: their hash; "" for an item, which has the statement.
        reflection: the text.
        weights: share of each objective.
        strength: s.
        temperature: 0 for greedy.
        seed: of the sampling.
        model: hashes of base and adapters.
        written: what else it was written with, or None from before that was kept.
    """

    statement: str | None
    statement_sha256: str
    reflection: str
    weights: Mapping[str, float]
    strength: float
    temperature: float
    seed: int
    model: Mapping[str, object]
    written: Mapping[str, object] | None


def find_reflections(store: RatingStore, number: str) -> tuple[StoredReflection, ...]:
    """The reflection with a number, or those of an item, without those that people wrote.

    Raises:
        RatingError: there is none, or the digits fit more than one item.
    """
    found: tuple[StoredReflection, ...]
    with store.transaction() as session:
        if number.isascii() and number.isdecimal() and len(number) < MIN_DIGITS:
            row = session.get(Generation, int(number))
            found = () if row is None else (_of_row(row),)
        else:
            contents = session.scalars(select(ItemRow.content)).all()
            items = {item.key: item for item in map(Item.from_dict, contents) if item.key.startswith(number)}
            if len(number) < MIN_DIGITS or len(items) > 1:
                raise RatingError.of(
                    repr(number),
                    f"the number of a rated reflection, or at least {MIN_DIGITS} digits of the key of one item",
                    "`ratings export` lists them as generation_id and item",
                )
            found = tuple(_of_side(item, side) for item in items.values() for side in item.sides if _is_written(side))
    if not found:
        raise RatingError.of(repr(number), "a stored reflection that the models wrote", "see `ratings export`")
    return found


def _is_written(side: Side) -> bool:
    return side.weights is not None and {"strength", "temperature", "seed", "model"} <= side.details.keys()


def _of_row(row: Generation) -> StoredReflection:
    names = StoredReflection.__annotations__
    return StoredReflection(**{name: getattr(row, name) for name in names})


def _of_side(item: Item, side: Side) -> StoredReflection:
    details: dict[str, object] = dict(side.details)
    return StoredReflection(
        statement=item.statement,
        statement_sha256="",
        reflection=side.text,
        weights=side.weights or {},
        strength=float(str(details["strength"])),
        temperature=float(str(details["temperature"])),
        seed=int(str(details["seed"])),
        model=_mapping(details["model"]),
        written=_mapping(details["written"]) if details.get("written") else None,
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise RatingError.of(f"{value!r:.60} in an item", "an object", "the item was not made by this app")
    return value
