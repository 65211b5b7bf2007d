"""Plays journals back into a store: after a restart on a host whose disk was wiped, everything is there again.

Lines of all files are taken in the order of their moments. Each changes nothing if it was played before, so a store
that still has its data is safe too. A line that no longer fits (a former form, say) is counted and left out.

Left out: drafts, which are not in the journal.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from emorl.errors import RatingError
from emorl.ratings.queue.order import row_key
from emorl.ratings.storage.item import Item
from emorl.ratings.storage.journal import rating_of, read_lines
from emorl.ratings.storage.judgement import QUEUE_VERSION, Answer, check_answer
from emorl.ratings.storage.schema import Assignment, ItemRow, Judgement, Rater
from emorl.ratings.storage.store import RatingStore

log = logging.getLogger(__name__)
_TOKEN = re.compile(r"([0-9a-f]{32})-([1-9][0-9]{0,5})")


def restore(store: RatingStore, files: Iterable[Path], shared: Iterable[Item] = ()) -> tuple[int, int]:
    """Play journals into a store, without writing them down again.

    Args:
        store: any store, usually an empty one.
        files: the journals, in any order.
        shared: the shared items, to which a laid-out queue refers by key.

    Returns:
        Lines played, and lines left out because they no longer fit.
    """
    known = {row_key(item, None): item for item in shared}
    journal, store.journal = store.journal, None
    played = failed = 0
    try:
        for line in read_lines(files):
            try:
                _play(store, line, known)
                played += 1
            except (RatingError, SQLAlchemyError, KeyError, TypeError, ValueError, AttributeError) as fault:
                failed += 1
                log.warning("a journal line was left out: %s", type(fault).__name__)
    finally:
        store.journal = journal
    return played, failed


def _play(store: RatingStore, line: Mapping[str, Any], shared: Mapping[str, Item]) -> None:
    event, at = line["event"], datetime.fromisoformat(line["at"])
    if event == "rating":
        store.add(rating_of(line))
    elif event == "forget":
        store.forget(line["rater"])
    elif event == "purge":
        store.purge_before(datetime.fromisoformat(line["before"]))
    else:
        with store.transaction() as session:
            if event == "consent":
                rater = _rater(session, line["rater"], at)
                rater.consent_version, rater.consent_at = int(line["version"]), rater.consent_at or at
            elif event == "item":
                _item(session, Item.from_dict(line["item"]), line["rater"], at)
            elif event == "layout":
                _layout(session, line, shared, at)
            elif event == "judgement":
                _judgement(session, line, at)
            elif event in ("withdraw", "reveal"):
                row = session.scalars(select(Judgement).where(Judgement.client_token == line["token"])).one()
                column = "withdrawn_at" if event == "withdraw" else "revealed_at"
                setattr(row, column, getattr(row, column) or at)
            else:
                raise RatingError(f"got a journal line of kind {event!r:.40}, expected one this version writes")


def _rater(session: Session, rater: str, at: datetime) -> Rater:
    row = session.get(Rater, rater)
    if row is None:
        row = Rater(id=rater, created_at=at)
        session.add(row)
        session.flush()
    return row


def _item(session: Session, item: Item, owner: str | None, at: datetime) -> ItemRow:
    key = row_key(item, owner)
    row = session.scalar(select(ItemRow).where(ItemRow.key == key))
    if row is None:
        if owner is not None:
            _rater(session, owner, at)
        row = ItemRow(key=key, owner_id=owner, content=item.as_dict(), created_at=at)
        session.add(row)
        session.flush()
    return row


def _layout(session: Session, line: Mapping[str, Any], shared: Mapping[str, Item], at: datetime) -> None:
    _rater(session, line["rater"], at)
    for place in line["places"]:
        row = session.scalar(select(ItemRow).where(ItemRow.key == place["key"]))
        if row is None and place["key"] in shared:
            row = _item(session, shared[place["key"]], None, at)
        taken = select(Assignment.id).where(Assignment.mark == place["mark"])
        if row is None or session.scalar(taken) is not None:
            continue  # an item that is no longer there, or a place that is there already
        session.add(
            Assignment(
                mark=place["mark"],
                rater_id=line["rater"],
                item_id=row.id,
                place=int(place["place"]),
                repeated=bool(place["repeated"]),
                flipped=bool(place["flipped"]),
            )
        )


def _judgement(session: Session, line: Mapping[str, Any], at: datetime) -> None:
    if session.scalar(select(Judgement.id).where(Judgement.client_token == line["token"])) is not None:
        return
    found = _TOKEN.fullmatch(line["token"])
    if found is None:
        raise RatingError("got a judgement without a token, expected the mark of its place and its revision")
    item = Item.from_dict(line["item"])
    answer = Answer(**{**line["answer"], "flags": tuple(line["answer"]["flags"])})
    check_answer(answer, item.is_pair)
    shown_at, submitted_at = (datetime.fromisoformat(line[name]) for name in ("shown_at", "submitted_at"))
    place = session.scalar(select(Assignment).where(Assignment.mark == found[1]))
    if place is None:  # its layout line is lost, or the item is no longer among the shared ones
        owner = None if item.source == "data" else line["rater"]
        _rater(session, line["rater"], at)
        place = Assignment(
            mark=found[1],
            rater_id=line["rater"],
            item_id=_item(session, item, owner, at).id,
            place=int(line["place"]),
            repeated=bool(line["repeat"]),
            flipped=bool(line["flipped"]),
        )
        session.add(place)
    place.shown_at = place.shown_at or shown_at
    values = {name: getattr(answer, name) for name in ("choice", "depth", "empathy", "fluency", "would_say", "skip")}
    session.add(
        Judgement(
            assignment=place,
            schema_version=QUEUE_VERSION,
            revision=int(found[2]),
            **values,
            flags=list(answer.flags),
            comment=answer.comment,
            blind=bool(line["blind"]),
            shown_at=shown_at.astimezone(UTC),
            submitted_at=submitted_at.astimezone(UTC),
            client_token=line["token"],
        )
    )
