"""All numbers of the Results screen and of `ratings stats`, counted by hand on a small case."""

from __future__ import annotations

import json
import random

import pytest

from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side
from emorl.ratings.statistics.report import queue_text
from emorl.ratings.statistics.results import measure, results
from emorl.ratings.statistics.summary import BASE, THIRDS, by_region
from emorl.ratings.storage.row_counts import RowCounts, count_rows
from tests.ratings.conftest import Judge, MakeRating, call

HIGH = {"empathy": 0.8, "fluency": 0.2}


def test_counts_and_quality_by_hand(judge: Judge, store: RatingStore, make: MakeRating) -> None:
    store.add(make(rater="rater-c"))
    judged = [
        judge("first"),
        judge("tie", "rater-b"),
        judge("both_bad", statement="2"),
        judge("first", statement="3", blind=False),
        judge(statement="4", answer=Answer(skip="faulty")),
        judge("first", repeat=True),
        judge("second", statement="5", gold={"choice": "first"}),
        judge(statement="6", weights=(HIGH, None)),
    ]
    found = results(store.all(), judged)
    assert found["counts"] == {
        "ratings": 1,
        "judgements": 7,
        "choices": 6,
        "both_bad": 1,
        "skipped": 1,
        "not_blind": 1,
        "unsure": 0,
        "raters": 3,
    }
    assert found["comparisons"] == 2
    ranking = [(row["setting"], row["wins"], row["comparisons"]) for row in found["ranking"]]
    assert ranking == [("A", 1.5, 2), ("B", 0.5, 2)]
    assert found["self_agreement"]["choice"] == {"right": 1, "asked": 1, "share": 1.0}
    assert found["gold"] == {"right": 0, "asked": 1, "share": 0.0}
    assert found["median_seconds"] == 10
    agreed = {(row["where"], row["scale"]): row for row in found["agreement"]}
    assert len(agreed) == 9
    # one shared item, first and tie: nothing agreed, everything expected by chance
    assert agreed["queue", "choice"]["alpha"] == 0.0
    assert "no reflection was rated by two" in agreed["reflect", "depth"]["explanation"]
    assert json.loads(json.dumps(found)) == found


def test_regions_count_ratings_and_single_answers_of_a_mix(judge: Judge, store: RatingStore, make: MakeRating) -> None:
    store.add(make(weights=HIGH, depth="complex", empathy=2))
    judged = [
        judge(weights=(HIGH, None), answer=Answer(None, "none", 0, 2, "no")),
        judge("first", weights=(HIGH, HIGH)),  # a choice has no level
        judge(weights=(HIGH, None), repeat=True),
        judge(weights=(HIGH, None), blind=False),
        judge(answer=Answer(None, "complex", 2, 2, "yes")),  # a person wrote it
        judge(weights=(HIGH, None), answer=Answer(skip="other")),
    ]
    rows = {(row["objective"], row["third"]): row for row in results(store.all(), judged)["regions"]}
    assert set(rows) == {("empathy", THIRDS[2]), ("fluency", THIRDS[0])}
    row = rows["empathy", THIRDS[2]]
    assert (row["ratings"], row["means"]["depth"], row["means"]["empathy"]) == (2, 1.0, 1.0)


def test_not_sure_is_counted_and_is_no_level_anywhere(judge: Judge) -> None:
    half = Answer(None, None, 2, 2, "yes", unsure=("depth",))
    judged = [
        judge("first"),
        judge(answer=Answer(unsure=("choice",))),
        judge(weights=(HIGH, None), answer=Answer(None, "none", 0, 0, "no")),
        judge(None, "rater-b", weights=(HIGH, None), answer=half),
        judge(None, "rater-b", weights=(HIGH, None), answer=half, repeat=True),
        judge(gold={"depth": "none", "empathy": 2}, statement="known", answer=half),
    ]
    found = measure((), judged)
    assert (found.counts.judgements, found.counts.choices, found.counts.unsure) == (6, 1, 4)
    agreed = {row.scale: row for row in found.agreement if row.where == "queue"}
    assert {scale: row.unsure for scale, row in agreed.items()} == {
        "choice": 1,
        "depth": 2,
        "empathy": 0,
        "fluency": 0,
        "would_say": 0,
    }
    assert (agreed["depth"].reflections, agreed["empathy"].reflections) == (0, 1)  # missing there, present here
    assert found.comparisons == 1 and (found.gold.right, found.gold.asked) == (1, 1)
    assert (found.self_agreement["depth"].asked, found.self_agreement["empathy"].asked) == (0, 1)
    assert [row.ratings for row in found.regions] == [1, 1]  # means are over whole answers
    assert "; 2 not sure" in queue_text(found, RowCounts(1, 1, 0, 0, 0, 0, 0))


