"""The order of one rater's queue: which item comes where, which side stands on the left, what comes twice.

Left out: balancing orders between raters; each is drawn on its own.
"""

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from emorl.ratings.storage.item import Item
from emorl.ratings.storage.schema import Assignment, ItemRow, Rater
from emorl.ratings.storage.store import RatingStore

REPEAT_SHARE = 0.1
GAP = 5


def lay_out(store: RatingStore, rater: str, shared: Sequence[Item], rng: random.Random) -> None:
    """Give every shared item and every item of the rater's own a place in their queue; done once for each."""
    ensure_items(store, [(item, None) for item in shared])
    marks = [row_key(item, None) for item in shared]
    for _ in range(2):  # another window of the same rater may be doing the same
        try:
            with store.transaction() as session:
                mine = (ItemRow.owner_id == rater) | (ItemRow.owner_id.is_(None) & ItemRow.key.in_(marks))
                placed = select(Assignment.item_id).where(Assignment.rater_id == rater)
                found = session.execute(select(ItemRow.id, ItemRow.key).where(mine, ItemRow.id.not_in(placed)))
                new = {number: key for number, key in found}
                if not new:
                    return
                last = session.scalar(select(func.max(Assignment.place)).where(Assignment.rater_id == rater))
                order = list(new)
                rng.shuffle(order)
                laid = with_repeats(order, rng) if last is None else [(item, False) for item in order]
                rows = [
                    Assignment(
                        mark=secrets.token_hex(16),
                        rater_id=rater,
                        item_id=item,
                        place=place,
                        repeated=repeated,
                        flipped=rng.random() < 0.5,
                    )
                    for place, (item, repeated) in enumerate(laid, start=0 if last is None else last + 1)
                ]
                session.add_all(rows)
                line = layout_line(rater, [(row, new[row.item_id]) for row in rows])
        except IntegrityError:
            continue
        store.write_down(line)
        return


def ensure_items(store: RatingStore, items: Sequence[tuple[Item, str | None]]) -> None:
    """Store items (each with its owner, None for shared ones) that are not there yet."""
    wanted = {row_key(item, owner): (item, owner) for item, owner in items}
    for _ in range(2):
        try:
            with store.transaction() as session:
                known = set(session.scalars(select(ItemRow.key).where(ItemRow.key.in_(wanted))))
                for key in wanted.keys() - known:
                    item, owner = wanted[key]
                    session.add(ItemRow(key=key, owner_id=owner, content=item.as_dict(), created_at=datetime.now(UTC)))
            return
        except IntegrityError:
            continue


def with_repeats(order: Sequence[int], rng: random.Random, share: float = REPEAT_SHARE) -> list[tuple[int, bool]]:
    """An order with some items shown again, each at least `GAP` places after its first showing where there is room.

    Args:
        order: item numbers, each once.
        rng: draws which are repeated and where.
        share: part of the items that come twice; at least one if there are more than `GAP`.

    Returns:
        (item, repeated) in the order of showing.
    """
    laid: list[tuple[int, bool]] = [(item, False) for item in order]
    room = len(order) - GAP
    if room <= 0:
        return laid
    for item in rng.sample(list(order[:room]), min(room, max(1, round(share * len(order))))):
        after = laid.index((item, False)) + GAP + 1
        laid.insert(rng.randint(after, len(laid)), (item, True))
    return laid


def row_key(item: Item, owner: str | None) -> str:
    """Key of an item's row: equal content of two owners is two rows."""
    return item.key if owner is None else hashlib.sha256(f"{owner}:{item.key}".encode()).hexdigest()


def layout_line(rater: str, places: Sequence[tuple[Assignment, str]]) -> dict[str, object]:
    """The journal's line of newly laid out places, each with its item's key."""
    fields = ("mark", "place", "repeated", "flipped")
    laid = [{"key": key, **{name: getattr(row, name) for name in fields}} for row, key in places]
    return {"event": "layout", "rater": rater, "places": laid}


def rater_row(session: Session, rater: str) -> Rater:
    """A rater's row, made at the first call."""
    row = session.get(Rater, rater)
    if row is None:
        row = Rater(id=rater, created_at=datetime.now(UTC))
        session.add(row)
        session.flush()
    return row
