"""What the Study screen gets beside what every screen behind the log-in may get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emorl.ratings.statistics.ranking import Strength
from emorl.ratings.study.progress import Progress, StatementTexts
from emorl.ratings.study.studies import Invitation
from emorl.ui.writing.mixer import MixerFacts, ModelState


@dataclass(frozen=True)
class Faulty:
    """An import that cannot be used.

    Attributes:
        error: What is wrong, in one line.
        faults: The faults, each with the number of its line.
    """

    error: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """A study in the list.

    Attributes:
        key: Its random id.
        name: What it is called.
        design: "pairs" or "single".
    """

    key: str
    name: str
    design: str


@dataclass(frozen=True)
class StudyList:
    """All studies, and what the form for a new one needs.

    Attributes:
        studies: The newest first.
        models: What the models know of, or why they are not there.
    """

    studies: tuple[Named, ...]
    models: MixerFacts | ModelState


@dataclass(frozen=True)
class MethodLine:
    """A method in words.

    Attributes:
        name: As exports have it.
        people: Whether people wrote its texts.
    """

    name: str
    people: bool


@dataclass(frozen=True)
class Problem:
    """A statement that got no items.

    Attributes:
        number: Of the statement, from 1.
        reason: In one line.
    """

    number: int
    reason: str


@dataclass(frozen=True)
class RaterLine:
    """A rater's progress.

    Attributes:
        number: In the study, from 1.
        label: What the maker calls the rater.
        rater: The id that exports have.
        done: Items answered or skipped.
        given: Items given so far.
        trained: Training items answered or skipped.
        last: When the last answer came, in ISO 8601; None before the first.
        revoked: Whether the link is closed.
    """

    number: int
    label: str
    rater: str
    done: int
    given: int
    trained: int
    last: str | None
    revoked: bool


@dataclass(frozen=True)
class AgreementLine:
    """Agreement on one question.

    Attributes:
        scale: "choice" or a scale of the rubric.
        alpha: Krippendorff's alpha or None.
        units: Items that two or more raters judged.
        explanation: Why there is no alpha, else "".
        unsure: How often "not sure" was the answer.
    """

    scale: str
    alpha: float | None
    units: int
    explanation: str
    unsure: int


@dataclass(frozen=True)
class StudyView:
    """A study and how far it has come; see `Progress`.

    Attributes:
        key: Its random id.
        name: What it is called.
        design: "pairs" or "single".
        methods: What it compares.
        seed: Order and sides follow from it.
        ratings_per_item: Raters that an item is given to.
        items_per_rater: Items that a rater is given.
        guidelines: What raters read.
        training: Training items.
        lines: Statements.
        written: Statements whose texts are there.
        problems: Statements without items.
        items: Items that raters can be given.
        same: Pairs left out because the words were the same.
        full: Items with as many answers as wanted.
        answers: Answers of raters.
        raters: By number.
        agreement: By question.
        ranking: Of the methods, from choices.
        comparisons: Choices that it rests on.
    """

    key: str
    name: str
    design: str
    methods: tuple[MethodLine, ...]
    seed: int
    ratings_per_item: int
    items_per_rater: int
    guidelines: str
    training: int
    lines: int
    written: int
    problems: tuple[Problem, ...]
    items: int
    same: int
    full: int
    answers: int
    raters: tuple[RaterLine, ...]
    agreement: tuple[AgreementLine, ...]
    ranking: tuple[Strength, ...]
    comparisons: int


@dataclass(frozen=True)
class StudyText:
    """A text that raters see.

    Attributes:
        method: What wrote it.
        text: The text.
    """

    method: str
    text: str


@dataclass(frozen=True)
class StatementLine:
    """A statement with its texts.

    Attributes:
        statement: What the client said.
        texts: In the order of the methods; empty where raters see none.
        written: Whether they have been written.
    """

    statement: str
    texts: tuple[StudyText, ...]
    written: bool


@dataclass(frozen=True)
class StudyTexts:
    """What raters see of a study.

    Attributes:
        statements: In their order.
    """

    statements: tuple[StatementLine, ...]


@dataclass(frozen=True)
class Invited:
    """New raters' codes, which are known only now.

    Attributes:
        invitations: By number.
    """

    invitations: tuple[Invitation, ...]


@dataclass(frozen=True)
class Gone:
    """A study that was deleted.

    Attributes:
        answers: How many answers went with it.
    """

    answers: int


def study_view(found: Progress) -> StudyView:
    """What the page shows of a study."""
    study = found.study
    return StudyView(
        key=study.key,
        name=study.name,
        design=study.design,
        methods=tuple(MethodLine(method.name, method.weights is None) for method in study.methods),
        seed=study.seed,
        ratings_per_item=study.ratings_per_item,
        items_per_rater=study.items_per_rater,
        guidelines=study.guidelines,
        training=len(study.training),
        lines=found.lines,
        written=found.written,
        problems=tuple(Problem(place + 1, reason) for place, reason in found.problems),
        items=found.items,
        same=found.same,
        full=found.full,
        answers=found.answers,
        raters=tuple(
            RaterLine(
                one.number,
                one.label,
                one.rater,
                one.done,
                one.given,
                one.trained,
                None if one.last is None else one.last.isoformat(timespec="minutes"),
                one.revoked,
            )
            for one in found.raters
        ),
        agreement=tuple(
            AgreementLine(
                one.scale,
                one.agreement.alpha,
                one.agreement.reflections,
                one.agreement.explanation,
                one.unsure,
            )
            for one in found.agreement
        ),
        ranking=found.ranking,
        comparisons=found.comparisons,
    )


def study_texts(found: Sequence[StatementTexts]) -> StudyTexts:
    """What the page shows of a study's texts."""
    return StudyTexts(
        tuple(StatementLine(one.statement, tuple(StudyText(*text) for text in one.texts), one.written) for one in found)
    )
