"""Two stores on one database, as two processes of the app have it: whichever answers, it is the same queue."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine, event, select

from emorl.errors import RatingError
from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side, load_items, open_store
from emorl.ratings.queue.order import ensure_items, lay_out
from emorl.ratings.storage.deletion import Deleted
from emorl.ratings.storage.rows import insert_rating
from emorl.ratings.storage.schema import Assignment, ItemRow
from emorl.ratings.storage.store import MAX_TRIES, _checkpoint
from emorl.ratings.storage.study import StudyLine
from emorl.ratings.study.shares import StudyQueue
from emorl.ratings.study.studies import Studies
from tests.ratings.conftest import MakeRating
from tests.ratings.test_study_lines import study

ITEMS = load_items()[:8]
RATER = "rater-a"
OWN = Item("I am tired.", Side("You are tired.", "base model", {"empathy": 0.0}), source="reflect")
Both = tuple[RatingQueue, RatingQueue]


@pytest.fixture
def both(any_url: str) -> Iterator[Both]:
    stores = [open_store(any_url) for _ in range(2)]
    yield RatingQueue(stores[0], ITEMS), RatingQueue(stores[1], ITEMS)
    for store in stores:
        store.close()


def fitting(item: Item) -> Answer:
    return Answer(choice="tie") if item.is_pair else Answer(None, "simple", 1, 2, "yes")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of these gives, or how it fails."""
    ready = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def one(number: int) -> None:
        ready.wait()
        try:
            found[number] = acts[number]()
        except Exception as fault:
            found[number] = fault

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_rater_is_known_and_goes_on_whichever_answers(both: Both) -> None:
    one, other = both
    one.consent(RATER)
    assert other.agreed(RATER) and other.store.knows(RATER)
    begun = one.next(RATER)
    assert begun is not None
    one.save_draft(RATER, begun.assignment, {"comment": "half"})
    seen: list[int] = []
    turns = [other, one]
    while (task := turns[len(seen) % 2].next(RATER)) is not None:
        assert seen or (task.assignment, task.draft) == (begun.assignment, {"comment": "half"})
        turns[(len(seen) + 1) % 2].submit(RATER, task.assignment, task.token, fitting(task.item))
        seen.append(task.assignment)
    assert len(set(seen)) == len(seen) == task_total(one) == task_total(other)
    before = other.store.state()
    again = one.undo(RATER)
    assert again is not None and again.assignment == seen[-1] and other.store.state() != before


def task_total(queue: RatingQueue) -> int:
    done, total = queue.progress(RATER)
    assert done == total
    return total


def test_the_same_act_at_both_at_once_is_done_once(both: Both, make: MakeRating) -> None:
    one, other = both
    rating = make(rater="rater-c")
    assert twice(both, lambda queue: queue.consent(RATER)) == [None, None]
    task, same = twice(both, lambda queue: queue.next(RATER))
    assert task == same and task.total == len(ITEMS) + 1  # one of them comes twice
    first, second = twice(both, lambda queue: queue.submit(RATER, task.assignment, task.token, fitting(task.item)))
    assert first == second
    assert twice(both, lambda queue: queue.send("rater-b", OWN)) == [None, None]
    assert len(set(twice(both, lambda queue: queue.store.add(rating)))) == 1
    assert len(one.judgements()) == other.store.count() == 1


def test_on_postgresql_a_second_process_waits_until_a_queue_is_laid_out(server_url: str) -> None:
    """Two that add places at once, each in an order of its own, would wait for each other: a deadlock."""
    one, other = open_store(server_url), open_store(server_url)
    RatingQueue(one, ()).consent(RATER)
    drawn: list[tuple[str, int]] = []

    class Noting(random.Random):
        def shuffle(self, x: Any) -> None:
            drawn.append(("second", len(x)))

    class Slow(random.Random):
        def shuffle(self, x: Any) -> None:
            second.start()
            second.join(0.3)  # it has to wait
            drawn.append(("first", len(x)))

    second = threading.Thread(target=lay_out, args=(other, RATER, ITEMS, Noting()))
    lay_out(one, RATER, ITEMS, Slow())
    second.join()
    assert drawn == [("first", len(ITEMS)), ("second", 0)]
    one.close()
    other.close()


def test_shared_items_are_stored_in_the_same_order_by_every_process(store: RatingStore) -> None:
    ensure_items(store, ITEMS, None)
    with store.transaction() as session:
        keys = session.scalars(select(ItemRow.key).order_by(ItemRow.id)).all()
    assert keys == sorted(keys) and len(keys) == len(ITEMS)


def test_somebody_who_is_forgotten_at_this_moment_gets_no_queue(store: RatingStore) -> None:
    lay_out(store, RATER, ITEMS, random.Random(1))
    assert RatingQueue(store, ITEMS).progress(RATER) == (0, 0)


def twice(both: Both, act: Callable[[RatingQueue], Any]) -> list[Any]:
    return at_once(*(partial(act, queue) for queue in both))


def test_what_one_deletes_while_the_other_writes_is_gone(both: Both) -> None:
    one, other = both
    one.consent(RATER)
    task = one.next(RATER)
    assert task is not None
    deleted, stored = at_once(
        lambda: one.store.forget(RATER),
        lambda: other.submit(RATER, task.assignment, task.token, fitting(task.item)),
    )
    assert deleted.raters == 1
    assert isinstance(stored, RatingError) or stored.rater == RATER
    assert not other.agreed(RATER) and other.next(RATER) is None and not other.judgements(withdrawn=True)


