"""Answers as numbers: 0, 1 or 2 on every scale of the rubric, and a number for each choice between two.

Depth none is 0 and complex 2; "would you say this?" no is 0 and yes 2. "Not sure" has no level: it is missing in every
statistic, and counted. Left out: scaling; a level is only an order.
"""

from __future__ import annotations

from collections.abc import Iterable

from emorl.ratings.storage.form import CHOICES, DEPTHS, SCALES, WOULD_SAY, Answer
from emorl.ratings.storage.record import NewRating, StoredJudgement, StoredRating

WORDS = {"choice": CHOICES, "depth": DEPTHS, "would_say": tuple(reversed(WOULD_SAY))}


def level(rating: StoredRating, scale: str) -> int:
    """The level of a rating of the Reflect screen on one of `SCALES`."""
    found = _level(rating.given, scale)
    assert found is not None  # the form asks for every scale
    return found


def judged_level(judgement: StoredJudgement, scale: str) -> int | None:
    """The level of a judgement on "choice" or one of `SCALES`; None if that was not asked, not sure, or skipped."""
    return _level(judgement.answer, scale)


def levels(rating: StoredRating) -> dict[str, int]:
    """All levels of a rating by scale."""
    return {scale: level(rating, scale) for scale in SCALES}


def judged_levels(judgement: StoredJudgement) -> dict[str, int] | None:
    """All levels of a judgement by scale; None for a pair, or if any of them is not sure or the item was skipped."""
    found = {scale: judged_level(judgement, scale) for scale in SCALES}
    known = {scale: value for scale, value in found.items() if value is not None}
    return known if len(known) == len(SCALES) else None


def is_evidence(judgement: StoredJudgement) -> bool:
    """Whether a judgement counts: blind, at the first showing, not skipped or taken back, of no training item."""
    seen_fresh = judgement.blind and not judgement.repeat
    return seen_fresh and judgement.answer.skip is None and not judgement.withdrawn and not judgement.item.is_training


def count_unsure(judgements: Iterable[StoredJudgement], question: str) -> int:
    """How many judgements that count answer a question with "not sure".

    Args:
        judgements: any.
        question: "choice" or one of `SCALES`.
    """
    return sum(question in judgement.answer.unsure for judgement in judgements if is_evidence(judgement))


def _level(given: NewRating | Answer, scale: str) -> int | None:
    value = getattr(given, scale)
    return value if value is None or scale not in WORDS else WORDS[scale].index(value)
