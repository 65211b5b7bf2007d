"""How far raters agree: Krippendorff's alpha, ordinal, over reflections that at least two raters rated.

Source: Krippendorff, Content Analysis, 4th ed., chapter 12, by the package `krippendorff` (numpy only). A
missing rating is missing, never 0. Left out: intervals, and agreement between people and the automatic
scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import krippendorff
import numpy as np

from emorl.ratings.storage.judgement import CHOICES, StoredJudgement
from emorl.ratings.storage.record import ANSWERS, DEPTHS, StoredRating

SCALES = ("depth", "empathy", "fluency", "would_say")
_ANSWER_LEVEL = {answer: level for level, answer in enumerate(reversed(ANSWERS))}  # no 0, edits 1, yes 2


@dataclass(frozen=True)
class Agreement:
    """Agreement on one scale.

    Attributes:
        alpha: 1 is perfect, 0 is chance, below 0 worse than chance; None where it is undefined.
        reflections: how many reflections at least two raters rated.
        explanation: why alpha is undefined, else "".
    """

    alpha: float | None
    reflections: int
    explanation: str


def level(rating: StoredRating, scale: str) -> int:
    """A judgement as a number: 0, 1 or 2 on every scale (depth none 0, complex 2; would say no 0, yes 2)."""
    given = rating.given
    if scale == "depth":
        return DEPTHS.index(given.depth)
    if scale == "would_say":
        return _ANSWER_LEVEL[given.would_say]
    return int(getattr(given, scale))


def agreement(ratings: Sequence[StoredRating], scale: str) -> Agreement:
    """Krippendorff's alpha of one scale.

    Args:
        ratings: newest revisions only, one per rater and reflection.
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
        if found is not None and judgement.blind and not judgement.repeat:
            by_item.setdefault(judgement.item.key, {})[judgement.rater] = found
    return alpha(by_item, nominal=scale == "choice")


def judged_level(judgement: StoredJudgement, scale: str) -> int | None:
    """A judgement of the queue as a number, or None if that was not asked or the item was skipped."""
    answer = judgement.answer
    if scale == "choice":
        return None if answer.choice is None else CHOICES.index(answer.choice)
    if answer.depth is None or answer.would_say is None:
        return None
    if scale == "depth":
        return DEPTHS.index(answer.depth)
    return _ANSWER_LEVEL[answer.would_say] if scale == "would_say" else int(getattr(answer, scale))


def alpha(units: Mapping[Any, Mapping[str, int]], nominal: bool = False) -> Agreement:
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
        value_domain=list(range(len(CHOICES))) if nominal else [0, 1, 2],
    )
    return Agreement(float(found), len(shared), "")
