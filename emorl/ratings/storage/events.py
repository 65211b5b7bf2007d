"""The fifteen changes that the journal records, one line of JSON each: `write_event` writes it, `read_event` reads it.

A line holds the moment as `at`, the name of the change as `event`, and the fields of its record. A rating and a
judgement are their own records; a judgement holds its item too, so that it needs no other line. Those of a study begin
with its making; `studies.apply` makes each of them, and makes it again from its line.

Left out: drafts, which are not worth a commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from emorl.ratings.storage.fields import from_json, to_json
from emorl.ratings.storage.item import Item
from emorl.ratings.storage.kinds import fault
from emorl.ratings.storage.record import NewRating, StoredJudgement
from emorl.ratings.storage.study import Study, StudyLine


@dataclass(frozen=True)
class ConsentGiven:
    """A rater agreed to a version of the queue's notice."""

    rater: str
    version: int


@dataclass(frozen=True)
class ItemSent:
    """A rater sent an item to their own queue."""

    rater: str
    item: Item


@dataclass(frozen=True)
class QueueEntry:
    """One showing of an item in a rater's queue; the fields are named as in journals.

    Attributes:
        key: of the item's row.
        mark: random, the same after a restore; tokens begin with it.
        place: position in the queue, from 0.
        repeated: whether this is the item's second showing.
        flipped: whether the second side stands on the left.
    """

    key: str
    mark: str
    place: int
    repeated: bool
    flipped: bool


@dataclass(frozen=True)
class QueueLaidOut:
    """Items got their places in a rater's queue."""

    rater: str
    places: tuple[QueueEntry, ...]


@dataclass(frozen=True)
class JudgementWithdrawn:
    """A rater took a judgement back."""

    token: str


@dataclass(frozen=True)
class SettingsRevealed:
    """A rater was told which setting wrote what."""

    token: str


@dataclass(frozen=True)
class RaterForgotten:
    """A rater and everything of theirs was deleted."""

    rater: str


@dataclass(frozen=True)
class OldDeleted:
    """Everything from before a moment was deleted."""

    before: datetime


@dataclass(frozen=True)
class StudyMade:
    """Somebody set up a study."""

    study: Study


@dataclass(frozen=True)
class StatementsAdded:
    """A study got statements.

    Attributes:
        study: key of the study.
        first: place of the first of them in the study, from 0.
        lines: the statements.
    """

    study: str
    first: int
    lines: tuple[StudyLine, ...]


@dataclass(frozen=True)
class TextsWritten:
    """The texts for a statement of a study are there.

    Attributes:
        study: key of the study.
        place: of the statement in the study.
        items: what raters are given of it.
        problem: why there are none, in one line; else None.
    """

    study: str
    place: int
    items: tuple[Item, ...]
    problem: str | None = None


@dataclass(frozen=True)
class RaterInvited:
    """A study got a rater.

    Attributes:
        study: key of the study.
        rater: random id, which opens nothing.
        number: of the rater in the study, from 1.
        label: what the maker calls the rater.
        code_sha256: hash of the code in the rater's link.
    """

    study: str
    rater: str
    number: int
    label: str
    code_sha256: str


@dataclass(frozen=True)
class RaterRevoked:
    """The link of a study's rater was closed."""

    rater: str


@dataclass(frozen=True)
class StudyDeleted:
    """A study and all that belongs to it was deleted."""

    study: str


StudyEvent = StudyMade | StatementsAdded | TextsWritten | RaterInvited | RaterRevoked
"""What adds to a study or changes it."""

Deletion = RaterForgotten | OldDeleted | StudyDeleted
"""What must not be undone by an older line."""

Event = (
    NewRating
    | StoredJudgement
    | ConsentGiven
    | ItemSent
    | QueueLaidOut
    | JudgementWithdrawn
    | SettingsRevealed
    | StudyEvent
    | Deletion
)

EVENTS: dict[str, type[Event]] = {
    "rating": NewRating,
    "judgement": StoredJudgement,
    "consent": ConsentGiven,
    "item": ItemSent,
    "layout": QueueLaidOut,
    "withdraw": JudgementWithdrawn,
    "reveal": SettingsRevealed,
    "forget": RaterForgotten,
    "purge": OldDeleted,
    "study": StudyMade,
    "study_statements": StatementsAdded,
    "study_texts": TextsWritten,
    "study_rater": RaterInvited,
    "study_revoke": RaterRevoked,
    "study_delete": StudyDeleted,
}
"""Records by the name that stands in the journal."""

NAMES = {record: name for name, record in EVENTS.items()}


def write_event(event: Event, at: datetime) -> dict[str, object]:
    """The journal's line of one event, as JSON."""
    return {"at": at.isoformat(), "event": NAMES[type(event)], **to_json(event)}


def read_event(line: Mapping[str, object]) -> tuple[datetime, Event]:
    """The moment and the event of a line that `write_event` wrote.

    Raises:
        RatingError: this version writes no such line.
    """
    content = dict(line)
    at, name = content.pop("at", None), content.pop("event", None)
    record = EVENTS.get(str(name))
    if record is None:
        raise fault("event", name, f"one of {', '.join(EVENTS)}")
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError:
        raise fault("at", at, "a moment as in 2026-01-31T12:00:00+00:00") from None
    return moment, from_json(record, content)