def test_groups_that_no_choice_links_are_named(judge: Judge) -> None:
    judged = [judge("first"), judge("tie", statement="2"), judge("first", statement="3", first="X", second="Y")]
    found = measure((), judged)
    assert [(row.setting, row.group) for row in found.ranking] == [("A", 1), ("B", 1), ("X", 2), ("Y", 2)]
    lines = queue_text(found, RowCounts(1, 1, 0, 0, 0, 0, 0)).splitlines()
    assert "2 groups that no choice links; strengths of different groups cannot be compared" in lines
    assert (lines.index("group 1: A, B"), lines.index("group 2: X, Y")) == (6, 9)
    assert "group" not in queue_text(measure((), judged[:2]), RowCounts(1, 1, 0, 0, 0, 0, 0))


def test_the_report_says_once_why_there_is_no_alpha_and_writes_shares_as_the_page_does(judge: Judge) -> None:
    judged = [judge("first", first="empathy 60 %, fluency 40 %"), judge(answer=Answer(unsure=("choice",)))]
    alone = "undefined because no reflection was rated by two raters"
    rows = RowCounts(1, 1, 0, 0, 0, 0, 0)
    shown = queue_text(measure((), judged), rows)
    assert "choice           -; 1 not sure\n" in shown and shown.count(alone) == 1
    assert shown.endswith(f"would_say        -\nalpha of all: {alone}")
    assert "empathy 60%, fluency 40%" in shown and "95% interval" in shown and " %" not in shown
    judged += [judge("second", "rater-b", first="empathy 60 %, fluency 40 %"), judge("first", statement="2")]
    judged += [judge("second", "rater-b", statement="2")]
    mixed = queue_text(measure((), judged), rows)
    assert f"alpha of depth, empathy, fluency, would_say: {alone}" in mixed and mixed.count(alone) == 1


def test_the_borders_of_the_thirds_belong_to_the_middle() -> None:
    level = {"depth": 2, "empathy": 0, "fluency": 1, "would_say": 0}
    shares = [1 / 3 - 1e-9, 1 / 3, 2 / 3, 2 / 3 + 1e-9]
    found = by_region([({"empathy": share}, level) for share in shares] + [({"empathy": 0.0}, level)])
    assert [(g.objective, g.third, g.ratings) for g in found] == [
        ("", BASE, 1),
        ("empathy", THIRDS[0], 1),
        ("empathy", THIRDS[1], 2),
        ("empathy", THIRDS[2], 1),
    ]
    assert found[0].means == level


def test_results_without_ratings_are_empty() -> None:
    found = results((), ())
    assert set(found["counts"].values()) == {0}
    assert (found["ranking"], found["regions"], found["median_seconds"], found["gold"]["share"]) == ([], [], None, None)


@pytest.fixture
def two_raters(store: RatingStore, make: MakeRating) -> RatingStore:
    items = [Item(f"Statement {k}.", Side("one", "by hand"), Side("two", "balanced")) for k in range(8)]
    store.add(make())
    for rater in ("rater-a", "rater-b"):
        queue = RatingQueue(store, items, random.Random(2))
        queue.consent(rater)
        for _ in range(4):
            task = queue.next(rater)
            assert task is not None
            queue.submit(rater, task.assignment, task.token, Answer(choice="second"))
        task = queue.next(rater)
        assert task is not None
        queue.save_draft(rater, task.assignment, {"choice": "left"})
    queue.undo("rater-b")
    queue.send("rater-b", Item("Mine.", Side("x", "y"), source="reflect"))
    return store


def test_rows_are_counted_by_kind(two_raters: RatingStore) -> None:
    # eight items and one repeat for each of two raters, and the item that one of them sent; undo makes a draft
    assert count_rows(two_raters) == RowCounts(
        raters=2, agreed=2, shared_items=8, sent_items=1, places=19, drafts=3, withdrawn=1
    )


def test_stats_tell_of_ratings_and_of_the_queue(two_raters: RatingStore, url: str) -> None:
    shown = call("stats", "--db", url).stdout
    assert "1 ratings (1 with earlier revisions) of 1 reflections by 1 raters" in shown
    assert "queue: 7 answers (7 choices, 0 both bad, 0 not blind, 0 not sure), 0 skipped, 1 taken back" in shown
    assert "2 of 2 raters agreed to its notice; 8 shared and 1 sent items at 19 places, 3 drafts" in shown
    assert "7 of 7  balanced" in shown and "0 of 7  by hand" in shown
    queue = json.loads(call("stats", "--json", "--db", url).stdout)["queue"]
    assert (queue["rows"]["places"], queue["counts"]["judgements"], queue["comparisons"]) == (19, 7, 7)
    assert {row["where"] for row in queue["agreement"]} == {"queue"}
    strongest, weakest = queue["ranking"]
    assert (strongest["setting"], weakest["strength"]) == ("balanced", -strongest["strength"])
