"""A rating study: the methods it compares, how its items are shared out, and what its raters learn by first.

A study never changes; statements, texts and raters are added to it. Left out: the rows (`schema`), and who rates, of
whom the database knows a number, a label of the maker's and the hash of a code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Annotated

from emorl.errors import RatingError
from emorl.ratings.storage.fields import check_fields, from_json, to_json
from emorl.ratings.storage.item import Item, Written, check_item, shown_setting
from emorl.ratings.storage.kinds import Count, FreeText, Identifier, JsonObject, NotNegative, OneOf, Seed, Shares

MAX_NAME = 200
MAX_LABEL = 80
MAX_GUIDELINES = 4000
MAX_METHODS = 6
MAX_LINES = 500
"""Statements of one study."""
MAX_ITEMS = 3000
"""Items of one study."""
MAX_QUOTA = 1000
MAX_TRAINING = 20
MAX_WHY = 400
DESIGNS = ("pairs", "single")

Name = Annotated[str, FreeText(MAX_NAME, may_be_blank=False)]
Label = Annotated[str, FreeText(MAX_LABEL, may_be_blank=False, short=True)]


@dataclass(frozen=True)
class Method:
    """One way of writing that a study compares.

    Attributes:
        name: what the exports call it, and for what people wrote the name of its column.
        weights: share of each objective (sum 1, or all 0 for the base model); None where people wrote it.
        strength: s of the mixing formula.
        temperature: 0 for greedy; of the best of several that of the samples, 0 for the usual one.
        best_of: how many candidates the text is chosen from by its scores; 1 where it is written alone.
    """

    name: Name
    weights: Annotated[Mapping[str, float], Shares()] | None = None
    strength: Annotated[float, NotNegative()] = 1.0
    temperature: Annotated[float, NotNegative()] = 0.0
    best_of: Annotated[int, Count()] = 1


@dataclass(frozen=True)
class TrainingItem:
    """An item that every rater of a study gets before the others, to learn by.

    Attributes:
        item: its known answers are the expected ones.
        why: one sentence, which a rater reads after answering.
    """

    item: Item
    why: Annotated[str, FreeText(MAX_WHY, may_be_blank=False)]


@dataclass(frozen=True)
class Study:
    """What was decided when a study was made.

    Attributes:
        key: random id.
        name: for the maker and the raters.
        methods: what is compared, each with a name of its own.
        design: "pairs" to choose between two texts, "single" to rate each text.
        seed: the order of items and sides follows from it, and what methods that sample write.
        ratings_per_item: raters that an item is given to.
        items_per_rater: items that a rater is given, training items not counted.
        guidelines: what raters read first and beside each item; may be empty.
        training: items that every rater gets first, in this order.
    """

    key: Annotated[str, Identifier()]
    name: Name
    methods: tuple[Method, ...]
    design: Annotated[str, OneOf(DESIGNS)]
    seed: Annotated[int, Seed()]
    ratings_per_item: Annotated[int, Count()]
    items_per_rater: Annotated[int, Count()]
    guidelines: Annotated[str, FreeText(MAX_GUIDELINES)] = ""
    training: tuple[TrainingItem, ...] = ()

    @property
    def written_by_people(self) -> tuple[str, ...]:
        """Names of the methods whose texts come with the statements."""
        return tuple(method.name for method in self.methods if method.weights is None)

    @property
    def items_per_line(self) -> int:
        """Items that a statement gives where no two texts are the same."""
        return len(list(combinations(self.methods, 2))) if self.design == "pairs" else len(self.methods)

    def as_dict(self) -> dict[str, object]:
        """The study as plain JSON."""
        return to_json(self)

    @classmethod
    def from_dict(cls, content: object) -> Study:
        """The study that `as_dict` described, checked.

        Raises:
            RatingError: a field is missing or not what a study allows.
        """
        study = from_json(cls, content)
        check_study(study)
        return study


@dataclass(frozen=True)
class StudyLine:
    """A statement of a study.

    Attributes:
        statement: what the client said.
        replies: what people wrote to it, by the name of the method.
    """

    statement: Written
    replies: Annotated[Mapping[str, str], JsonObject("replies by name", may_be_empty=True)] = field(
        default_factory=dict
    )


def check_study(study: Study) -> None:
    """Check a study once, before it is stored.

    Raises:
        RatingError: a field is not what a study allows.
    """
    check_fields(study, "study ")
    for method in study.methods:
        check_fields(method, "method ")
    for name in ("ratings_per_item", "items_per_rater"):
        if getattr(study, name) > MAX_QUOTA:
            raise RatingError.at(f"study {name}", str(getattr(study, name)), f"at most {MAX_QUOTA}", "lower it")
    least = 2 if study.design == "pairs" else 1
    if not least <= len(study.methods) <= MAX_METHODS:
        raise RatingError.at(
            "study methods",
            str(len(study.methods)),
            f"{least} to {MAX_METHODS}, the columns of written replies among them",
            "add a method or take one out",
        )
    names = [method.name for method in study.methods]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise RatingError.at(
            "study methods", f"{shown_setting(twice[0])!r:.80} twice", "each once", "take one of them out"
        )
    if len(study.training) > MAX_TRAINING or len({one.item.key for one in study.training}) != len(study.training):
        got = f"{len(study.training)} training items"
        raise RatingError.at("study training", got, f"at most {MAX_TRAINING}, each once", "take some out")
    for one in study.training:
        check_training(one, study.design)


def check_training(one: TrainingItem, design: str) -> None:
    """Check a training item of a study with this design.

    Raises:
        RatingError: it has no expected answer, or is of the other design, or a field is not what it allows.
    """
    check_fields(one, "training ")
    check_item(one.item)
    if one.item.gold is None or not one.item.is_training or one.item.is_pair != (design == "pairs"):
        expected = f"one of a study of {design}, with an expected answer"
        raise RatingError.at("training item", "another kind of item", expected, "correct it")


def check_lines(study: Study, lines: tuple[StudyLine, ...], there: int = 0) -> None:
    """Check statements before they are added to a study that has `there` already.

    Raises:
        RatingError: there are too many or none, or they lack the reply of a method that people write.
    """
    whole = there + len(lines)
    most = min(MAX_LINES, MAX_ITEMS // study.items_per_line)
    if not lines or whole > most:
        raise RatingError.at("study statements", str(whole), f"1 to {most} for these methods", "make a second study")
    for line in lines:
        check_fields(line, "study ")
        if set(line.replies) != set(study.written_by_people):
            raise RatingError.at(
                "study replies",
                ", ".join(line.replies) or "none",
                ", ".join(study.written_by_people) or "none",
                "name the columns as when the study was made",
            )
        for reply in line.replies.values():
            FreeText(MAX_GUIDELINES, may_be_blank=False).check("study reply", reply)


def hash_of(code: str) -> str:
    """SHA-256 (64 hex digits) of a rater's code. The code is random and long, so it needs no salt."""
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
