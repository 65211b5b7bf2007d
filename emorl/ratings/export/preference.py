"""Which mixes raters prefer: ratings turned into bins over the weight simplex, for a map.

Both kinds of evidence count. A rating of one reflection scores it from 0 to 1: the mean of its four levels (0
to 2), halved. A blind choice gives the chosen side's weights 1 and the other's 0, a tie .5 each, "both bad" 0
each. Shares are rounded to a grid of `1 / cells` by the largest remainder, so that they still sum to 1.

Left out: smoothing between bins, and intervals; a bin's `count` says how little it may rest on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from emorl.ratings.statistics.agreement import SCALES, judged_level, level
from emorl.ratings.storage.judgement import StoredJudgement
from emorl.ratings.storage.record import StoredRating

CELLS = 10


@dataclass
class _Bin:
    scores: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def preferred_weights(
    ratings: Iterable[StoredRating | StoredJudgement], objectives: Sequence[str], cells: int = CELLS
) -> list[dict[str, Any]]:
    """Bins of the weight simplex with what raters thought of the mixes in them.

    Args:
        ratings: from `RatingStore.all()` and `RatingQueue.judgements()`, in any order and mixture. Judgements that
            were skipped, withdrawn, not blind, repeated, or of text that no mix wrote are left out.
        objectives: names and order of the axes; a rating whose weights name others is left out, one that
            lacks some has 0 there.
        cells: steps of the grid between a share of 0 and 1.

    Returns:
        One mapping a bin that holds anything, in the order of its weights, ready for JSON:

        * `weights`: share by objective, on the grid, sum 1; all 0 for the base model alone.
        * `base`: whether this is the base model alone, which is no point of the simplex.
        * `ratings`: how many single ratings; `score`: their mean from 0 to 1, or null.
        * `comparisons`: how many choices a mix of this bin was part of; `win_rate`: its mean share of the
          win from 0 to 1, or null.
        * `count`: ratings + comparisons; `preference`: the mean over both, from 0 to 1.

    Raises:
        ValueError: no objectives, or no cells.
    """
    if not objectives or cells < 1:
        raise ValueError(f"got {len(objectives)} objectives and {cells} cells, expected at least one of each")
    bins: dict[tuple[int, ...], _Bin] = {}

    def at(weights: Mapping[str, float] | None) -> _Bin | None:
        if weights is None or not set(weights) <= set(objectives):
            return None
        return bins.setdefault(to_grid([weights.get(name, 0.0) for name in objectives], cells), _Bin())

    for rating in ratings:
        for weights, share, is_score in _evidence(rating):
            found = at(weights)
            if found is not None:
                (found.scores if is_score else found.shares).append(share)
    return [_row(place, found, objectives, cells) for place, found in sorted(bins.items())]


def to_grid(shares: Sequence[float], cells: int = CELLS) -> tuple[int, ...]:
    """Shares as whole cells that sum to `cells` (all 0 if the shares are), by the largest remainder."""
    total = sum(shares)
    if total <= 0:
        return (0,) * len(shares)
    exact = [share / total * cells for share in shares]
    whole = [math.floor(x + 1e-9) for x in exact]
    rest = sorted(range(len(exact)), key=lambda k: (whole[k] - exact[k], k))
    for k in rest[: cells - sum(whole)]:
        whole[k] += 1
    return tuple(whole)


def _evidence(rating: StoredRating | StoredJudgement) -> list[tuple[Mapping[str, float] | None, float, bool]]:
    """(weights, value from 0 to 1, whether it is a score and not a share of a win)."""
    if isinstance(rating, StoredRating):
        return [(rating.given.weights, fmean(level(rating, scale) for scale in SCALES) / 2, True)]
    if rating.withdrawn or rating.repeat or not rating.blind or rating.answer.skip is not None:
        return []
    item, choice = rating.item, rating.answer.choice
    if item.second is None:
        levels = [judged_level(rating, scale) for scale in SCALES]
        return [(item.first.weights, fmean(x for x in levels if x is not None) / 2, True)]
    first = {"first": 1.0, "tie": 0.5}.get(str(choice), 0.0)
    second = {"second": 1.0, "tie": 0.5}.get(str(choice), 0.0)
    return [(item.first.weights, first, False), (item.second.weights, second, False)]


def _row(place: tuple[int, ...], found: _Bin, objectives: Sequence[str], cells: int) -> dict[str, Any]:
    return {
        "weights": {name: k / cells for name, k in zip(objectives, place, strict=True)},
        "base": not any(place),
        "ratings": len(found.scores),
        "score": fmean(found.scores) if found.scores else None,
        "comparisons": len(found.shares),
        "win_rate": fmean(found.shares) if found.shares else None,
        "count": len(found.scores) + len(found.shares),
        "preference": fmean([*found.scores, *found.shares]),
    }
