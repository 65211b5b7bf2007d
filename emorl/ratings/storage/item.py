"""What raters judge in the queue: a statement with one reflection, or with two of which they choose.

An item never changes; its key is the SHA-256 of its content, so a judgement always refers to the very words that were
shown.

Left out: an editor for items, and items without a statement.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from emorl.errors import RatingError
from emorl.ratings.storage.fields import check_fields, fields_of, from_json, own_fields, to_json
from emorl.ratings.storage.form import MAX_TEXT, Answer, questions
from emorl.ratings.storage.kinds import CORRECT, FreeText, JsonObject, Shares, fault

TRAINING = "training"
"""Source of a training item, which counts in no statistic."""

Written = Annotated[str, FreeText(MAX_TEXT, may_be_blank=False)]


@dataclass(frozen=True)
class Side:
    """One reflection of an item.

    Attributes:
        text: the reflection.
        setting: what wrote it, in words; shown after the judgement, and its name in the ranking.
        weights: share of each objective (sum 1, or all 0 for the base model); None where a person wrote it.
        details: anything else worth keeping: strength, temperature, seed, model hashes, scores, version.
    """

    text: Written
    setting: Written
    weights: Annotated[Mapping[str, float], Shares()] | None = None
    details: Annotated[Mapping[str, object], JsonObject("details", may_be_empty=True)] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """A statement with one reflection to rate, or two to choose from.

    Attributes:
        statement: what the client said.
        first: the reflection, or the first of two. Which stands on the left is drawn for each rater.
        second: the other reflection of a pair, else None.
        gold: known answers by name of the question, None where nothing is known.
        source: where the item is from: "data", "reflect", "compare", "study" or `TRAINING`.
    """

    statement: Written
    first: Side
    second: Side | None = None
    gold: Mapping[str, str | int] | None = None
    source: Written = "data"

    @property
    def is_pair(self) -> bool:
        """Whether there are two reflections to choose from."""
        return self.second is not None

    @property
    def is_training(self) -> bool:
        """Whether raters learn by it: the answer counts in no statistic."""
        return self.source == TRAINING

    @property
    def sides(self) -> tuple[Side, ...]:
        """The reflection, or both of a pair."""
        return (self.first,) if self.second is None else (self.first, self.second)

    @property
    def key(self) -> str:
        """SHA-256 (64 hex digits) of the content."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode("utf-8")).hexdigest()

    def as_dict(self) -> dict[str, object]:
        """The item as plain JSON."""
        return to_json(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Item:
        """The item that `as_dict` described, checked; other keys, a file's own remarks for example, are ignored.

        Raises:
            RatingError: a field is missing or not what an item allows.
        """
        if isinstance(content, Mapping):
            content = {field.name: content[field.name] for field in own_fields(cls) if field.name in content}
        item = from_json(cls, content)
        check_item(item)
        return item


def check_item(item: Item) -> None:
    """Check an item once, before it is stored.

    Raises:
        RatingError: a text is empty or too long, weights are not shares, or a known answer is not one that a rater
            could give.
    """
    check_fields(item, "item ")
    for side in item.sides:
        check_fields(side, "item ")
    if item.gold is not None:
        _check_gold(item.gold, item.is_pair)


def row_key(item: Item, owner: str | None) -> str:
    """Key of an item's row: the same content sent by two owners makes two rows."""
    return item.key if owner is None else hashlib.sha256(f"{owner}:{item.key}".encode()).hexdigest()


def shown_setting(setting: str) -> str:
    """The name of a setting for people: "60%", where the stored name has a space before the sign."""
    return re.sub(r"(\d) %", r"\1%", setting)


def _check_gold(gold: object, is_pair: bool) -> None:
    if not isinstance(gold, Mapping) or not gold:
        raise fault("item gold", gold, "known answers by name of the question")
    kinds = {field.name: field.kind for field in fields_of(Answer) if field.name in questions(is_pair)}
    for name, known in gold.items():
        kind = kinds.get(name)
        if kind is None:
            raise RatingError.at("item gold", f"{name}={known!r:.60}", f"one of {', '.join(sorted(kinds))}", CORRECT)
        kind.check(f"item gold {name}", known)
