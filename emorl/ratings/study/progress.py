"""What there is of a study so far: how far it has come, how far its raters agree, and the texts that they see.

Left out: what changes a study (`studies`), and the answers themselves, which the caller has read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emorl.ratings.statistics.agreement import Agreement, judged_agreement
from emorl.ratings.statistics.levels import count_unsure, is_evidence
from emorl.ratings.statistics.ranking import Strength, comparisons, rank
from emorl.ratings.storage.form import SCALES
from emorl.ratings.storage.item import Item
from emorl.ratings.storage.record import StoredJudgement
from emorl.ratings.storage.schema import (
    Assignment,
    ItemRow,
    Judgement,
    StudyItemRow,
    StudyLineRow,
    StudyRaterRow,
)
from emorl.ratings.storage.store import RatingStore
from emorl.ratings.storage.studies import line_of, study_of, study_row
from emorl.ratings.storage.study import Study


@dataclass(frozen=True)
class RaterProgress:
    """How far a rater has come.

    Attributes:
        number: of the rater in the study.
        label: what the maker calls the rater.
        rater: the id that exports have.
        done: items answered or skipped, training items not counted.
        given: items that the rater has been given so far, training items not counted.
        trained: training items answered or skipped.
        last: when the last answer came; None before the first.
        revoked: whether the link is closed.
    """

    number: int
    label: str
    rater: str
    done: int
    given: int
    trained: int
    last: datetime | None
    revoked: bool


@dataclass(frozen=True)
class ScaleAgreement:
    """How far the raters of a study agree on one question.

    Attributes:
        scale: "choice" or a scale of the rubric.
        agreement: in which "not sure" is missing.
        unsure: how often that was the answer.
    """

    scale: str
    agreement: Agreement
    unsure: int


@dataclass(frozen=True)
class Progress:
    """How far a study has come.

    Attributes:
        study: what was decided.
        lines: statements.
        written: statements whose texts are there.
        problems: statements without items, from 0, with the reason.
        items: items that raters can be given.
        same: pairs left out because both methods wrote the same words.
        full: items with as many answers as wanted.
        answers: answers of raters, skips not counted.
        raters: by number.
        agreement: by question; only questions that were answered.
        ranking: of the methods, from choices; empty without any.
        comparisons: choices that the ranking rests on.
    """

    study: Study
    lines: int
    written: int
    problems: tuple[tuple[int, str], ...]
    items: int
    same: int
    full: int
    answers: int
    raters: tuple[RaterProgress, ...]
    agreement: tuple[ScaleAgreement, ...]
    ranking: tuple[Strength, ...]
    comparisons: int


@dataclass(frozen=True)
class StatementTexts:
    """What raters see of a statement.

    Attributes:
        statement: what the client said.
        texts: each text with the method that wrote it, as far as it is in an item; empty where there is no item.
        written: whether its texts have been written.
    """

    statement: str
    texts: tuple[tuple[str, str], ...]
    written: bool


def progress_of(store: RatingStore, key: str, judged: Sequence[StoredJudgement]) -> Progress:
    """How far a study has come, and how far its raters agree.

    Args:
        store: where it is.
        key: of the study.
        judged: its answers (`Studies.judgements`).

    Raises:
        RatingError: the study is not there.
    """
    chosen = comparisons(judged)
    with store.transaction() as session:
        row = study_row(session, key)
        study = study_of(row)
        columns = select(StudyLineRow.place, StudyLineRow.written_at, StudyLineRow.problem)
        lines = session.execute(columns.where(StudyLineRow.study_id == row.id)).all()
        own = (StudyItemRow.study_id == row.id, StudyItemRow.training.is_(False))
        items = session.scalar(select(func.count()).select_from(StudyItemRow).where(*own))
        raters = _raters(session, row.id)
    written = [line for line in lines if line.written_at is not None]
    fit = sum(line.problem is None for line in written)
    answers = Counter(judgement.item.key for judgement in judged if is_evidence(judgement))
    scales = [
        ScaleAgreement(scale, judged_agreement(judged, scale), count_unsure(judged, scale))
        for scale in _questions(study)
    ]
    return Progress(
        study=study,
        lines=len(lines),
        written=len(written),
        problems=tuple(sorted((line.place, line.problem) for line in written if line.problem is not None)),
        items=items or 0,
        same=fit * study.items_per_line - (items or 0),
        full=sum(count >= study.ratings_per_item for count in answers.values()),
        answers=sum(answers.values()),
        raters=raters,
        agreement=tuple(scales),
        ranking=rank(chosen),
        comparisons=len(chosen),
    )


def texts_of(store: RatingStore, key: str) -> tuple[StatementTexts, ...]:
    """The statements in their order, each once, with the texts that raters see; nothing of training items.

    Raises:
        RatingError: the study is not there.
    """
    with store.transaction() as session:
        row = study_row(session, key)
        lines = session.scalars(
            select(StudyLineRow).where(StudyLineRow.study_id == row.id).order_by(StudyLineRow.place)
        )
        written: dict[str, bool] = {}
        for line in lines:
            statement = line_of(line).statement
            written[statement] = written.get(statement, True) and line.written_at is not None
        own = (StudyItemRow.study_id == row.id, StudyItemRow.training.is_(False))
        contents = session.scalars(select(ItemRow.content).join(StudyItemRow).where(*own).order_by(StudyItemRow.id))
        items = [Item.from_dict(content) for content in contents]
        order = {method.name: place for place, method in enumerate(study_of(row).methods)}
    found: dict[str, set[tuple[str, str]]] = {statement: set() for statement in written}
    for item in items:
        found[item.statement] |= {(side.setting, side.text) for side in item.sides}
    return tuple(
        StatementTexts(statement, tuple(sorted(texts, key=lambda one: (order[one[0]], one[1]))), written[statement])
        for statement, texts in found.items()
    )


def _questions(study: Study) -> tuple[str, ...]:
    return ("choice",) if study.design == "pairs" else SCALES


def _raters(session: Session, study: int) -> tuple[RaterProgress, ...]:
    answered = (
        select(Assignment.rater_id, StudyItemRow.training, func.count(), func.max(Judgement.submitted_at))
        .join(Judgement, Judgement.assignment_id == Assignment.id)
        .join(StudyItemRow, StudyItemRow.item_id == Assignment.item_id)
        .where(Judgement.withdrawn_at.is_(None))
        .group_by(Assignment.rater_id, StudyItemRow.training)
    )
    done: dict[tuple[str, bool], int] = {}
    last: dict[str, datetime] = {}
    for rater, training, count, moment in session.execute(answered):
        done[rater, training] = count
        last[rater] = max(moment, last.get(rater, moment))
    places = (
        select(Assignment.rater_id, func.count())
        .join(StudyItemRow, StudyItemRow.item_id == Assignment.item_id)
        .where(StudyItemRow.training.is_(False))
        .group_by(Assignment.rater_id)
    )
    given = {rater: count for rater, count in session.execute(places)}
    rows = session.scalars(select(StudyRaterRow).where(StudyRaterRow.study_id == study).order_by(StudyRaterRow.number))
    return tuple(
        RaterProgress(
            number=row.number,
            label=row.label,
            rater=row.rater_id,
            done=done.get((row.rater_id, False), 0),
            given=given.get(row.rater_id, 0),
            trained=done.get((row.rater_id, True), 0),
            last=last.get(row.rater_id),
            revoked=row.revoked_at is not None,
        )
        for row in rows
    )
