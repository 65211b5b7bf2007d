"""What the Practise screen shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from emorl.practice import Case
from emorl.ui.payload import Part
from emorl.ui.practise.words import Line, lines_of

if TYPE_CHECKING:
    from emorl.reflecting.appraise import Appraisal

Source = Literal["simple", "complex", "model"]


@dataclass(frozen=True)
class CasePayload:
    """A case, without its examples: they come after the person has written.

    Attributes:
        id: Of the case.
        topic: One word.
        stage: Of change.
        difficulty: 1 to 3.
        statement: What the client says.
    """

    id: str
    topic: str
    stage: str
    difficulty: int
    statement: str


@dataclass(frozen=True)
class NextCase:
    """What comes next.

    Attributes:
        case: To practise with; None where none is as asked for.
    """

    case: CasePayload | None


@dataclass(frozen=True)
class InsteadPayload:
    """What an expert would write in place of a word.

    Attributes:
        text: Empty where it would end.
        joined: Whether it stands for the word before as well.
    """

    text: str
    joined: bool


@dataclass(frozen=True)
class WordPayload:
    """One of the person's words.

    Attributes:
        text: Without white space.
        gap: Whether there is white space before it.
        kind: "word" or "mark".
        push: Log-probability with each objective less the base's, nats.
        instead: What "base" and each objective would rather write, where they would by much.
    """

    text: str
    gap: bool
    kind: str
    push: dict[str, float]
    instead: dict[str, InsteadPayload]


@dataclass(frozen=True)
class Reading:
    """What is said of a reflection.

    Attributes:
        text: The reflection.
        lines: In words.
    """

    text: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Compared:
    """A reflection to compare with.

    Attributes:
        source: Where it comes from.
        reading: What is said of it.
    """

    source: Source
    reading: Reading


@dataclass(frozen=True)
class Read:
    """Feedback on one try.

    Attributes:
        reading: What is said of the person's reflection.
        words: Its words under each objective.
        parts: The objectives.
        candidates: Reflections to compare with.
        pending: Whether the models are still writing these.
        phase: How the widget draws it.
    """

    reading: Reading
    words: tuple[WordPayload, ...]
    parts: tuple[Part, ...]
    candidates: tuple[Compared, ...]
    pending: bool
    phase: Literal["read"] = "read"


def case_payload(case: Case) -> CasePayload:
    """A case for the page."""
    return CasePayload(case.id, case.topic, case.stage, case.difficulty, case.statement)


def reading_of(found: Appraisal) -> Reading:
    """What is said of a reflection."""
    return Reading(found.reply, lines_of(found))


def word_payloads(found: Appraisal) -> tuple[WordPayload, ...]:
    """A reflection's words under each objective, without its end."""
    return tuple(
        WordPayload(
            word.text,
            word.gap,
            word.kind,
            word.push,
            {name: InsteadPayload(other.text, other.joined) for name, other in word.instead.items()},
        )
        for word in found.words
        if word.kind != "end"
    )
