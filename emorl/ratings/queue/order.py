"""The order of one rater's queue: which item comes where, which side stands on the left, what comes twice.

Left out: balancing orders between raters; each is drawn on its own.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from emorl.ratings.storage.events import QueueEntry, QueueLaidOut
from emorl.ratings.storage.item import Item, row_key
from emorl.ratings.storage.schema import Assignment, ItemRow, Rater
from emorl.ratings.storage.store import RatingStore

REPEAT_SHARE = 0.1
MIN_GAP = 5
"""Items between the two showings of one item, at least."""
MAX_TRIES = 2  # another window of the same rater may be doing the same


def lay_out(store: RatingStore, rater: str, shared: Sequence[Item], rng: random.Random) -> None:
    """Give every shared item, and every item the rater has sent, a place in their queue; each gets its place once."""
    ensure_items(store, shared, None)
    keys = [row_key(item, None) for item in shared]
    add_places(store, rater, lambda session: _new_entries(session, rater, keys, rng))


def add_places(store: RatingStore, rater: str, entries: Callable[[Session], tuple[QueueEntry, ...]]) -> None:
    """Add places to a rater's queue and write them down: those that `entries` adds in a transaction."""
    for _ in range(MAX_TRIES):
        try:
            with store.in_order:
                with store.transaction() as session:
                    places = entries(session)
                if places:
                    store.record_event(QueueLaidOut(rater, places))
        except IntegrityError:
            continue
        return


def ensure_items(store: RatingStore, items: Sequence[Item], owner: str | None) -> None:
    """Store the items of one owner (None for shared ones) that are not stored yet."""
    wanted = {row_key(item, owner): item for item in items}
    for _ in range(MAX_TRIES):
        try:
            with store.transaction() as session:
                known = set(session.scalars(select(ItemRow.key).where(ItemRow.key.in_(wanted))))
                for key in sorted(wanted.keys() - known):  # in one order everywhere, or PostgreSQL sees a deadlock
                    content = wanted[key].as_dict()
                    session.add(ItemRow(key=key, owner_id=owner, content=content, created_at=datetime.now(UTC)))
            return
        except IntegrityError:
            continue


def with_repeats(order: Sequence[int], rng: random.Random, share: float = REPEAT_SHARE) -> list[tuple[int, bool]]:
    """An order with some items shown again, each more than `MIN_GAP` places after its first showing.

    Args:
        order: item numbers, each once.
        rng: draws which are repeated and where.
        share: part of the items that come twice; at least one if there are more than `MIN_GAP`, none if there are not.

    Returns:
        (item, repeated) in the order of showing.
    """
    laid: list[tuple[int, bool]] = [(item, False) for item in order]
    room = len(order) - MIN_GAP
    if room <= 0:
        return laid
    for item in rng.sample(list(order[:room]), min(room, max(1, round(share * len(order))))):
        after = laid.index((item, False)) + MIN_GAP + 1
        laid.insert(rng.randint(after, len(laid)), (item, True))
    return laid


def _new_entries(session: Session, rater: str, shared: Sequence[str], rng: random.Random) -> tuple[QueueEntry, ...]:
    """Add places for the items that have none yet; repeats belong to the first layout only."""
    if not _unplaced(session, rater, shared):
        return ()
    # Two processes that add places for one rater, each in its own order, would wait for each other: PostgreSQL lets the
    # second one go on here when the first has finished.
    if session.get(Rater, rater, with_for_update=True) is None:
        return ()  # forgotten at this moment
    keys = _unplaced(session, rater, shared)
    last = session.scalar(select(func.max(Assignment.place)).where(Assignment.rater_id == rater))
    order = list(keys)
    rng.shuffle(order)
    laid = with_repeats(order, rng) if last is None else [(item, False) for item in order]
    entries = []
    for number, (item, repeated) in enumerate(laid, start=0 if last is None else last + 1):
        entries.append(add_place(session, rater, item, keys[item], number, repeated, flipped=rng.random() < 0.5))
    return tuple(entries)


def _unplaced(session: Session, rater: str, shared: Sequence[str]) -> dict[int, str]:
    """Keys of the items, by their rows, that have no place in a rater's queue yet."""
    mine = (ItemRow.owner_id == rater) | (ItemRow.owner_id.is_(None) & ItemRow.key.in_(shared))
    placed = select(Assignment.item_id).where(Assignment.rater_id == rater)
    found = session.execute(select(ItemRow.id, ItemRow.key).where(mine, ItemRow.id.not_in(placed)))
    return {number: key for number, key in found}


def add_place(
    session: Session, rater: str, item: int, key: str, number: int, repeated: bool, flipped: bool
) -> QueueEntry:
    """Give an item, named by its row and key, a place in a rater's queue."""
    entry = QueueEntry(key, secrets.token_hex(16), number, repeated, flipped)
    row = Assignment(mark=entry.mark, rater_id=rater, item_id=item, place=number, repeated=repeated, flipped=flipped)
    session.add(row)
    return entry
