"""How far a rater can be relied on: the same answer to the same item, and right answers where they are known.

Left out: consequences. These are numbers to read beside the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from emorl.ratings.statistics.levels import is_evidence, judged_level
from emorl.ratings.storage.form import SCALES
from emorl.ratings.storage.record import StoredJudgement


@dataclass(frozen=True)
class Share:
    """How many answers were right, out of how many that were asked for."""

    right: int
    asked: int

    @property
    def share(self) -> float | None:
        """Right answers as a part of all, from 0 to 1; None where nothing was asked."""
        return self.right / self.asked if self.asked else None

    def as_dict(self) -> dict[str, float | None]:
        """Both numbers and the share, for JSON."""
        return {"right": self.right, "asked": self.asked, "share": self.share}


def self_agreement(judgements: Sequence[StoredJudgement]) -> dict[str, Share]:
    """By "choice" and scale: how often the second showing of an item got the same answer as the first.

    Args:
        judgements: not withdrawn. An item that was skipped at either showing does not count.
    """
    first = {(j.rater, j.item.key): j for j in judgements if not j.repeat}
    pairs = [(first[j.rater, j.item.key], j) for j in judgements if j.repeat and (j.rater, j.item.key) in first]
    found = {}
    for scale in ("choice", *SCALES):
        levels = [(judged_level(before, scale), judged_level(after, scale)) for before, after in pairs]
        asked = [(a, b) for a, b in levels if a is not None and b is not None]
        found[scale] = Share(sum(a == b for a, b in asked), len(asked))
    return found


def gold_accuracy(judgements: Sequence[StoredJudgement]) -> Share:
    """How many known answers were given; only blind first showings count, and neither skips nor "not sure"."""
    right = asked = 0
    for judgement in judgements:
        if judgement.item.gold is None or not is_evidence(judgement):
            continue
        for name, known in judgement.item.gold.items():
            if name in judgement.answer.unsure:
                continue
            asked += 1
            right += getattr(judgement.answer, name) == known
    return Share(right, asked)


def median_seconds(judgements: Sequence[StoredJudgement]) -> float | None:
    """Median time from an item's first showing to its answer, by the server's clock; None without answers."""
    times = [(j.submitted_at - j.shown_at).total_seconds() for j in judgements if j.answer.skip is None]
    times = [max(0.0, seconds) for seconds in times]  # stored before a clock set back was thought of
    return float(median(times)) if times else None
