"""Self-agreement, known answers and times, counted by hand."""

from __future__ import annotations

from emorl.ratings import Answer
from emorl.ratings.statistics.quality import Share, gold_accuracy, median_seconds, self_agreement
from tests.ratings.conftest import Judge

SKIPPED = Answer(skip="other")


def test_self_agreement_by_hand(judge: Judge) -> None:
    before = Answer(None, "simple", 1, 2, "yes")
    after = Answer(None, "simple", 2, 2, "no")
    judged = [
        judge("first", statement="1"),
        judge("first", statement="1", repeat=True),  # the same again
        judge("tie", statement="2"),
        judge("second", statement="2", repeat=True),  # another
        judge("tie", "rater-b", "2"),
        judge("tie", "rater-b", "2", repeat=True),
        judge("tie", "rater-c", "1", repeat=True),  # the first showing is missing
        judge(statement="3", answer=before),
        judge(statement="3", answer=after, repeat=True),
        judge(statement="4", answer=SKIPPED),
        judge(statement="4", answer=before, repeat=True),
    ]
    found = self_agreement(judged)
    assert found == {
        "choice": Share(2, 3),
        "depth": Share(1, 1),
        "empathy": Share(0, 1),
        "fluency": Share(1, 1),
        "would_say": Share(0, 1),
    }
    assert found["choice"].share == 2 / 3
    assert Share(0, 0).share is None and self_agreement([])["choice"] == Share(0, 0)


def test_a_pair_shown_the_other_way_round_is_the_same_answer(judge: Judge) -> None:
    """Choices are sides of the item, not of the screen."""
    judged = [judge("first", flipped=False), judge("first", flipped=True, repeat=True)]
    assert self_agreement(judged)["choice"] == Share(1, 1)


def test_known_answers_by_hand(judge: Judge) -> None:
    pair, single = {"choice": "first"}, {"depth": "none", "empathy": 0}
    judged = [
        judge("first", gold=pair),
        judge("both_bad", "rater-b", gold=pair),  # 1 of 2
        judge(gold=single, answer=Answer(None, "none", 1, 2, "no")),  # 1 of 2
        judge("tie"),  # nothing is known
        judge("second", gold=pair, repeat=True),
        judge("second", gold=pair, blind=False),
        judge(gold=single, answer=SKIPPED),
    ]
    assert gold_accuracy(judged) == Share(2, 4)
    assert gold_accuracy([]).share is None


def test_median_seconds_leave_skips_out(judge: Judge) -> None:
    judged = [judge("tie", seconds=4), judge("tie", seconds=10), judge("tie", seconds=12), judge("tie", seconds=300)]
    assert median_seconds(judged) == 11
    assert median_seconds([*judged, judge(answer=SKIPPED, seconds=9000)]) == 11
    assert median_seconds([]) is None
