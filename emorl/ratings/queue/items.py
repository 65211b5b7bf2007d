"""The shared items that every rater is given: `data/rating_items.jsonl`, or the file that EMORL_RATING_ITEMS names.

`make_items` writes the file. Items that raters send from their own screens go to their own queues only.
"""

from __future__ import annotations

import json
from pathlib import Path

from emorl.errors import RatingError
from emorl.ratings.storage.item import Item
from emorl.resources import data_path
from emorl.settings import settings

ITEMS_FILE = data_path("rating_items.jsonl")


def load_items(path: Path | None = None) -> tuple[Item, ...]:
    """The shared items: `path`, else $EMORL_RATING_ITEMS, else `ITEMS_FILE`; equal ones once.

    Raises:
        RatingError: the file cannot be read, or a line is not an item; the message names the line.
    """
    where = path or settings().rating_items or ITEMS_FILE
    try:
        lines = where.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise RatingError.of(
            f"rating items {where}, which cannot be read ({fault})", "one item a line", "check EMORL_RATING_ITEMS"
        ) from None
    found: dict[str, Item] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = Item.from_dict(json.loads(line))
        except (ValueError, RatingError) as fault:
            raise RatingError.at(
                f"{where}, line {number}",
                f"an item that cannot be used ({fault})",
                "one as `make_items` writes it",
                "correct the line",
            ) from None
        found[item.key] = item
    return tuple(found.values())
