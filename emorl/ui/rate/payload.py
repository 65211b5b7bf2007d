"""What the Rate screen shows. Nothing tells what wrote a text before the answer is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emorl.ui.payload import Json


@dataclass(frozen=True)
class Loading:
    """Before the page has asked.

    Attributes:
        phase: How the widget draws it.
    """

    phase: Literal["loading"] = "loading"


@dataclass(frozen=True)
class Consent:
    """The notice that a rater agrees to first.

    Attributes:
        phase: How the widget draws it.
    """

    phase: Literal["consent"] = "consent"


@dataclass(frozen=True)
class StudyNotice:
    """A study that a link opens: what its rater agrees to first, and the guidelines.

    Attributes:
        name: Of the study.
        design: "pairs" or "single".
        guidelines: Of whoever made it; may be empty.
        training: Training items that come first.
        agreed: Whether the rater has agreed to the notice.
        phase: How the widget draws it.
    """

    name: str
    design: str
    guidelines: str
    training: int
    agreed: bool
    phase: Literal["study"] = "study"


@dataclass(frozen=True)
class ItemPayload:
    """A statement with one reflection to rate, or two to choose from.

    Attributes:
        rater: Random id of the rater; of one in a study the code of the link.
        assignment: Number of the place in the queue.
        token: Of the submit that is expected.
        statement: What the client said.
        texts: One reflection, or the left and the right one.
        draft: The form as it was last saved, or empty.
        done: Items answered or skipped so far.
        total: Items in the queue.
        undo: Whether there is an answer to take back.
        training: Whether the expected answer is shown afterwards, and nothing counts.
        phase: How the widget draws it.
    """

    rater: str
    assignment: int
    token: str
    statement: str
    texts: tuple[str, ...]
    draft: Json
    done: int
    total: int
    undo: bool
    training: bool
    phase: Literal["item"] = "item"


@dataclass(frozen=True)
class QueueDone:
    """The end of the queue.

    Attributes:
        rater: Random id of the rater; of one in a study the code of the link.
        done: Items answered or skipped.
        total: Items in the queue.
        undo: Whether there is an answer to take back.
        phase: How the widget draws it.
    """

    rater: str
    done: int
    total: int
    undo: bool
    phase: Literal["done"] = "done"


@dataclass(frozen=True)
class DraftSaved:
    """The half-filled form is kept.

    Attributes:
        phase: What happened.
    """

    phase: Literal["draft"] = "draft"


@dataclass(frozen=True)
class Lesson:
    """What was expected of a training item, once it is answered.

    Attributes:
        expected: Answers by question, in the form's own values.
        why: In one sentence.
    """

    expected: dict[str, str]
    why: str


@dataclass(frozen=True)
class Stored:
    """An answer or a skip that is stored.

    Attributes:
        phase: Which of them.
        token: Of the submit.
        done: Items answered or skipped so far.
        total: Items in the queue.
        lesson: Of a training item what was expected, else None.
    """

    phase: Literal["submitted", "skipped"]
    token: str
    done: int
    total: int
    lesson: Lesson | None = None


@dataclass(frozen=True)
class LessonAgain:
    """A training item whose expected answer was on the page when it was reloaded.

    Attributes:
        item: As it was shown, with the answer in place of a draft.
        stored: What its submit was answered with.
        phase: How the widget draws it.
    """

    item: ItemPayload
    stored: Stored
    phase: Literal["lesson"] = "lesson"


@dataclass(frozen=True)
class Revealed:
    """What wrote the texts of an answered item.

    Attributes:
        settings: In words; one, or the left and the right one.
        phase: What happened.
    """

    settings: tuple[str, ...]
    phase: Literal["revealed"] = "revealed"


View = Consent | StudyNotice | ItemPayload | LessonAgain | QueueDone
"""What the screen shows when it is opened or goes on."""
