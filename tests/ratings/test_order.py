"""The order of a queue: laid out once, new items behind, equal content of two owners kept apart, one journal line."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from emorl.ratings import Item, RatingStore, Side
from emorl.ratings.queue.order import MIN_GAP, ensure_items, lay_out, with_repeats
from emorl.ratings.storage.item import row_key
from emorl.ratings.storage.journal import Journal, read_lines
from emorl.ratings.storage.rows import rater_row

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ITEMS = [Item(f"Statement {k}.", Side("one", "a"), Side("two", "b")) for k in range(12)]


def places(store: RatingStore, rater: str) -> list[tuple[int, str, bool]]:
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT place, key, repeated FROM assignment JOIN item ON item.id = item_id "
            f"WHERE rater_id = '{rater}' ORDER BY place"
        )
        return [(place, key, bool(repeated)) for place, key, repeated in rows]


def rater(store: RatingStore, name: str) -> str:
    with store.transaction() as session:
        rater_row(session, name, NOW)
        rater_row(session, name, NOW)  # the second call finds it
    return name


def test_a_queue_is_laid_out_once_and_what_comes_later_goes_behind(store: RatingStore) -> None:
    who = rater(store, "rater-a")
    lay_out(store, who, ITEMS[:10], random.Random(1))
    first = places(store, who)
    assert [place for place, _, _ in first] == list(range(11))  # ten items, one of them twice
    assert sum(repeated for _, _, repeated in first) == 1
    lay_out(store, who, ITEMS[:10], random.Random(2))
    assert places(store, who) == first
    ensure_items(store, [ITEMS[0]], who)  # the same words, sent by the rater
    lay_out(store, who, ITEMS, random.Random(3))
    after = places(store, who)
    assert after[:11] == first
    assert {key for _, key, _ in after[11:]} == {ITEMS[10].key, ITEMS[11].key, row_key(ITEMS[0], who)}
    assert not any(repeated for _, _, repeated in after[11:])  # repeats belong to the first layout


def test_items_of_a_rater_are_nobody_elses(store: RatingStore) -> None:
    for name in ("rater-a", "rater-b"):
        ensure_items(store, [ITEMS[0]], rater(store, name))
        ensure_items(store, [ITEMS[0]], name)  # once
        lay_out(store, name, (), random.Random(1))
        assert [key for _, key, _ in places(store, name)] == [row_key(ITEMS[0], name)]
    assert len({row_key(ITEMS[0], owner) for owner in (None, "rater-a", "rater-b")}) == 3
    assert row_key(ITEMS[0], None) == ITEMS[0].key


def test_shared_items_that_are_no_longer_given_are_not_laid_out(store: RatingStore) -> None:
    ensure_items(store, ITEMS, None)
    lay_out(store, rater(store, "rater-a"), ITEMS[:3], random.Random(1))
    assert {key for _, key, _ in places(store, "rater-a")} == {item.key for item in ITEMS[:3]}


def test_a_layout_is_one_line_of_the_journal(store: RatingStore, tmp_path: Path) -> None:
    store.journal = Journal(tmp_path)
    who = rater(store, "rater-a")
    lay_out(store, who, ITEMS, random.Random(1))
    lay_out(store, who, ITEMS, random.Random(1))  # nothing new, no line
    (line,) = read_lines([store.journal.file])
    assert (line["event"], line["rater"]) == ("layout", who)
    laid = cast(list[dict[str, Any]], line["places"])
    assert [(place["place"], place["key"], place["repeated"]) for place in laid] == places(store, who)
    assert len({place["mark"] for place in laid}) == 13


@pytest.mark.parametrize(
    ("count", "share", "twice"), [(5, 1.0, 0), (6, 0.1, 1), (6, 1.0, 1), (24, 0.1, 2), (40, 0.25, 10)]
)
def test_how_many_items_come_twice(count: int, share: float, twice: int) -> None:
    laid = with_repeats(range(count), random.Random(0), share)
    assert len(laid) == count + twice
    for item in {item for item, repeated in laid if repeated}:
        assert laid.index((item, True)) - laid.index((item, False)) > MIN_GAP
