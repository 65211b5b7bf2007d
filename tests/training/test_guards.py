"""The guards: penalties by hand, what is measured, and each way of running away, up to its limit and beyond."""

from __future__ import annotations

import math

import pytest

from training.guards import (
    COPIED,
    LONGEST,
    SHORTEST,
    Measures,
    converged,
    opening_share,
    penalties,
    penalty,
    runaway,
    sameness,
)


def measures(**changes) -> Measures:
    values = {
        "score": 0.5,
        "judge": 0.5,
        "words": 20,
        "copying": 0.1,
        "repetition": 0.02,
        "distinct": 0.8,
        "ended": 1,
        "opening": 0.1,
        "sympathy": 0.0,
        "faithful": 0.5,
    }
    return Measures(**{**values, **changes})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"words": 40}, "grew"),
        ({"words": 6}, "shrank"),
        ({"copying": 0.5}, "copying"),
        ({"repetition": 0.3}, "repetition"),
        ({"distinct": 0.3}, "formula"),
        ({"ended": 0.5}, "end by themselves"),
        ({"opening": 0.25}, "one opening"),
        ({"sympathy": 0.2}, "sorry or glad"),
        ({"faithful": 0.4}, "faithfulness fell"),
        ({"judge": 0.4, "score": 0.7}, "judge"),
    ],
)
def test_each_way_of_running_away_is_named(change, reason):
    assert runaway(measures(), measures()) is None
    assert reason in (runaway(measures(), measures(**change)) or "")


def test_a_run_may_be_allowed_to_lose_more_faithfulness() -> None:
    assert runaway(measures(), measures(faithful=0.4), faithfulness_drop=0.12) is None
    assert "from 0.50 to 0.37" in (runaway(measures(), measures(faithful=0.37), faithfulness_drop=0.12) or "")


def test_what_is_measured_of_replies_without_a_judge():
    replies = ["You want out of it.", "You want out again.", "I'm sorry about that.", "It hurts."]
    found = Measures.of(["s"] * 4, replies, [True] * 4, [0.2, 0.4, 0.6, 0.8], None, [1.0, 0.5, 0.0, 0.5])
    assert (found.score, found.opening, found.sympathy, found.faithful) == (0.5, 0.5, 0.25, 0.5)
    assert math.isnan(found.judge) and math.isnan(Measures.of(["s"], ["Yes."], [True], [0.5], None).faithful)


def test_a_good_reply_costs_nothing_and_every_trick_costs_something():
    statement = "I have been so tired of the job lately and nobody sees it"
    good = "The job has worn you down, and it hurts that it goes unseen."
    assert penalty(statement, good, True) == 0
    assert penalty(statement, statement, True) == pytest.approx(-3.0 * (1 - COPIED))
    assert penalty(statement, good, False) == -1
    assert penalty(statement, good + " " + good, True) < -1
    assert penalty(statement, "Why is that so hard for you to bear?", True) == -0.5
    assert penalty(statement, "Yes.", True) == pytest.approx(-1.2)
    assert penalty(statement, " ".join(f"word{i}" for i in range(62)), True) == pytest.approx(-1.0)


def test_the_papers_stop_needs_twenty_steady_means():
    assert not converged([0.5] * 19)
    assert converged([0.1] * 5 + [0.5, 0.505] * 10)
    assert not converged([0.5, 0.6] * 10)


def length(words: int) -> str:
    return " ".join(f"word{i}" for i in range(words))


def test_a_reply_may_be_as_short_and_as_long_as_the_limits_say() -> None:
    assert penalty("s", length(SHORTEST), True) == penalty("s", length(LONGEST), True) == 0
    assert penalty("s", length(SHORTEST - 1), True) == pytest.approx(-0.3)
    assert penalty("s", length(LONGEST + 1), True) == pytest.approx(-0.05)


def test_faults_add_up_and_no_more_than_three_is_taken() -> None:
    assert penalty("s", length(SHORTEST - 1) + "?", False) == pytest.approx(-0.3 - 0.5 - 1.0)
    assert penalty("s", "", False) == pytest.approx(-5 * 0.3 - 1.0)
    assert penalty("s", length(LONGEST) + " " + length(LONGEST), False) == -3.0


def test_sameness_by_hand() -> None:
    shared = "You are worn out by it."  # six words, three runs of four
    assert sameness(["a", "b"], [shared, shared]) == [1.0, 1.0]
    assert sameness(["a", "a"], [shared, shared]) == [0.0, 0.0]  # of one statement: no formula
    half = "You are worn out, and she knows."  # one of its four runs is in the other, one of three there
    assert sameness(["a", "b", "c"], [shared, half, "Too short."]) == pytest.approx([1 / 3, 1 / 4, 0.0])


def test_a_formula_is_punished_beyond_thirty_per_cent() -> None:
    formula, other = "You are worn out by it all.", "Nobody has asked how it went."
    found = penalties(["a", "b", "c"], [formula, formula, other], [True] * 3)
    assert found == pytest.approx([-2.0 * 0.7, -2.0 * 0.7, 0.0])
    assert penalties(["a", "a", "c"], [formula, formula, other], [True] * 3) == [0.0, 0.0, 0.0]
    assert penalties(["a"], [other], [False]) == [-1.0]


def test_the_share_of_one_opening_counts_three_words_whatever_their_case() -> None:
    assert opening_share(["You want out.", "you WANT out, now", "You want in.", ""]) == 0.5
    assert opening_share(["a", "b"]) == 0.5


def test_without_a_judge_or_a_measure_of_faithfulness_neither_ends_a_run() -> None:
    unknown = {"judge": math.nan, "faithful": math.nan}
    assert runaway(measures(**unknown), measures(score=0.9, **unknown)) is None


def test_a_judge_that_falls_with_the_score_ends_no_run() -> None:
    assert runaway(measures(), measures(score=0.4, judge=0.4)) is None
