"""Ratings and blind choices as bins over the weights: the grid and the means, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emorl.ratings import Answer, RatingStore, preferred_weights
from emorl.ratings.export.preference import to_grid
from tests.ratings.conftest import Judge, MakeRating

NAMES = ("empathy", "fluency")
HALF = {"empathy": 0.5, "fluency": 0.5}


@pytest.mark.parametrize(
    ("shares", "cells", "wanted"),
    [
        ([1 / 3] * 3, 10, (4, 3, 3)),  # the first of equal remainders
        ([0.05, 0.95], 10, (1, 9)),
        ([0.24, 0.26, 0.5], 10, (2, 3, 5)),
        ([2.0, 6.0], 4, (1, 3)),
        ([0.3, 0.7], 10, (3, 7)),  # .3 * 10 is a little below 3
        ([0.0, 0.0], 10, (0, 0)),
        ([1.0], 1, (1,)),
    ],
)
def test_the_grid_by_hand(shares: list[float], cells: int, wanted: tuple[int, ...]) -> None:
    assert to_grid(shares, cells) == wanted


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.integers(1, 20))
def test_the_grid_keeps_the_sum_and_the_place(shares: list[float], cells: int) -> None:
    found, total = to_grid(shares, cells), sum(shares)
    assert sum(found) == (cells if total > 0 else 0)
    if total > 0:
        assert all(abs(k - cells * share / total) < 1 for k, share in zip(found, shares, strict=True))


def test_bins_by_hand(judge: Judge, store: RatingStore, make: MakeRating) -> None:
    high, low, base = {"empathy": 0.8, "fluency": 0.2}, {"empathy": 0.2, "fluency": 0.8}, dict.fromkeys(NAMES, 0.0)
    store.add(make(weights=high, depth="complex", empathy=2, fluency=1, would_say="edits"))  # 2 2 1 1: .75
    store.add(make(weights={"empathy": 0.79, "fluency": 0.21}, depth="none", empathy=0, fluency=0, would_say="no"))  # 0
    judged = [
        judge("first", weights=(high, low)),  # 1 and 0
        judge("tie", weights=(high, base)),  # .5 each
        judge("both_bad", weights=(low, base)),  # 0 each
        judge(weights=(low, None), answer=Answer(None, "simple", 1, 1, "edits")),  # .5
        judge(weights=(low, base), answer=Answer(unsure=("choice",))),  # says nothing
        judge(weights=(low, None), answer=Answer(None, None, 1, 1, "edits", unsure=("depth",))),
    ]
    assert preferred_weights([*store.all(), *judged], NAMES) == [
        {
            "weights": base,
            "base": True,
            "ratings": 0,
            "score": None,
            "comparisons": 2,
            "win_rate": 0.25,
            "raters": 1,
            "preference": 0.25,
        },
        {
            "weights": low,
            "base": False,
            "ratings": 1,
            "score": 0.5,
            "comparisons": 2,
            "win_rate": 0.0,
            "raters": 1,
            "preference": pytest.approx(0.5 / 3),
        },
        {
            "weights": high,
            "base": False,
            "ratings": 2,
            "score": 0.375,
            "comparisons": 2,
            "win_rate": 0.75,
            "raters": 1,
            "preference": pytest.approx((0.75 + 0 + 1 + 0.5) / 4),
        },
    ]


def test_nobody_outweighs_others_by_rating_often(judge: Judge, store: RatingStore, make: MakeRating) -> None:
    low = {"depth": "none", "empathy": 0, "fluency": 0, "would_say": "no"}
    for seed in range(20):  # 20 reflections at one place, each rated 0 by one rater
        store.add(make(weights=HALF, rater="loud", reflection=f"Reply {seed}.", **low))
    store.add(make(weights=HALF, rater="quiet", depth="complex", empathy=2, fluency=1, would_say="edits"))  # .75
    judged = judge("tie", rater="third", weights=(HALF, {"empathy": 1.0}))  # .5 at both places
    end, middle = preferred_weights([*store.all(), judged], NAMES)[::-1]
    assert (middle["ratings"], middle["raters"]) == (21, 3)
    assert middle["preference"] == pytest.approx((0 + 0.75 + 0.5) / 3)  # .057 if every rating had a voice
    assert (end["comparisons"], end["raters"], end["preference"]) == (1, 1, 0.5)


def test_what_says_nothing_about_weights_is_left_out(judge: Judge, store: RatingStore, make: MakeRating) -> None:
    store.add(make(weights={"empathy": 0.5, "warmth": 0.5}))  # an objective this map does not have
    both = (HALF, HALF)
    out = [
        judge("first"),
        judge("first", weights=both, repeat=True),
        judge("first", weights=both, blind=False),
        judge("first", weights=both, withdrawn=True),
        judge(weights=both, answer=Answer(skip="faulty")),
    ]
    assert preferred_weights([*store.all(), *out], NAMES) == []
    (found,) = preferred_weights([judge("second", weights=({"empathy": 1.0}, None))], NAMES)  # a person wrote the other
    assert (found["weights"], found["win_rate"], found["raters"]) == ({"empathy": 1.0, "fluency": 0.0}, 0.0, 1)


def test_no_axes_or_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="Got 0 objectives and 10 cells"):
        preferred_weights([], ())
    with pytest.raises(ValueError, match="0 cells: expected at least one"):
        preferred_weights([], NAMES, 0)
