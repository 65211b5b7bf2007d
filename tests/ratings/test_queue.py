"""The rating queue: order, drafts, answers, undo, reveal, two raters and two windows at once."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.errors import RatingError
from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side, Task, load_items
from emorl.ratings.queue.items import ITEMS_FILE
from emorl.ratings.queue.make_items import make_items, read_records, read_replies
from emorl.ratings.queue.order import MIN_GAP, with_repeats
from emorl.ratings.storage.deletion import Deleted

RUBRIC = Answer(depth="simple", empathy=1, fluency=2, would_say="yes")
ITEMS = load_items(ITEMS_FILE)


def answer_to(task: Task) -> Answer:
    return Answer(choice="first") if task.item.is_pair else RUBRIC


@pytest.fixture
def queue(store: RatingStore) -> RatingQueue:
    return RatingQueue(store, ITEMS, random.Random(3))


def take(queue: RatingQueue, rater: str = "rater-a") -> Task:
    task = queue.next(rater)
    assert task is not None
    return task


# Items


def test_the_shipped_items_are_what_the_script_makes() -> None:
    assert make_items(read_records(), read_replies()) == ITEMS
    assert Counter(item.is_pair for item in ITEMS) == {True: 14, False: 10}
    assert sum(item.gold is not None for item in ITEMS) == 4


def test_replies_of_the_shipped_models_at_several_settings_stand_beside_written_ones() -> None:
    shipped = json.loads((ITEMS_FILE.parent / "models" / "manifest.json").read_text(encoding="utf-8"))
    adapters = {one["name"]: one["sha256"] for one in shipped["objectives"]}
    sides = [side for item in ITEMS for side in item.sides]
    models = [side for side in sides if side.weights is not None]
    assert len({side.setting for side in models}) >= 4 and len(models) >= 12
    assert sum(side.weights is None for side in sides) >= 12
    for side in models:
        model, written = side.details["model"], side.details["written"]
        assert isinstance(model, dict) and model["adapters"] == adapters  # or run emorl.ui.sending.shipped again
        assert isinstance(written, dict) and written["precision"] == "float32"


def test_every_pair_has_two_texts_and_every_setting_is_linked() -> None:
    pairs = [item for item in ITEMS if item.is_pair and item.gold is None]
    linked = {pairs[0].first.setting}
    for _ in pairs:
        for item in pairs:
            assert item.second is not None and item.first.text != item.second.text
            names = {item.first.setting, item.second.setting}
            if names & linked:
                linked |= names
    assert linked == {side.setting for item in pairs for side in item.sides}


def test_an_item_survives_json_and_its_key_follows_its_words() -> None:
    for item in ITEMS:
        again = Item.from_dict(json.loads(json.dumps(item.as_dict())))
        assert (again, again.key) == (item, item.key)
        assert replace(item, statement=item.statement + "!").key != item.key


GOOD = {"statement": "I am tired.", "first": {"text": "You are worn out.", "setting": "a"}}
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"statement": ""}, "statement"),
    ({"statement": "a\x00b"}, "NUL"),
    ({"first": {"text": "x"}}, "not whole"),
    ({"first": {"text": "x", "setting": "a", "weights": {"empathy": 0.4}}}, "sum to 1"),
    ({"first": {"text": "x", "setting": "a", "weights": {"empathy": float("nan")}}}, "sum to 1"),
    ({"first": {"text": "x", "setting": "a", "details": {"a": float("inf")}}}, "not JSON"),
    ({"first": {"text": "x", "setting": "a", "details": "b"}}, "a mapping"),
    ({"gold": {"choice": "first"}}, "gold"),
    ({"gold": {"depth": "deep"}}, "gold"),
    ({"gold": {}}, "gold"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_faulty_items_are_refused_and_the_line_is_named(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(RatingError, match=message):
        Item.from_dict({**GOOD, **change})
    file = tmp_path / "items.jsonl"
    file.write_text(json.dumps(GOOD) + "\n" + json.dumps({**GOOD, **change}) + "\n")
    with pytest.raises(RatingError, match="line 2"):
        load_items(file)


def test_items_may_come_from_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text(json.dumps(GOOD) + "\n\n" + json.dumps(GOOD) + "\n")
    monkeypatch.setenv("EMORL_RATING_ITEMS", str(file))
    (item,) = load_items()
    assert item.statement == "I am tired."
    file.write_text("not json")
    with pytest.raises(RatingError, match="line 1"):
        load_items()
    with pytest.raises(RatingError, match="EMORL_RATING_ITEMS"):
        load_items(tmp_path / "none.jsonl")


# Order


@settings(deadline=None)
@given(st.integers(0, 60), st.randoms(use_true_random=False), st.floats(0, 1))
def test_repeats_come_later_and_nothing_is_lost(count: int, rng: random.Random, share: float) -> None:
    laid = with_repeats(range(count), rng, share)
    assert [item for item, repeated in laid if not repeated] == list(range(count))
    again = [item for item, repeated in laid if repeated]
    assert (
        len(again) == len(set(again)) == (min(count - MIN_GAP, max(1, round(share * count))) if count > MIN_GAP else 0)
    )
    for item in again:
        assert laid.index((item, True)) - laid.index((item, False)) > MIN_GAP


def test_a_rater_sees_everything_once_and_a_tenth_twice(queue: RatingQueue) -> None:
    queue.consent("rater-a")
    seen: list[str] = []
    while (task := queue.next("rater-a")) is not None:
        assert (task.done, task.total) == (len(seen), 26)
        seen.append(task.item.key)
        queue.submit("rater-a", task.assignment, task.token, answer_to(task))
    assert sorted(Counter(seen).values()) == [1] * 22 + [2, 2]
    assert set(seen) == {item.key for item in ITEMS}
    assert sum(j.repeat for j in queue.judgements()) == 2
    flips = {j.flipped for j in queue.judgements()}
    assert flips == {True, False}
    assert queue.progress("rater-a") == (26, 26)


def test_raters_get_orders_of_their_own_that_last(store: RatingStore, queue: RatingQueue) -> None:
    for rater in ("rater-a", "rater-b"):
        queue.consent(rater)
        queue.consent(rater)
    first = {rater: take(queue, rater) for rater in ("rater-a", "rater-b")}
    again = RatingQueue(store, ITEMS, random.Random(99))  # a restart
    assert {rater: take(again, rater) for rater in first} == first
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT rater_id, item_id FROM assignment ORDER BY place").all()
    orders = {rater: [item for who, item in rows if who == rater] for rater in first}
    assert orders["rater-a"] != orders["rater-b"] and len(rows) == 52


# Answers


def test_without_consent_there_is_nothing(queue: RatingQueue) -> None:
    assert queue.next("rater-a") is None
    assert not queue.agreed("rater-a")
    for wrong in ("", "Jane Doe", "x" * 65, None):
        with pytest.raises(RatingError, match="rater"):
            queue.consent(wrong)


def test_the_same_submit_twice_is_stored_once(queue: RatingQueue) -> None:
    queue.consent("rater-a")
    task = take(queue)
    given = replace(answer_to(task), comment="'; DROP TABLE rating; -- <b>🙂", flags=("parroting", "off_topic"))
    first = queue.submit("rater-a", task.assignment, task.token, given)
    assert queue.submit("rater-a", task.assignment, task.token, given) == first
    (stored,) = queue.judgements()
    assert (stored.answer, stored.blind, stored.revision) == (given, True, 1)
    assert stored.submitted_at >= stored.shown_at


def test_sixteen_submits_at_once_are_stored_once(queue: RatingQueue) -> None:
    queue.consent("rater-a")
    task = take(queue)
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(queue.submit("rater-a", task.assignment, task.token, answer_to(task)).id)
        )
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16 and len(set(found)) == 1
    assert len(queue.judgements()) == 1


def test_two_windows_with_different_answers_lose_neither_silently(queue: RatingQueue) -> None:
    queue.consent("rater-a")
    task = take(queue)
    queue.submit("rater-a", task.assignment, task.token, answer_to(task))
    with pytest.raises(RatingError, match="another window"):
        queue.submit("rater-a", task.assignment, task.token, Answer(skip="other"))
    with pytest.raises(RatingError, match="older than what is stored"):
        queue.submit("rater-a", task.assignment, task.token[:-1] + "2", Answer(skip="other"))


def test_places_of_others_are_closed(queue: RatingQueue) -> None:
    queue.consent("rater-a")
    queue.consent("rater-b")
    task = take(queue)
    for act in (
        lambda: queue.submit("rater-b", task.assignment, task.token, answer_to(task)),
        lambda: queue.save_draft("rater-b", task.assignment, {}),
        lambda: queue.is_flipped("rater-b", task.assignment),
    ):
        with pytest.raises(RatingError, match="not in your queue"):
            act()
    queue.submit("rater-a", task.assignment, task.token, answer_to(task))
    with pytest.raises(RatingError, match="please rate it first"):
        queue.reveal("rater-b", task.token)


BAD: list[tuple[Answer, str]] = [
    (Answer(), "got no answer"),
    (replace(RUBRIC, depth="deep"), "depth"),
    (replace(RUBRIC, empathy=3), "empathy"),
    (replace(RUBRIC, fluency=True), "fluency"),
    (replace(RUBRIC, would_say="maybe"), "would_say"),
    (replace(RUBRIC, choice="first"), "expected none"),
    (replace(RUBRIC, flags=("ugly",)), "flags"),
    (replace(RUBRIC, flags=("first:parroting",)), "none that names a side"),
    (replace(RUBRIC, comment="x" * 2001), "2001 characters"),
    (replace(RUBRIC, comment="a\x00b"), "NUL"),
    (Answer(skip="lazy"), "skip"),
    (replace(RUBRIC, skip="other"), "expected a reason"),
    (Answer(skip="other", unsure=("depth",)), "expected a reason"),
    (replace(RUBRIC, unsure=("depth",)), 'depth: got an answer and "not sure", expected one of them'),
    (replace(RUBRIC, unsure=("choice",)), "choice: got an answer, expected none"),
    (Answer(skip="other", marks=("first:0-3",)), "expected a reason"),
    *[
        (replace(RUBRIC, marks=(mark,)), f"marks: got '{mark}', expected a place such as first:4-9")
        for mark in ("third:0-3", "first:3-3", "first:4-3", "first:-1-3", "first:0-3 ", "first")
    ],
    (replace(RUBRIC, marks=("first:0-7999",)), "marks: got first:0-7999, expected words of the texts shown"),
    (replace(RUBRIC, marks=("second:0-3",)), "marks: got second:0-3, expected words of the texts shown"),
    (replace(RUBRIC, marks=("first:0-3",) * 201), "marks: got 201 places, expected at most 200"),
    (replace(RUBRIC, unsure=("warmth",)), "unsure: got 'warmth'"),
]


@pytest.mark.parametrize(("answer", "message"), BAD)
def test_invalid_answers_are_refused(store: RatingStore, answer: Answer, message: str) -> None:
    queue = RatingQueue(store, [item for item in ITEMS if not item.is_pair])
    queue.consent("rater-a")
    task = take(queue)
    with pytest.raises(RatingError, match=message):
        queue.submit("rater-a", task.assignment, task.token, answer)
    assert queue.judgements() == ()


def test_drafts_come_back_and_go_with_the_answer(queue: RatingQueue) -> None:
    queue.consent("rater-a")
    task = take(queue)
    queue.save_draft("rater-a", task.assignment, {"comment": "half a thought"})
    assert take(queue).draft == {"comment": "half a thought"}
    queue.submit("rater-a", task.assignment, task.token, Answer(skip="upsetting"))
    queue.save_draft("rater-a", task.assignment, {"comment": "too late"})  # a slow autosave
    assert take(queue).draft == {}


def test_undo_brings_the_form_back_and_keeps_the_history(queue: RatingQueue) -> None:
    queue.consent("rater-a")
    assert queue.undo("rater-a") is None
    task = take(queue)
    given = replace(answer_to(task), comment="first thought")
    queue.submit("rater-a", task.assignment, task.token, given)
    back = queue.undo("rater-a")
    assert back is not None and back.assignment == task.assignment and back.token != task.token
    assert back.draft["comment"] == "first thought"
    with pytest.raises(RatingError, match="another window"):  # the old form, sent again by a slow network
        queue.submit("rater-a", task.assignment, task.token, given)
    queue.submit("rater-a", back.assignment, back.token, Answer(skip="cannot_judge"))
    assert [(j.revision, j.withdrawn) for j in queue.judgements(withdrawn=True)] == [(1, True), (2, False)]
    assert [j.answer.skip for j in queue.judgements()] == ["cannot_judge"]


def test_what_follows_a_reveal_is_not_blind(queue: RatingQueue) -> None:
    queue.consent("rater-a")
    task = take(queue)
    with pytest.raises(RatingError, match="rate it first"):
        queue.reveal("rater-a", task.token)
    queue.submit("rater-a", task.assignment, task.token, answer_to(task))
    assert queue.reveal("rater-a", task.token).item == task.item
    assert queue.reveal("rater-a", task.token).blind
    back = queue.undo("rater-a")
    assert back is not None
    assert not queue.submit("rater-a", back.assignment, back.token, answer_to(back)).blind


def test_items_of_ones_own_come_last_and_to_nobody_else(queue: RatingQueue) -> None:
    own = Item("Mine.", Side("Yours.", "empathy 100 %", {"empathy": 1.0}), source="reflect")
    queue.send("rater-a", own)
    queue.consent("rater-a")
    queue.consent("rater-b")
    late = replace(own, statement="Later.")
    queue.send("rater-a", late)
    queue.send("rater-a", late)
    assert (queue.progress("rater-a")[1], queue.progress("rater-b")[1]) == (28, 26)
    while (task := queue.next("rater-a")) is not None:
        queue.submit("rater-a", task.assignment, task.token, answer_to(task))
    assert queue.judgements()[-1].item == late
    with pytest.raises(RatingError):
        queue.send("rater-a", replace(own, statement=""))


def test_forget_and_purge_take_the_queue_too(store: RatingStore, queue: RatingQueue) -> None:
    for rater in ("rater-a", "rater-b"):
        queue.send(rater, Item("Private " + rater, Side("x", "y"), source="reflect"))
        queue.consent(rater)
        task = take(queue, rater)
        queue.submit(rater, task.assignment, task.token, replace(answer_to(task), comment="remark of " + rater))
    assert store.forget("rater-a") == Deleted(answers=1, items=1, raters=1)
    assert [j.rater for j in queue.judgements()] == ["rater-b"]
    assert queue.next("rater-a") is None
    left = b"".join(file.read_bytes() for file in Path(str(store.engine.url.database)).parent.iterdir())
    assert b"remark of rater-a" not in left and b"Private rater-a" not in left
    assert not store.purge(1)
    assert store.purge(0) == Deleted(answers=1, items=1)
    assert queue.judgements() == ()
    assert queue.next("rater-b") is not None


def test_a_database_that_refuses_is_said_and_the_same_form_works_later(store: RatingStore, queue: RatingQueue) -> None:
    queue.consent("rater-a")
    task = take(queue)
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no BEFORE INSERT ON judgement BEGIN SELECT RAISE(ABORT, 'no space'); END"
        )
    with pytest.raises(RatingError, match="no space.*try again"):
        queue.submit("rater-a", task.assignment, task.token, answer_to(task))
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER no")
    assert queue.submit("rater-a", task.assignment, task.token, answer_to(task)).revision == 1
