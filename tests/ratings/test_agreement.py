"""Krippendorff's alpha against a published example and numbers worked out by hand."""

from __future__ import annotations

import pytest

from emorl.ratings import Answer, RatingStore
from emorl.ratings.statistics.agreement import agreement, alpha, judged_agreement
from emorl.ratings.statistics.levels import judged_level
from emorl.ratings.storage.form import CHOICES
from tests.ratings.conftest import Judge, MakeRating


def test_alpha_of_a_published_example() -> None:
    """Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", A: two observers, ten articles, alpha .095."""
    meg, owen = "0100000010", "1110010000"
    units = {place: {"meg": int(a), "owen": int(b)} for place, (a, b) in enumerate(zip(meg, owen, strict=True))}
    for nominal in (True, False):  # with two values the scales are the same
        assert alpha(units, nominal).alpha == pytest.approx(1 - 19 * 4 / (14 * 6))
    assert round(float(alpha(units).alpha or 0), 3) == 0.095


def test_alpha_of_ordinal_levels_by_hand() -> None:
    # 00 11 22 01 12 02: each level 4 times, n = 12. Squared distances (sum between, ends half): 0-1 and 1-2 are 4^2,
    # 0-2 is 8^2; each mixed pair was seen once: 1 - 11 (16 + 16 + 64) / (16 * 16 + 16 * 16 + 16 * 64) = 1 - .6875
    pairs = [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2)]
    found = alpha({place: {"a": x, "b": y} for place, (x, y) in enumerate(pairs)})
    assert (found.alpha, found.reflections, found.explanation) == (pytest.approx(0.3125), 6, "")


def test_alpha_of_three_raters_choices_by_hand(judge: Judge) -> None:
    # item 1: first, first, second: each pair counts half; item 2: second twice; item 3 was judged once and does not
    # count. first 2 times, second 3 times, one mixed pair: 1 - 4 * 1 / (2 * 3)
    said = [("1", "a", "first"), ("1", "b", "first"), ("1", "c", "second"), ("2", "a", "second"), ("2", "b", "second")]
    judgements = [judge(choice, rater, statement) for statement, rater, choice in said] + [judge("tie", "a", "3")]
    found = judged_agreement(judgements, "choice")
    assert (found.alpha, found.reflections) == (pytest.approx(1 / 3), 2)
    more = [judge("tie", "c", "2", blind=False), judge("tie", "b", "3", repeat=True)]
    assert judged_agreement([*judgements, *more], "choice") == found
    assert judged_agreement([*judgements, judge(None, "c", "2", answer=Answer(skip="other"))], "choice") == found


def test_choices_are_nominal(judge: Judge) -> None:
    """Tie and "both bad" are no further apart than any other two."""

    def of(other: str) -> float | None:
        pairs = [("first", "first"), ("first", other)]
        judged = [judge(x, rater, str(k)) for k, pair in enumerate(pairs) for x, rater in zip(pair, "ab", strict=True)]
        return judged_agreement(judged, "choice").alpha

    assert of("second") == of("tie") == of("both_bad")


def test_an_undefined_alpha_says_why(judge: Judge) -> None:
    assert alpha({}).explanation == "undefined because no reflection was rated by two raters"
    lone = alpha({"x": {"a": 1}, "y": {"b": 2}})
    assert (lone.alpha, lone.reflections) == (None, 0) and "no reflection" in lone.explanation
    same = alpha({"x": {"a": 2, "b": 2}, "y": {"a": 2, "b": 2}, "z": {"a": 0}})
    assert (same.alpha, same.reflections) == (None, 2) and "unanimous" in same.explanation
    assert judged_agreement([judge("tie", "a"), judge("tie", "b")], "choice").alpha is None


def test_levels_run_upwards(judge: Judge) -> None:
    for place, (depth, would) in enumerate(zip(("none", "simple", "complex"), ("no", "edits", "yes"), strict=True)):
        one = judge(answer=Answer(None, depth, place, 2 - place, would))
        assert [judged_level(one, scale) for scale in ("depth", "empathy", "fluency", "would_say")] == [
            place,
            place,
            2 - place,
            place,
        ]
        assert judged_level(one, "choice") is None
    assert [judged_level(judge(choice), "choice") for choice in CHOICES] == [0, 1, 2, 3]
    assert judged_level(judge("tie"), "depth") is None


def test_alpha_of_stored_ratings_by_hand(store: RatingStore, make: MakeRating) -> None:
    # (0,0) (0,0) (2,2) (0,2): o02 = 1, n0 = 5, n2 = 3, n = 8; two values, so alpha = 1 - 7 * 1 / (5 * 3)
    for seed, pair in enumerate([(0, 0), (0, 0), (2, 2), (0, 2)]):
        for rater, value in zip(("rater-a", "rater-b"), pair, strict=True):
            store.add(make(seed=seed, rater=rater, empathy=value))
    store.add(make(seed=99, empathy=1))  # rated once: no part of it
    found = agreement(store.all(), "empathy")
    assert found.alpha == pytest.approx(1 - 7 / 15)
    assert found.reflections == 4


def test_an_undefined_alpha_of_stored_ratings_says_why(store: RatingStore, make: MakeRating) -> None:
    store.add(make())
    assert "no reflection was rated by two" in agreement(store.all(), "depth").explanation
    store.add(make(rater="rater-b"))
    found = agreement(store.all(), "depth")
    assert (found.alpha, found.reflections) == (None, 1)
    assert "undefined because unanimous" in found.explanation
