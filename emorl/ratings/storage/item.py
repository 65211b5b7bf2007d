"""What raters are asked to judge in the queue: one reflection, or two of which they choose.

An item never changes; its key is the SHA-256 of its content, so a judgement always refers to the very words
that were shown. `data/rating_items.jsonl` holds the shared items, written by `emorl.ratings.queue.make_items`;
EMORL_RATING_ITEMS names another file. Items that a user sends from their own screen go to that user only.

Left out: an editor for items, and items without a statement.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from emorl.errors import RatingError
from emorl.ratings.storage.judgement import CHOICES, MAX_LEVEL
from emorl.ratings.storage.record import ANSWERS, DEPTHS, MAX_TEXT
from emorl.resources import data_path
from emorl.settings import settings

ITEMS_FILE = data_path("rating_items.jsonl")
GOLD_ANSWERS: dict[str, tuple[Any, ...]] = {
    "choice": CHOICES,
    "depth": DEPTHS,
    "empathy": tuple(range(MAX_LEVEL + 1)),
    "fluency": tuple(range(MAX_LEVEL + 1)),
    "would_say": ANSWERS,
}


@dataclass(frozen=True)
class Side:
    """One reflection of an item.

    Attributes:
        text: the reflection.
        setting: what wrote it, in words; shown after the judgement, and the player's name in the ranking.
        weights: share of each objective (sum 1, or all 0 for the base model); None where a person wrote it.
        details: anything else worth keeping: strength, temperature, seed, model hashes, scores, version.
    """

    text: str
    setting: str
    weights: Mapping[str, float] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """A statement with one reflection to rate, or two to choose from.

    Attributes:
        statement: what the client said.
        first: the reflection, or the first of two. Which stands on the left is drawn for each rater.
        second: the other reflection of a pair, else None.
        gold: known answers by field (see `GOLD_ANSWERS`), None where nothing is known.
        source: where the item is from, for example "data", "reflect" or "compare".
    """

    statement: str
    first: Side
    second: Side | None = None
    gold: Mapping[str, Any] | None = None
    source: str = "data"

    @property
    def is_pair(self) -> bool:
        """Whether there are two reflections to choose from."""
        return self.second is not None

    @property
    def key(self) -> str:
        """SHA-256 (64 hex digits) of the content."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode("utf-8")).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """The item as plain JSON."""
        return dict(asdict(self))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Item:
        """The item that `as_dict` described, checked.

        Raises:
            RatingError: a field is missing or not what an item allows.
        """
        try:
            item = cls(
                statement=content["statement"],
                first=Side(**content["first"]),
                second=None if content.get("second") is None else Side(**content["second"]),
                gold=content.get("gold"),
                source=content.get("source", "data"),
            )
        except (KeyError, TypeError) as fault:
            raise RatingError(f"item: got one that is not whole ({fault}), expected statement and first") from None
        check_item(item)
        return item


def check_item(item: Item) -> None:
    """Check an item once, before it is stored.

    Raises:
        RatingError: a text is empty or too long, weights are no shares, or a known answer is no answer.
    """
    sides = [side for side in (item.first, item.second) if side is not None]
    texts = [("statement", item.statement), ("source", item.source)]
    texts += [pair for side in sides for pair in (("text", side.text), ("setting", side.setting))]
    for name, value in texts:
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
            raise RatingError(f"item {name}: got {value!r:.60}, expected 1 to {MAX_TEXT} characters of text")
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise RatingError(f"item {name}: got NUL or broken Unicode, expected text")
    for side in sides:
        _check_weights(side.weights)
        if not isinstance(side.details, Mapping):
            raise RatingError(f"item details: got {side.details!r:.60}, expected a mapping")
        try:
            json.dumps(dict(side.details), allow_nan=False)
        except (TypeError, ValueError):
            raise RatingError("item details: got something that is not JSON, expected text and numbers") from None
    if item.gold is not None:
        if not isinstance(item.gold, Mapping) or not item.gold:
            raise RatingError(f"item gold: got {item.gold!r:.60}, expected known answers by field")
        for name, known in item.gold.items():
            if known not in GOLD_ANSWERS.get(name, ()) or (name == "choice") != item.is_pair:
                raise RatingError(f"item gold: got {name}={known!r}, expected an answer this kind of item can have")


def load_items(path: Path | None = None) -> tuple[Item, ...]:
    """The shared items: `path`, else $EMORL_RATING_ITEMS, else `ITEMS_FILE`; equal ones once.

    Raises:
        RatingError: the file cannot be read, or a line is no item; the message names the line.
    """
    where = path or settings().rating_items or ITEMS_FILE
    try:
        lines = where.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise RatingError(f"cannot read rating items {where} ({fault}); check EMORL_RATING_ITEMS") from None
    found: dict[str, Item] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = Item.from_dict(json.loads(line))
        except (ValueError, RatingError, AttributeError) as fault:
            raise RatingError(f"{where}, line {number}: {fault}") from None
        found[item.key] = item
    return tuple(found.values())


def _check_weights(weights: object) -> None:
    if weights is None:
        return
    good = (
        isinstance(weights, Mapping)
        and weights
        and all(
            isinstance(name, str) and isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1
            for name, share in weights.items()
        )
    )
    total = sum(weights.values()) if good and isinstance(weights, Mapping) else -1
    if not (total == 0 or math.isclose(total, 1, abs_tol=1e-3)):
        raise RatingError(f"item weights: got {weights!r:.60}, expected shares that sum to 1 or are all 0")
