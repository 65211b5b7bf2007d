"""How far raters agree: Krippendorff's alpha, ordinal, over reflections that at least two raters rated.

Source: Krippendorff, Content Analysis, 4th ed., chapter 12, by the package `krippendorff` (numpy only). A rating that
is missing, or "not sure", is missing, never 0. Left out: intervals, and agreement between people and the automatic
scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import krippendorff
import numpy as np

from emorl.ratings.statistics.levels import is_evidence, judged_level, level
from emorl.ratings.storage.form import CHOICES, MAX_LEVEL
from emorl.ratings.storage.record import StoredJudgement, StoredRating

Unit = TypeVar("Unit")  # a reflection or an item, by number or key


@dataclass(frozen=True)
class Agreement:
    """Agreement on one scale.

    Attributes:
        alpha: 1 is perfect, 0 is what chance gives, below 0 is worse; None where it is undefined.
        reflections: how many reflections at least two raters rated.
        explanation: why alpha is undefined, else "".
    """

    alpha: float | None
    reflections: int
    explanation: str


def agreement(ratings: Sequence[StoredRating], scale: str) -> Agreement:
    """Krippendorff's alpha of one scale.

    Args:
        ratings: newest revisions only, one for each rater and reflection.
        scale: one of `SCALES`.
    """
    by_reflection: dict[int, dict[str, int]] = {}
    for rating in ratings:
        by_reflection.setdefault(rating.generation_id, {})[rating.given.rater] = level(rating, scale)
    return alpha(by_reflection)


def judged_agreement(judgements: Sequence[StoredJudgement], scale: str) -> Agreement:
    """Krippendorff's alpha over the items of the queue; "choice" (nominal) or one of `SCALES` (ordinal).

    Args:
        judgements: not withdrawn; only blind first showings are counted.
        scale: "choice" for pairs, else a scale of the rubric.
    """
    by_item: dict[str, dict[str, int]] = {}
    for judgement in judgements:
        found = judged_level(judgement, scale)
        if found is not None and is_evidence(judgement):
            by_item.setdefault(judgement.item.key, {})[judgement.rater] = found
    return alpha(by_item, nominal=scale == "choice")


def alpha(units: Mapping[Unit, Mapping[str, int]], nominal: bool = False) -> Agreement:
    """Krippendorff's alpha over units (reflections or items), each with the levels its raters gave."""
    shared = [levels for levels in units.values() if len(levels) >= 2]
    if not shared:
        return Agreement(None, 0, "undefined because no reflection was rated by two raters")
    if len({value for levels in shared for value in levels.values()}) == 1:
        return Agreement(
            None,
            len(shared),
            "undefined because unanimous: every shared rating is the same, so chance agrees as well",
        )
    raters = sorted({rater for levels in shared for rater in levels})
    table = np.full((len(raters), len(shared)), np.nan)  # raters x reflections
    for column, levels in enumerate(shared):
        for rater, value in levels.items():
            table[raters.index(rater), column] = value
    found = krippendorff.alpha(
        reliability_data=table,
        level_of_measurement="nominal" if nominal else "ordinal",
        value_domain=list(range(len(CHOICES) if nominal else MAX_LEVEL + 1)),
    )
    return Agreement(float(found), len(shared), "")
