"""Which mixes raters prefer: ratings turned into bins over the weight simplex, for a map.

Both kinds of evidence count. A rating of one reflection scores it from 0 to 1: the mean of its four levels (0
to 2), halved; with a "not sure" among them it has no score. A blind choice gives the chosen side's weights 1 and the
other's 0, a tie .5 each, "both bad" 0 each. Shares are rounded to a grid of `1 / cells` by the largest remainder, so
that they still sum to 1. In each bin a rater has one voice, the mean of all they said there, so that nobody outweighs
others by rating often.

Left out: smoothing between bins, and intervals; a bin's `raters` say how little it may rest on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TypedDict

from emorl.ratings.statistics.levels import is_evidence, judged_levels, levels
from emorl.ratings.storage.form import MAX_LEVEL
from emorl.ratings.storage.record import StoredJudgement, StoredRating

CELLS = 10
FIRST_AND_SECOND = {"first": (1.0, 0.0), "tie": (0.5, 0.5), "second": (0.0, 1.0), "both_bad": (0.0, 0.0)}
"""Each side's share of the win, by choice."""


class Bin(TypedDict):
    """One bin of the weight simplex, ready for JSON.

    Attributes:
        weights: share by objective, on the grid, sum 1; all 0 for the base model alone.
        base: whether this is the base model alone, which is no point of the simplex.
        ratings: how many single ratings.
        score: their mean from 0 to 1, or None.
        comparisons: how many choices a mix of this bin was part of.
        win_rate: its mean share of the win from 0 to 1, or None.
        raters: how many people gave them.
        preference: the mean over the raters, each with the mean of both, from 0 to 1.
    """

    weights: dict[str, float]
    base: bool
    ratings: int
    score: float | None
    comparisons: int
    win_rate: float | None
    raters: int
    preference: float


@dataclass
class _Evidence:
    """Scores of ratings and shares of wins that fell into one bin."""

    scores: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    voices: dict[str, list[float]] = field(default_factory=dict)  # both, by rater


def preferred_weights(
    ratings: Iterable[StoredRating | StoredJudgement], objectives: Sequence[str], cells: int = CELLS
) -> list[Bin]:
    """Bins of the weight simplex with what raters thought of the mixes in them.

    Args:
        ratings: from `RatingStore.all()` and `RatingStore.judgements()`, in any order and mixture. Judgements that
            were skipped, withdrawn, not blind, repeated, or of text that no mix wrote are left out.
        objectives: names and order of the axes; a rating whose weights name others is left out, one that lacks some
            has 0 there.
        cells: steps of the grid between a share of 0 and 1.

    Returns:
        The bins that hold anything, in the order of their weights.

    Raises:
        ValueError: no objectives, or no cells.
    """
    if not objectives or cells < 1:
        raise ValueError(f"Got {len(objectives)} objectives and {cells} cells: expected at least one of each.")
    bins: dict[tuple[int, ...], _Evidence] = {}

    def at(weights: Mapping[str, float] | None) -> _Evidence:
        if weights is None or not set(weights) <= set(objectives):
            return _Evidence()  # in no bin
        return bins.setdefault(to_grid([weights.get(name, 0.0) for name in objectives], cells), _Evidence())

    for rating in ratings:
        rater = rating.given.rater if isinstance(rating, StoredRating) else rating.rater
        for weights, score in _scores(rating):
            found = at(weights)
            found.scores.append(score)
            found.voices.setdefault(rater, []).append(score)
        for weights, share in _shares(rating):
            found = at(weights)
            found.shares.append(share)
            found.voices.setdefault(rater, []).append(share)
    return [_bin(position, found, objectives, cells) for position, found in sorted(bins.items())]


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


def _scores(rating: StoredRating | StoredJudgement) -> list[tuple[Mapping[str, float] | None, float]]:
    """Weights of a rated reflection, and its score from 0 to 1."""
    if isinstance(rating, StoredRating):
        return [(rating.given.weights, fmean(levels(rating).values()) / MAX_LEVEL)]
    given = judged_levels(rating)
    if given is None or not is_evidence(rating):
        return []
    return [(rating.item.first.weights, fmean(given.values()) / MAX_LEVEL)]


def _shares(rating: StoredRating | StoredJudgement) -> list[tuple[Mapping[str, float] | None, float]]:
    """Weights of the two reflections of a choice, and what each gets of the win."""
    if isinstance(rating, StoredRating) or rating.item.second is None or not is_evidence(rating):
        return []
    if rating.answer.choice is None:  # not sure
        return []
    first, second = FIRST_AND_SECOND[rating.answer.choice]
    return [(rating.item.first.weights, first), (rating.item.second.weights, second)]


def _bin(position: tuple[int, ...], found: _Evidence, objectives: Sequence[str], cells: int) -> Bin:
    return {
        "weights": {name: count / cells for name, count in zip(objectives, position, strict=True)},
        "base": not any(position),
        "ratings": len(found.scores),
        "score": fmean(found.scores) if found.scores else None,
        "comparisons": len(found.shares),
        "win_rate": fmean(found.shares) if found.shares else None,
        "raters": len(found.voices),
        "preference": fmean(map(fmean, found.voices.values())),
    }
