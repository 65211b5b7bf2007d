"""Training items of studies: read, given out first, counted in nothing, kept over a restart, gone in the older form."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from emorl.errors import RatingError, StatementError
from emorl.ratings import Answer, Item, RatingStore, Side, open_store
from emorl.ratings.export.study import preferences
from emorl.ratings.export.tables import records
from emorl.ratings.queue import rating_queue
from emorl.ratings.statistics.results import measure
from emorl.ratings.storage import migrations
from emorl.ratings.storage.item import TRAINING
from emorl.ratings.storage.study import MAX_TRAINING, Study, StudyLine, TrainingItem, check_study
from emorl.ratings.study.imports import ImportFault
from emorl.ratings.study.shares import StudyQueue
from emorl.ratings.study.studies import Studies
from emorl.ratings.study.training import MAX_BYTES, read_training
from tests.ratings.conftest import Restart
from tests.ratings.test_deletion import everything
from tests.ratings.test_study import KEY, answer, come, made
from tests.ratings.test_study_lines import anything, study

PAIRS = (
    "statement,first,second,choice,why\n"
    "I put it off.,It stays on your mind.,Just do it.,first,The second gives advice.\n"
    "Nobody asks.,Ask them.,You wait to be asked.,second,The first gives advice.\n"
)
SINGLE = "statement;text;depth;empathy;why\nI put it off.;You put it off.;simple;0;It says the same again.\n"
ONE = TrainingItem(
    Item("I put it off.", Side("You put it off.", TRAINING), None, {"depth": "simple", "empathy": 0}, TRAINING),
    "It says the same again.",
)


def faults(text: str, design: str = "single") -> tuple[str, ...]:
    with pytest.raises(ImportFault) as caught:
        read_training(text, design, anything)
    return caught.value.faults


def test_training_items_are_read_in_every_form() -> None:
    first, second = read_training(PAIRS, "pairs", anything)
    assert [side.text for side in first.item.sides] == ["It stays on your mind.", "Just do it."]
    assert (first.item.gold, first.why) == ({"choice": "first"}, "The second gives advice.")
    assert second.item.gold == {"choice": "second"} and second.item.is_training
    as_json = json.dumps(
        {"statement": "I put it off.", "text": "You put it off.", "depth": "simple", "empathy": 0, "why": ONE.why}
    )
    for text in (
        SINGLE,
        "\ufeff" + SINGLE,
        as_json,
        SINGLE.replace(";empathy", ";empathy;fluency").replace(";0", ";0;"),
    ):
        assert read_training(text, "single", anything) == (ONE,)
    assert read_training(" \n", "pairs", anything) == ()


@pytest.mark.parametrize(
    ("text", "design", "expected"),
    [
        (
            "statement,text,why\n",
            "single",
            "line 1: got the columns statement, text, why, expected statement, text, why ",
        ),
        (PAIRS, "single", "line 1: got the columns statement, first"),
        (SINGLE, "pairs", "line 1: got the columns statement, text"),
        (
            SINGLE.replace("simple", "deep"),
            "single",
            "line 2: depth: got 'deep', expected one of none, simple, complex",
        ),
        (
            SINGLE.replace("simple;0", ";"),
            "single",
            "line 2: got no expected answer, expected one for depth or empathy",
        ),
        (SINGLE.replace("It says the same again.", " "), "single", "line 2: training why: got ''"),
        (SINGLE.replace("You put it off.", ""), "single", "line 2: item text: got ''"),
        (SINGLE + SINGLE.split("\n")[1], "single", "line 3: got what line 2 has"),
        ('{"statement": "x", "text": "y", "depth": null, "why": "z"}', "single", "line 1: got other JSON under depth"),
        ('{"statement": "x", "text": "y", "why": "z"}', "single", "line 1: got the columns statement, text, why"),
        ("{}", "pairs", "line 1: got the columns , expected statement, first, second, why and choice"),
        ('{"a": 1}\n[]', "pairs", "line 1: got the columns a"),
        ("statement,text,depth,why", "single", "line 1: got nothing, expected a training item"),
        ("x" * (MAX_BYTES + 1), "single", f"the import: got {MAX_BYTES + 1} bytes, expected at most {MAX_BYTES}"),
        (
            "statement,text,empathy,why\n" + "".join(f"S{n}.,T.,1,W.\n" for n in range(MAX_TRAINING + 1)),
            "single",
            f"got {MAX_TRAINING + 1} items, expected at most {MAX_TRAINING}; take some out",
        ),
    ],
)
def test_a_fault_names_its_line(text: str, design: str, expected: str) -> None:
    assert faults(text, design)[0].startswith(f"training items, {expected}")


def test_texts_are_checked_as_replies_and_every_fault_is_listed() -> None:
    def check(line: StudyLine) -> None:
        if "advice" in line.replies["text"]:
            raise StatementError.of("advice", "none", "take it out")

    text = PAIRS.replace("Just do it.", "My advice.") + "Only one cell.\n"
    with pytest.raises(ImportFault) as caught:
        read_training(text, "pairs", check)
    assert [fault[:30] for fault in caught.value.faults] == [
        "training items, line 2: got ad",
        "training items, line 4: got 1 ",
    ]


@pytest.mark.parametrize(
    "training",
    [
        (TrainingItem(ONE.item, ""),),
        (TrainingItem(Item("S.", Side("T.", TRAINING), None, None, TRAINING), "Why."),),
        (TrainingItem(Item("S.", Side("T.", TRAINING), None, {"depth": "none"}), "Why."),),
        (TrainingItem(Item("S.", Side("T.", TRAINING), Side("U.", TRAINING), {"choice": "tie"}, TRAINING), "Why."),),
        (ONE, ONE),
    ],
)
def test_what_a_study_does_not_allow(training: tuple[TrainingItem, ...]) -> None:
    check_study(study(design="single", training=(ONE,)))
    with pytest.raises(RatingError, match="training"):
        check_study(study(design="single", training=training))


def test_training_comes_first_for_every_rater_and_counts_in_nothing(store: RatingStore) -> None:
    training = read_training(PAIRS, "pairs", anything)
    studies = made(store, statements=2, training=training)  # six items, five for each rater
    ((one, two), _) = come(studies, 2)
    own = []
    for rater in (one, two):
        tasks = answer(store, rater, 3)
        own.append(tasks[2].item.key)
        assert [task.item.is_training for task in tasks] == [True, True, False]
        assert [task.item for task in tasks[:2]] == [lesson.item for lesson in training]
        assert tasks[0].total == 7  # five and the two
    found = studies.progress(KEY)
    assert (found.items, found.answers, found.same, found.full) == (6, 2, 0, 0)
    assert [(row.done, row.given, row.trained) for row in found.raters] == [(1, 5, 2), (1, 5, 2)]
    assert found.agreement[0].agreement.reflections == (own[0] == own[1])
    judged = studies.judgements(KEY)
    assert len(judged) == 6 and len(preferences(judged)) == 2
    counted = measure((), judged)
    assert (counted.counts.judgements, counted.gold.asked, counted.comparisons) == (2, 0, 2)
    assert {row["training"] for row in records((), judged)} == {False} and len(records((), judged)) == 2
    asked = records((), judged, training=True)
    assert [row["training"] for row in asked].count(True) == 4 and asked[0]["gold"] is not None
    assert {row["source"] for row in asked if row["training"]} == {"training"}


def test_a_rater_who_has_no_item_yet_gets_the_training(store: RatingStore) -> None:
    studies = Studies(store)
    one: Study = study(training=read_training(PAIRS, "pairs", anything))
    studies.make(one, (StudyLine("Statement.", {"novice": "Reply."}),))
    ((rater,), _) = come(studies)
    answer(store, rater, 2)
    assert StudyQueue(store).next(rater) is None and StudyQueue(store).progress(rater) == (2, 2)


@pytest.mark.parametrize("step_s", [1, -1], ids=["clock", "clock that is set back"])
def test_the_expected_answer_can_be_shown_again_until_the_next_item_is(
    store: RatingStore, monkeypatch: pytest.MonkeyPatch, step_s: int
) -> None:
    moments = (datetime.now(UTC) + timedelta(seconds=step_s * n) for n in itertools.count())
    monkeypatch.setattr(rating_queue, "datetime", SimpleNamespace(now=lambda _: next(moments)))
    studies = made(store, statements=1, training=read_training(PAIRS, "pairs", anything))
    ((rater, other), _) = come(studies, 2)
    queue = StudyQueue(store)
    assert queue.last_lesson(rater) is None
    for place in range(2):
        (task,) = answer(store, rater)
        (again, judged), token = queue.last_lesson(rater) or (None, None), task.token
        assert again is not None and judged is not None
        assert (again.assignment, again.item, again.draft) == (task.assignment, task.item, {"choice": "first"})
        assert (again.done, judged.token, queue.last_lesson(other)) == (place + 1, token, None)
        assert queue.next(rater) is not None and queue.last_lesson(rater) is None
    queue.undo(rater)
    assert queue.last_lesson(rater) is None  # the second is asked again; the first was read
    (task,) = answer(store, rater, 1, lambda _: Answer(choice="second"))
    again, judged = queue.last_lesson(rater) or (None, None)  # although what comes next was shown before the undo
    assert again is not None and judged is not None
    assert (again.item, again.draft, judged.revision) == (task.item, {"choice": "second"}, 2)
    upcoming = queue.next(rater)
    assert upcoming is not None and not upcoming.item.is_training and queue.last_lesson(rater) is None
    assert queue.next(rater) == upcoming and queue.last_lesson(rater) is None
    answer(store, rater)
    assert queue.last_lesson(rater) is None  # that was no training item
    times = [(one.shown_at, one.submitted_at) for one in store.judgements()]
    assert len(times) == 3 and sorted(itertools.chain(*times)) == list(itertools.chain(*times))


def test_the_expected_answer_comes_again_after_each_of_several_undos(restart: Restart) -> None:
    store, _ = restart()
    studies = made(store, statements=1, training=read_training(PAIRS, "pairs", anything))
    ((rater,), _) = come(studies)
    first, second, third = answer(store, rater, 3)
    queue = StudyQueue(store)
    assert queue.next(rater) is not None
    for _ in range(3):
        queue.undo(rater)
    assert queue.last_lesson(rater) is None
    for lesson in (first, second):
        answer(store, rater)
        again = queue.last_lesson(rater)
        assert again is not None and again[0].item == lesson.item
        assert queue.next(rater) is not None and queue.last_lesson(rater) is None
    answer(store, rater)
    queue.undo(rater)
    store, _ = restart()
    assert StudyQueue(store).last_lesson(rater) is None  # the third was shown after the second was answered again
    times = {(one.place, one.revision): one for one in store.judgements(withdrawn=True)}
    assert times[0, 1].shown_at == times[0, 2].shown_at and times[1, 1].shown_at < times[1, 2].shown_at
    for place in (1, 2):  # what was done over counts towards no other item's time
        assert times[place, 2].shown_at >= times[place - 1, 2].submitted_at
    assert third.item.is_training is False


def test_training_outlives_the_disk_and_goes_with_its_study(restart: Restart) -> None:
    store, _ = restart()
    studies = made(store, statements=1, training=read_training(PAIRS, "pairs", anything))
    ((rater,), _) = come(studies)
    answer(store, rater)
    store, _ = restart()
    (task,) = answer(store, rater)
    assert task.item.is_training and task.done == 1
    assert [row.trained for row in Studies(store).progress(KEY).raters] == [2]
    Studies(store).delete(KEY)
    assert "advice" not in everything(store) and store.judgements() == ()


def test_the_older_form_of_the_database_has_no_training(any_url: str) -> None:
    store = open_store(any_url)
    studies = made(store, statements=1, training=read_training(PAIRS, "pairs", anything))
    ((rater,), _) = come(studies)
    answer(store, rater, 3, lambda task: Answer(choice="tie"))
    migrations.downgrade(store.engine, "0007")
    with store.engine.connect() as connection:
        tables = ("item", "study")
        left = [str(row) for table in tables for row in connection.exec_driver_sql(f"SELECT content FROM {table}")]
    assert len(left) == 4 and "advice" not in "".join(left)
    migrations.upgrade(store.engine)
    assert studies.find(KEY) == study() and [one.item.is_training for one in studies.judgements(KEY)] == [False]
    assert studies.progress(KEY).items == 3
    store.close()
