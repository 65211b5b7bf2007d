"""Turns the texts of one statement into the items that raters get.

In pairs every two methods meet once on each statement. Which of the two is the item's first side is drawn, so that the
order of the methods says nothing. Two methods that wrote the same words make no pair: there is nothing to choose.

Left out: which side stands on the left, which goes by the rater (`shares`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import combinations

from emorl.ratings.storage.item import Item, Side
from emorl.ratings.storage.study import Study

SOURCE = "study"


def make_items(study: Study, place: int, statement: str, texts: Mapping[str, Side]) -> tuple[Item, ...]:
    """The items of one statement.

    Args:
        study: its design and seed.
        place: of the statement in the study, from 0.
        statement: what the client said.
        texts: what each method wrote, by its name.
    """
    sides = [texts[method.name] for method in study.methods]
    if study.design == "single":
        return tuple(Item(statement, side, source=SOURCE) for side in sides)
    rng = random.Random(f"{study.seed}:pairs:{place}")
    items = []
    for pair in combinations(sides, 2):
        first, second = rng.sample(pair, 2)
        if first.text != second.text:
            items.append(Item(statement, first, second, source=SOURCE))
    return tuple(items)
