"""Writes the shared rating items from our own statements: `python -m emorl.ratings.queue.make_items`.

Twelve pairs (simple beside complex), eight single reflections, and four items with a known answer: two pairs in
which one reflection belongs to another statement, and two "reflections" that repeat the statement word for word.
The choice depends on the file alone, so the same file gives the same items. All of it is invented text.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from emorl.ratings.queue.items import ITEMS_FILE
from emorl.ratings.storage.item import Item, Side

REFLECTIONS_FILE = ITEMS_FILE.with_name("reflections.jsonl")
SIMPLE = "simple reflection, written by hand"
COMPLEX = "complex reflection, written by hand"
ELSEWHERE = "reflection of another client's statement"
COPY = "the statement, word for word"
PAIRS, SINGLES, GOLD_PAIRS, GOLD_SINGLES = 12, 8, 2, 2


def make_items(records: Sequence[Mapping[str, str]], seed: int = 7) -> tuple[Item, ...]:
    """Items from records with `topic, statement, simple, complex`, one record of each of 24 topics.

    Args:
        records: at least `PAIRS + SINGLES + GOLD_PAIRS + GOLD_SINGLES` topics.
        seed: which record of a topic is taken, and which topic becomes what.
    """
    rng = random.Random(seed)
    by_topic: dict[str, list[Mapping[str, str]]] = {}
    for record in records:
        by_topic.setdefault(record["topic"], []).append(record)
    drawn = [rng.choice(by_topic[topic]) for topic in sorted(by_topic)]
    rng.shuffle(drawn)
    chosen = iter(drawn)
    items = [Item(r["statement"], Side(r["simple"], SIMPLE), Side(r["complex"], COMPLEX)) for r in _take(chosen, PAIRS)]
    for number, record in enumerate(_take(chosen, SINGLES)):
        side = Side(record["simple"], SIMPLE) if number % 2 else Side(record["complex"], COMPLEX)
        items.append(Item(record["statement"], side))
    for stray, record in zip(drawn, _take(chosen, GOLD_PAIRS), strict=False):
        sides = Side(record["complex"], COMPLEX), Side(stray["complex"], ELSEWHERE)
        items.append(Item(record["statement"], *sides, gold={"choice": "first"}))
    for record in _take(chosen, GOLD_SINGLES):
        items.append(Item(record["statement"], Side(record["statement"], COPY), gold={"depth": "none"}))
    return tuple(items)


def _take(records: Iterator[Mapping[str, str]], number: int) -> list[Mapping[str, str]]:
    return [next(records) for _ in range(number)]


def main() -> int:
    """Write `ITEMS_FILE`."""
    records = [json.loads(line) for line in REFLECTIONS_FILE.read_text(encoding="utf-8").splitlines()]
    write(make_items(records), ITEMS_FILE)
    return 0


def write(items: Sequence[Item], path: Path) -> None:
    """Write one item a line."""
    path.write_text("".join(json.dumps(item.as_dict(), ensure_ascii=False) + "\n" for item in items), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
