"""Everything that the Results screen and `ratings stats` show, from ratings and queue judgements.

Left out: the summary of the Reflect screen's ratings alone (`summary`), and its wording for a terminal (`report`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emorl.ratings.statistics.agreement import Agreement, agreement, judged_agreement
from emorl.ratings.statistics.levels import count_unsure, is_evidence, judged_levels, levels
from emorl.ratings.statistics.quality import Share, gold_accuracy, median_seconds, self_agreement
from emorl.ratings.statistics.ranking import Strength, comparisons, rank
from emorl.ratings.statistics.summary import RegionMeans, by_region
from emorl.ratings.storage.fields import to_json
from emorl.ratings.storage.form import QUESTIONS, SCALES
from emorl.ratings.storage.record import StoredJudgement, StoredRating
from emorl.ratings.storage.row_counts import RowCounts


@dataclass(frozen=True)
class Counts:
    """How much was said.

    Attributes:
        ratings: of the Reflect screen.
        judgements: of the queue, without skips.
        choices: those that compare two reflections.
        both_bad: choices of neither.
        skipped: items that were skipped.
        not_blind: judgements after the rater had been told which setting wrote what.
        unsure: judgements with "not sure" for a question at least.
        raters: everybody who rated or judged.
    """

    ratings: int
    judgements: int
    choices: int
    both_bad: int
    skipped: int
    not_blind: int
    unsure: int
    raters: int


@dataclass(frozen=True)
class ScaleAgreement:
    """Agreement on one scale in one place; see `Agreement`.

    Attributes:
        scale: "choice" or one of `SCALES`.
        where: "reflect" or "queue".
        alpha: Krippendorff's alpha or None.
        reflections: how many were shared by raters.
        explanation: why alpha is None, else "".
        unsure: "not sure" as an answer, which agreement takes for missing.
    """

    scale: str
    where: str
    alpha: float | None
    reflections: int
    explanation: str
    unsure: int


@dataclass(frozen=True)
class Results:
    """All numbers.

    Attributes:
        counts: how much was said.
        agreement: by place and scale.
        ranking: of the settings, by group of linked ones, the strongest of each first.
        comparisons: choices that the ranking rests on.
        regions: mean levels by region of the weights.
        self_agreement: by scale, how often a repeated item got the same answer.
        gold: known answers given.
        median_seconds: from an item's first showing to its answer; None without answers.
    """

    counts: Counts
    agreement: tuple[ScaleAgreement, ...]
    ranking: tuple[Strength, ...]
    comparisons: int
    regions: tuple[RegionMeans, ...]
    self_agreement: Mapping[str, Share]
    gold: Share
    median_seconds: float | None

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON; each share comes with its value from 0 to 1."""
        shares = {scale: share.as_dict() for scale, share in self.self_agreement.items()}
        return {**to_json(self), "self_agreement": shares, "gold": self.gold.as_dict()}


def measure(ratings: Sequence[StoredRating], judgements: Sequence[StoredJudgement]) -> Results:
    """Counts, agreement, ranking, means by region, self-agreement and known answers.

    Args:
        ratings: newest revisions, from the Reflect screen.
        judgements: not withdrawn, from the queue; those of training items count nowhere.
    """
    judgements = [judgement for judgement in judgements if not judgement.item.is_training]
    found = comparisons(judgements)
    return Results(
        counts=_counts(ratings, judgements),
        agreement=(
            *(_row(scale, "reflect", agreement(ratings, scale), 0) for scale in SCALES),
            *(
                _row(scale, "queue", judged_agreement(judgements, scale), count_unsure(judgements, scale))
                for scale in QUESTIONS
            ),
        ),
        ranking=rank(found),
        comparisons=len(found),
        regions=by_region([*((rating.given.weights, levels(rating)) for rating in ratings), *_judged(judgements)]),
        self_agreement=self_agreement(judgements),
        gold=gold_accuracy(judgements),
        median_seconds=median_seconds(judgements),
    )


def results(ratings: Sequence[StoredRating], judgements: Sequence[StoredJudgement]) -> dict[str, Any]:
    """`measure` for JSON; the keys are the fields of `Results`."""
    return measure(ratings, judgements).as_dict()


def queue_as_dict(found: Results, rows: RowCounts) -> dict[str, object]:
    """The queue's part of the results for JSON, with the number of rows of each kind as `rows`."""
    everything = found.as_dict()
    counts = everything["counts"]
    return {
        "rows": to_json(rows),
        "counts": {
            name: counts[name] for name in ("judgements", "choices", "both_bad", "skipped", "not_blind", "unsure")
        },
        "agreement": [row for row in everything["agreement"] if row["where"] == "queue"],
        **{name: everything[name] for name in ("ranking", "comparisons", "self_agreement", "gold", "median_seconds")},
    }


def _counts(ratings: Sequence[StoredRating], judgements: Sequence[StoredJudgement]) -> Counts:
    answered = [judgement for judgement in judgements if judgement.answer.skip is None]
    return Counts(
        ratings=len(ratings),
        judgements=len(answered),
        choices=sum(judgement.answer.choice is not None for judgement in answered),
        both_bad=sum(judgement.answer.choice == "both_bad" for judgement in answered),
        skipped=len(judgements) - len(answered),
        not_blind=sum(not judgement.blind for judgement in answered),
        unsure=sum(bool(judgement.answer.unsure) for judgement in answered),
        raters=len({rating.given.rater for rating in ratings} | {judgement.rater for judgement in judgements}),
    )


def _row(scale: str, where: str, found: Agreement, unsure: int) -> ScaleAgreement:
    return ScaleAgreement(scale, where, found.alpha, found.reflections, found.explanation, unsure)


def _judged(judgements: Sequence[StoredJudgement]) -> list[tuple[Mapping[str, float], Mapping[str, int]]]:
    """Weights and levels of the single reflections that a mix wrote."""
    found: list[tuple[Mapping[str, float], Mapping[str, int]]] = []
    for judgement in judgements:
        weights, given = judgement.item.first.weights, judged_levels(judgement)
        if weights is not None and given is not None and is_evidence(judgement):
            found.append((weights, given))
    return found
