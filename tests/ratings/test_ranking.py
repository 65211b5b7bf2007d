"""Bradley-Terry: cases that can be solved by hand, intervals that cover, what counts as a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.ratings import Answer
from emorl.ratings.statistics.ranking import PRIOR_PRECISION, Comparison, comparisons, deviation, fit, linked, rank
from tests.ratings.conftest import Judge


def solved(rows: Sequence[tuple[int, int, float]], names: int, precision: float) -> list[float]:
    first, second, share = (np.array(column) for column in zip(*rows, strict=True))
    return list(fit(first, second, share.astype(float), np.ones(len(rows)), names, precision))


def test_the_strengths_of_two_settings_by_hand() -> None:
    # 16 wins of 20. At s = +-ln(3)/2 the chance is 3/4, so the likelihood pulls with 16 - 15 = 1;
    # a prior of precision 2 / ln(3) pulls back with exactly that.
    found = solved([(0, 1, 1.0)] * 16 + [(0, 1, 0.0)] * 4, 2, 2 / math.log(3))
    assert found == pytest.approx([math.log(3) / 2, -math.log(3) / 2], abs=1e-9)


def test_the_strengths_of_a_chain_by_hand() -> None:
    """A beats B three times in four, B beats C three times in four: log odds of 3 each, hardly any prior."""
    rows = [(0, 1, 1.0)] * 3 + [(0, 1, 0.0)] + [(1, 2, 1.0)] * 3 + [(1, 2, 0.0)]
    assert solved(rows, 3, 1e-6) == pytest.approx([math.log(3), 0, -math.log(3)], abs=1e-4)


def test_ties_count_half_and_a_circle_is_level() -> None:
    assert solved([(0, 1, 0.5)] * 7, 2, 0.1) == pytest.approx([0, 0])
    assert solved([(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0)], 3, 0.1) == pytest.approx([0, 0, 0])
    half = solved([(0, 1, 1.0), (0, 1, 0.5), (0, 1, 0.5), (0, 1, 1.0)], 2, 0.1)
    assert half == pytest.approx(solved([(0, 1, 1.0)] * 3 + [(0, 1, 0.0)], 2, 0.1))


def test_a_setting_that_never_lost_stays_finite() -> None:
    strong, weak = solved([(0, 1, 1.0)] * 50, 2, PRIOR_PRECISION)
    assert 0 < strong < 10 and strong == -weak
    # what the prior and the likelihood do there: 50 (1 - chance) = precision * s
    assert 50 * (1 - 1 / (1 + math.exp(-2 * strong))) == pytest.approx(PRIOR_PRECISION * strong, abs=1e-8)


def test_the_deviation_of_a_strength_by_hand() -> None:
    # 8 level comparisons: curvature .1 + 8 / 4 (1 -1; -1 1); along (1, -1) that is .1 + 4, half of its inverse each
    first, second = np.zeros(8, int), np.ones(8, int)
    assert deviation(first, second, np.zeros(2)) == pytest.approx([math.sqrt(0.5 / 4.1)] * 2)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=40)
)
def test_the_strengths_of_any_choices_are_a_maximum(rows: list[tuple[int, int, float]]) -> None:
    """At the solution the gradient is that of the centring alone, and swapping the sides changes nothing."""
    rows = [(a, (a + step) % 4, share) for a, step, share in rows]
    found = solved(rows, 4, 0.1)
    assert sum(found) == pytest.approx(0, abs=1e-9)
    for k in range(4):
        pull = sum(
            (1 if a == k else -1) * (share - 1 / (1 + math.exp(found[b] - found[a])))
            for a, b, share in rows
            if k in (a, b)
        )
        assert pull == pytest.approx(0.1 * found[k], abs=1e-6)
    assert solved([(b, a, 1 - share) for a, b, share in rows], 4, 0.1) == pytest.approx(found, abs=1e-8)


def test_intervals_cover_the_truth() -> None:
    """Choices drawn from known strengths, by raters and items that do not differ: a 95 % interval may miss few."""
    truth, rng, hit = np.array([0.8, 0.0, -0.8]), np.random.default_rng(1), 0
    for number in range(30):
        found = []
        for trial in range(90):
            a, b = rng.choice(3, 2, replace=False)
            won = float(rng.random() < 1 / (1 + np.exp(truth[b] - truth[a])))
            found.append(Comparison(f"s{a}", f"s{b}", won, f"r{trial % 6}", f"i{trial % 15}"))
        for one in rank(found, samples=60, seed=number):
            assert one.low <= one.strength <= one.high
            hit += one.low <= truth[int(one.setting[1])] <= one.high
    assert hit / 90 >= 0.92


def test_few_unanimous_choices_are_not_certain() -> None:
    found = rank([Comparison("A", "B", 1.0, "r", "i")] * 4)
    assert [(one.setting, one.wins, one.comparisons) for one in found] == [("A", 4.0, 4), ("B", 0.0, 4)]
    assert found[0].low < 0 < found[0].high  # four choices of one rater show little
    assert found == rank([Comparison("A", "B", 1.0, "r", "i")] * 4)  # the same seed, the same numbers
    assert rank([]) == ()


def test_settings_that_no_choice_links_are_ranked_apart() -> None:
    """Three groups by hand: A, B, C in a chain; X beats Y three times in four; P and Q with a tie.

    With a prior of precision p the difference d of two settings solves n (share - 1 / (1 + exp(-d))) = p d / 2; at a
    tie that is 0. A beats B and B beats C once each, so A and C are as far from B, which stands at 0.
    """
    rows = [
        *[Comparison("X", "Y", share, "r", f"x{k}") for k, share in enumerate((1.0, 1.0, 0.0, 1.0))],
        Comparison("B", "C", 1.0, "r", "i"),
        Comparison("P", "Q", 0.5, "s", "i"),
        Comparison("A", "B", 1.0, "s", "j"),
    ]
    assert [[one.first for one in group] for group in linked(rows)] == [["X"] * 4, ["B", "A"], ["P"]]
    found = rank(rows)
    assert [(one.group, one.setting) for one in found] == [
        (1, "X"),
        (1, "Y"),
        (2, "A"),
        (2, "B"),
        (2, "C"),
        (3, "P"),
        (3, "Q"),
    ]
    strength = {one.setting: one.strength for one in found}
    apart = strength["X"] - strength["Y"]
    assert 4 * (0.75 - 1 / (1 + math.exp(-apart))) == pytest.approx(PRIOR_PRECISION * apart / 2, abs=1e-8)
    assert strength["B"] == pytest.approx(0, abs=1e-9)
    assert strength["A"] > 0 and strength["A"] == pytest.approx(-strength["C"])
    assert (strength["P"], strength["Q"]) == (0, 0)
    for group in (1, 2, 3):
        assert sum(one.strength for one in found if one.group == group) == pytest.approx(0, abs=1e-9)
    alone = rank([one for one in rows if one.first in ("X", "Y")])
    assert alone == found[:2]  # what others say of others changes nothing
    joined = rank([*rows, Comparison("C", "X", 1.0, "s", "k"), Comparison("Q", "A", 1.0, "s", "k")])
    assert {one.group for one in joined} == {1} and linked([]) == ()


def test_more_raters_narrow_the_interval() -> None:
    rows = [Comparison("A", "B", float(k % 3 > 0), f"r{k % 5}", f"i{k % 7}") for k in range(210)]
    few, many = rank(rows[:21])[0], rank(rows)[0]
    assert many.high - many.low < 0.7 * (few.high - few.low)


def test_only_blind_first_choices_between_two_settings_are_compared(judge: Judge) -> None:
    counted = [judge("first"), judge("second"), judge("tie")]
    out = [
        judge("both_bad"),
        judge("first", gold={"choice": "first"}),
        judge("first", blind=False),
        judge("first", repeat=True),
        judge("first", withdrawn=True),
        judge("first", second="A"),
        judge(),
        judge("first", answer=Answer(choice=None, skip="other")),
    ]
    found = comparisons([*counted, *out])
    assert [(one.first, one.second, one.share) for one in found] == [("A", "B", 1.0), ("A", "B", 0.0), ("A", "B", 0.5)]
    assert found[0].item == counted[0].item.key and found[0].rater == "rater-a"
