"""Writes the shared rating items: `python -m emorl.ratings.queue.make_items`.

Twelve pairs, eight single reflections, and four items with a known answer: two pairs in which one reflection belongs to
another statement, and two "reflections" that repeat the statement word for word. The statements are our own, none of
them trained on, with simple and complex reflections that were written by hand. Beside them stand replies of the shipped
models at several settings, which `emorl.ui.sending.shipped` writes into `REPLIES_FILE`. The pairs link every setting
with the written ones, so that all of them can be ranked in one list. The choice depends on the files alone: the same
files give the same items.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from emorl.own_split import split_by_text
from emorl.ratings.queue.items import ITEMS_FILE
from emorl.ratings.storage.fields import from_json
from emorl.ratings.storage.item import Item, Side

REFLECTIONS_FILE = ITEMS_FILE.with_name("reflections.jsonl")
REPLIES_FILE = ITEMS_FILE.with_name("rating_replies.jsonl")
WRITTEN = {
    "simple": "simple reflection, written by hand",
    "complex": "complex reflection, written by hand",
}
ELSEWHERE = "reflection of another client's statement"
COPY = "the statement, word for word"
PRESETS = ("balanced", "reflection", "empathy", "base")
"""Settings of the models, by the name of the preset."""
PAIRS = (
    ("simple", "complex"),
    ("balanced", "complex"),
    ("balanced", "base"),
    ("reflection", "simple"),
    ("empathy", "complex"),
    ("simple", "complex"),
    ("balanced", "simple"),
    ("reflection", "empathy"),
    ("base", "simple"),
    ("balanced", "complex"),
    ("empathy", "balanced"),
    ("reflection", "complex"),
)
"""What stands beside what; where both texts are the same, a complex reflection by hand takes the second's place."""
SINGLES = ("complex", "balanced", "simple", "reflection", "balanced", "empathy", "base", "complex")
GOLD_PAIRS, GOLD_SINGLES = 2, 2

Record = Mapping[str, str]
Replies = Mapping[tuple[str, str], Side]
"""Replies of the models by statement and preset."""


def drawn_records(records: Iterable[Record], seed: int = 7) -> list[Record]:
    """One record of each topic, in the order in which they become items.

    Args:
        records: with `topic, statement, simple, complex`.
        seed: which record of a topic is taken, and which topic becomes what.
    """
    rng = random.Random(seed)
    by_topic: dict[str, list[Record]] = {}
    for record in records:
        by_topic.setdefault(record["topic"], []).append(record)
    drawn = [rng.choice(by_topic[topic]) for topic in sorted(by_topic)]
    rng.shuffle(drawn)
    return drawn


def wanted_replies(records: Iterable[Record], seed: int = 7) -> list[tuple[str, str]]:
    """The statements and presets whose replies the items need."""
    drawn = drawn_records(records, seed)
    asked = [*PAIRS, *((name,) for name in SINGLES)]
    return [
        (record["statement"], name)
        for record, names in zip(drawn, asked, strict=False)
        for name in names
        if name in PRESETS
    ]


def make_items(records: Iterable[Record], replies: Replies, seed: int = 7) -> tuple[Item, ...]:
    """Items from records of at least 24 topics and the models' replies to some of them.

    Args:
        records: with `topic, statement, simple, complex`.
        replies: those of `wanted_replies`.
        seed: see `drawn_records`.
    """
    drawn = drawn_records(records, seed)
    chosen = iter(drawn)

    def side(record: Record, name: str) -> Side:
        return Side(record[name], WRITTEN[name]) if name in WRITTEN else replies[record["statement"], name]

    items = []
    for (first, second), record in zip(PAIRS, chosen, strict=False):
        one, two = side(record, first), side(record, second)
        items.append(Item(record["statement"], one, side(record, "complex") if one.text == two.text else two))
    for name, record in zip(SINGLES, chosen, strict=False):
        items.append(Item(record["statement"], side(record, name)))
    for stray, record in zip(drawn, _take(chosen, GOLD_PAIRS), strict=False):
        sides = side(record, "complex"), Side(stray["complex"], ELSEWHERE)
        items.append(Item(record["statement"], *sides, gold={"choice": "first"}))
    for record in _take(chosen, GOLD_SINGLES):
        items.append(Item(record["statement"], Side(record["statement"], COPY), gold={"depth": "none"}))
    return tuple(items)


def _take(records: Iterator[Record], number: int) -> list[Record]:
    return [next(records) for _ in range(number)]


def read_records(path: Path = REFLECTIONS_FILE) -> list[Record]:
    """Our own statements that nothing was trained on, with their reflections."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [record for record in records if split_by_text(record["statement"]) == "test"]


def read_replies(path: Path = REPLIES_FILE) -> dict[tuple[str, str], Side]:
    """The models' replies, as `emorl.ui.sending.shipped` writes them."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(line["statement"], line["preset"]): from_json(Side, line["side"]) for line in lines}


def write(items: Sequence[Item], path: Path) -> None:
    """Write one item a line."""
    path.write_text("".join(json.dumps(item.as_dict(), ensure_ascii=False) + "\n" for item in items), encoding="utf-8")


def main() -> int:
    """Write `ITEMS_FILE`."""
    write(make_items(read_records(), read_replies()), ITEMS_FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
