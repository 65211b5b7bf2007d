"""What the ratings say in numbers: counts, means by an objective's share, agreement.

The range of a share is cut in thirds at 1/3 and 2/3, not at quantiles of the sample: presets pile up on a few values,
and fixed borders mean the same next month. Reflections of the base model alone (all weights 0) are kept apart.
Left out: intervals and tests; a dozen ratings are too few for either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from emorl.ratings.statistics.agreement import Agreement, agreement
from emorl.ratings.statistics.levels import levels
from emorl.ratings.storage.fields import to_json
from emorl.ratings.storage.form import SCALES
from emorl.ratings.storage.record import StoredRating

THIRDS = ("share below 1/3", "share 1/3 to 2/3", "share above 2/3")
BASE = "base model alone"


@dataclass(frozen=True)
class RegionMeans:
    """Mean levels (0 to 2 on every scale) of the ratings in one third of one objective's share.

    Attributes:
        objective: its name, or "" for the base model alone.
        third: one of `THIRDS`, or `BASE`.
        ratings: how many ratings fell here.
        means: mean level by scale.
    """

    objective: str
    third: str
    ratings: int
    means: dict[str, float]


@dataclass(frozen=True)
class Summary:
    """What the ratings of the Reflect screen say.

    Attributes:
        ratings: how many there are, each in its newest revision.
        revisions: how many were submitted in all.
        raters: how many people gave them.
        reflections: how many reflections they are about.
        groups: means by region of the weights.
        agreement: by scale.
    """

    ratings: int
    revisions: int
    raters: int
    reflections: int
    groups: tuple[RegionMeans, ...]
    agreement: dict[str, Agreement]

    def as_dict(self) -> dict[str, object]:
        """The same for JSON."""
        return to_json(self)


def summarise(newest: Sequence[StoredRating], revisions: int) -> Summary:
    """Sum up ratings.

    Args:
        newest: the newest revision of each rating.
        revisions: how many were submitted in all.
    """
    return Summary(
        ratings=len(newest),
        revisions=revisions,
        raters=len({rating.given.rater for rating in newest}),
        reflections=len({rating.generation_id for rating in newest}),
        groups=by_region((rating.given.weights, levels(rating)) for rating in newest),
        agreement={scale: agreement(newest, scale) for scale in SCALES},
    )


def by_region(observations: Iterable[tuple[Mapping[str, float], Mapping[str, int]]]) -> tuple[RegionMeans, ...]:
    """Mean levels by region of the weights: thirds of each objective's share, and the base model alone.

    Args:
        observations: (shares by objective, level by scale) of each rating.
    """
    groups: dict[tuple[str, str], list[Mapping[str, int]]] = {}
    for weights, found in observations:
        if not any(weights.values()):
            groups.setdefault(("", BASE), []).append(found)
            continue
        for objective, share in weights.items():
            groups.setdefault((objective, THIRDS[_third(share)]), []).append(found)
    order = {third: place for place, third in enumerate((*THIRDS, BASE))}
    return tuple(
        RegionMeans(objective, third, len(group), {scale: fmean(found[scale] for found in group) for scale in SCALES})
        for (objective, third), group in sorted(groups.items(), key=lambda item: (item[0][0], order[item[0][1]]))
    )


def _third(share: float) -> int:
    return 0 if share < 1 / 3 else 1 if share <= 2 / 3 else 2