def test_on_postgresql_a_reflection_that_is_rated_at_this_moment_outlives_its_forgotten_rater(
    server_url: str, make: MakeRating
) -> None:
    one, other = open_store(server_url), open_store(server_url)
    one.add(make(rater="rater-a"))
    forgetting = threading.Thread(target=one.forget, args=("rater-a",))
    with other.transaction() as session:
        insert_rating(session, make(rater="rater-b"))
        session.flush()
        forgetting.start()
        forgetting.join(0.3)  # it has to wait
    forgetting.join()
    assert [kept.given.rater for kept in one.all()] == ["rater-b"]
    one.close()
    other.close()


def undone_within(queue: RatingQueue, rater: str, engine: Engine, delete: Callable[[], Deleted]) -> list[Any]:
    """An answer is taken back once its deletion has begun: what is left of it in the end, and what undo gave."""
    queue.consent(rater)
    task = queue.next(rater)
    assert task is not None
    queue.submit(rater, task.assignment, task.token, fitting(task.item))
    undone: list[Any] = []
    undo = threading.Thread(target=lambda: undone.extend(at_once(lambda: queue.undo(rater))))

    def meanwhile(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE FROM judgement") and undo.ident is None:
            undo.start()
            undo.join(0.2)  # it has to wait

    event.listen(engine, "after_cursor_execute", meanwhile)
    deleted = at_once(delete)[0]
    undo.join()
    event.remove(engine, "after_cursor_execute", meanwhile)
    return [getattr(deleted, "answers", deleted), len(queue.judgements(withdrawn=True)), *undone]


def test_on_postgresql_an_answer_is_taken_back_while_it_is_deleted(server_url: str) -> None:
    """Where each took the place and the answer in another order, both waited for the other: a deadlock."""
    one, other = open_store(server_url), open_store(server_url)
    queue, key, studies = RatingQueue(other, ITEMS), "k" * 32, Studies(one)
    studies.make(study(ratings_per_item=1, items_per_rater=1), (StudyLine("I am tired.", {"novice": "So."}),))
    studies.store_texts(key, 0, [Item("I am tired.", Side("So.", "novice"), source="study")])
    _, member = studies.enter(studies.invite(key, [""])[0].code)
    found = [
        undone_within(StudyQueue(other), member, one.engine, lambda: one.delete_study(key)),
        undone_within(queue, RATER, one.engine, lambda: one.purge(0)),
        undone_within(queue, RATER, one.engine, lambda: one.forget(RATER)),
    ]
    assert found == [[1, 0, None]] * 3
    one.close()
    other.close()


def test_on_postgresql_texts_that_are_added_while_their_study_is_deleted_go_with_it(server_url: str) -> None:
    one, other = open_store(server_url), open_store(server_url)
    Studies(one).make(study(), (StudyLine("I am tired.", {"novice": "So."}),))
    deleted: list[Any] = []
    deletion = threading.Thread(target=lambda: deleted.extend(at_once(lambda: other.delete_study("k" * 32))))

    def meanwhile(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM study_line" in statement and "FOR UPDATE" in statement:
            deletion.start()
            deletion.join(0.2)  # it has to wait

    event.listen(one.engine, "after_cursor_execute", meanwhile)
    Studies(one).store_texts("k" * 32, 0, [Item("I am tired.", Side("So.", "novice"), source="study")])
    deletion.join()
    assert deleted == [Deleted(studies=1)]
    with one.transaction() as session:
        assert session.scalars(select(ItemRow.id)).all() == []
    one.close()
    other.close()


def test_two_deletions_at_once_both_say_that_it_is_done(both: Both, make: MakeRating) -> None:
    for number in range(3):
        both[0].store.add(make(rater=f"rater-{number}"))
    acts = [lambda: both[0].store.forget("rater-0"), lambda: both[1].store.forget("rater-1")]
    assert [found.raters for found in at_once(*acts)] == [1, 1]
    assert both[1].store.count() == 1


def test_a_row_that_goes_while_it_is_changed_is_one_line(url: str) -> None:
    one, other = open_store(url), open_store(url)
    RatingQueue(one, ITEMS).consent(RATER)
    task = RatingQueue(one, ITEMS).next(RATER)
    assert task is not None
    with (
        pytest.raises(RatingError, match="deleted at this moment: expected what is still there"),
        one.transaction() as (session),
    ):
        row = session.get_one(Assignment, task.assignment)
        other.forget(RATER)
        row.draft = {"comment": "too late"}
    assert not one.knows(RATER)
    one.close()
    other.close()


def test_who_is_second_each_time_is_told_so(store: RatingStore) -> None:
    RatingQueue(store, ITEMS).consent(RATER)
    tries = []

    def never() -> None:
        tries.append(1)
        with store.transaction() as session:
            session.add(Assignment(mark="m", rater_id="nobody", item_id=1, place=0, repeated=False, flipped=False))

    with pytest.raises(RatingError, match=r"Got a place that could not be stored \(FOREIGN KEY .*\): expected room"):
        store.settled("a place that could not be stored", never)
    assert len(tries) == MAX_TRIES


@pytest.mark.parametrize(("busy", "in_the_way"), [([1, 1, 0], False), ([1] * 1000, True)])
def test_emptying_the_log_waits_for_another_process_that_does_the_same(busy: list[int], in_the_way: bool) -> None:
    left = iter(busy)

    def answer(asked: str) -> Any:
        if "busy_timeout" in asked:
            return SimpleNamespace(scalar=lambda: 100)
        return SimpleNamespace(one=lambda: (next(left), 0, 0))

    assert _checkpoint(cast(Any, SimpleNamespace(exec_driver_sql=answer))) is in_the_way
