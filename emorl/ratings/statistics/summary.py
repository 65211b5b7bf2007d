"""What the ratings say in numbers: counts, means by an objective's share, agreement.

The range of a share is cut in thirds at 1/3 and 2/3, not at quantiles of the sample: presets pile up on a
few values, and fixed borders mean the same next month. Replies of the base model alone (all weights 0) are
kept apart. Left out: intervals and tests; a dozen ratings carry none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from emorl.ratings.statistics.agreement import SCALES, Agreement, agreement, level
from emorl.ratings.storage.record import StoredRating

THIRDS = ("share below 1/3", "share 1/3 to 2/3", "share above 2/3")
BASE = "base model alone"


@dataclass(frozen=True)
class Group:
    """Mean levels (0 to 2 on every scale) of the ratings in one third of one objective's share.

    Attributes:
        objective: name, or "" for the base model alone.
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
    """Counts (newest revisions, except `revisions`), group means and agreement by scale."""

    ratings: int
    revisions: int
    raters: int
    reflections: int
    groups: tuple[Group, ...]
    agreement: dict[str, Agreement]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain mappings and lists, for JSON."""
        return asdict(self)


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
        groups=by_region((rating.given.weights, {s: level(rating, s) for s in SCALES}) for rating in newest),
        agreement={scale: agreement(newest, scale) for scale in SCALES},
    )


def by_region(observations: Iterable[tuple[Mapping[str, float], Mapping[str, int]]]) -> tuple[Group, ...]:
    """Mean levels by region of the weights: thirds of each objective's share, and the base model alone.

    Args:
        observations: (shares by objective, level by scale) of each rating.
    """
    groups: dict[tuple[str, str], list[Mapping[str, int]]] = {}
    for weights, levels in observations:
        if not any(weights.values()):
            groups.setdefault(("", BASE), []).append(levels)
            continue
        for objective, share in weights.items():
            groups.setdefault((objective, THIRDS[_third(share)]), []).append(levels)
    order = {third: place for place, third in enumerate((*THIRDS, BASE))}
    return tuple(
        Group(objective, third, len(group), {s: fmean(levels[s] for levels in group) for s in SCALES})
        for (objective, third), group in sorted(groups.items(), key=lambda item: (item[0][0], order[item[0][1]]))
    )


def as_text(summary: Summary) -> str:
    """The summary as lines for a terminal."""
    lines = [
        f"{summary.ratings} ratings ({summary.revisions} with earlier revisions) "
        f"of {summary.reflections} reflections by {summary.raters} raters"
    ]
    if summary.groups:
        lines += [
            "",
            f"{'objective':<16} {'where':<18} {'n':>4}" + "".join(f" {scale:>9}" for scale in SCALES),
        ]
        for group in summary.groups:
            means = "".join(f" {group.means[scale]:9.2f}" for scale in SCALES)
            lines.append(f"{group.objective or '-':<16} {group.third:<18} {group.ratings:>4}{means}")
        lines.append("means of levels 0 to 2 (depth none/simple/complex, would say no/edits/yes)")
    lines += ["", "agreement (Krippendorff's alpha, ordinal; 1 perfect, 0 chance)"]
    for scale, found in summary.agreement.items():
        value = found.explanation if found.alpha is None else f"{found.alpha:.3f} over {found.reflections} reflections"
        lines.append(f"{scale:<16} {value}")
    return "\n".join(lines)


def _third(share: float) -> int:
    return 0 if share < 1 / 3 else 1 if share <= 2 / 3 else 2
