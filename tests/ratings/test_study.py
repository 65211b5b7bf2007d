"""Rating studies in a store: who gets which item, links, progress, agreement, a wiped disk, deletion."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emorl.errors import RatingError
from emorl.ratings import Answer, RatingStore, Side, Task, open_store
from emorl.ratings.storage import migrations
from emorl.ratings.storage import study as limits
from emorl.ratings.storage.events import Event, RaterInvited, RaterRevoked, StudyMade, TextsWritten
from emorl.ratings.storage.journal import Journal
from emorl.ratings.storage.restore import restore
from emorl.ratings.storage.row_counts import count_rows
from emorl.ratings.storage.studies import apply
from emorl.ratings.storage.study import Study, StudyLine, hash_of
from emorl.ratings.study import studies as making
from emorl.ratings.study.pairing import make_items
from emorl.ratings.study.progress import Progress
from emorl.ratings.study.shares import StudyQueue
from emorl.ratings.study.studies import CODE, Invitation, Studies
from tests.ratings.conftest import Restart
from tests.ratings.test_deletion import everything
from tests.ratings.test_study_lines import study

RUBRIC = Answer(depth="simple", empathy=1, fluency=2, would_say="yes")
KEY = "k" * 32


def lines(count: int, first: int = 0) -> tuple[StudyLine, ...]:
    return tuple(StudyLine(f"Statement {n}.", {"novice": f"Reply {n}."}) for n in range(first, first + count))


def write(studies: Studies, key: str = KEY) -> None:
    """Texts for every statement that has none."""
    while (waiting := studies.next_line(key)) is not None:
        place, line = waiting
        made = {
            method.name: Side(line.replies.get(method.name, f"{method.name} on {place}."), method.name, method.weights)
            for method in studies.find(key).methods
        }
        studies.store_texts(key, place, make_items(studies.find(key), place, line.statement, made))


def made(store: RatingStore, statements: int = 4, **changes: Any) -> Studies:
    """A study with texts: three methods, so three pairs for each statement."""
    studies = Studies(store)
    one: Study = study(**changes)
    studies.make(one, lines(statements))
    write(studies)
    return studies


def come(studies: Studies, number: int = 1) -> tuple[list[str], list[Invitation]]:
    """Raters who are invited and agree; their ids and invitations."""
    invited = list(studies.invite(KEY, [""] * number))
    raters = [studies.enter(one.code)[1] for one in invited]
    for rater in raters:
        StudyQueue(studies.store).consent(rater)
    return raters, invited


def take(queue: StudyQueue, rater: str) -> Task:
    task = queue.next(rater)
    assert task is not None
    return task


def answer(store: RatingStore, rater: str, times: int = 1, given: Callable[[Task], Answer] | None = None) -> list[Task]:
    queue, seen = StudyQueue(store), []
    for _ in range(times):
        task = take(queue, rater)
        usual = Answer(choice="first") if task.item.is_pair else RUBRIC
        queue.submit(rater, task.assignment, task.token, given(task) if given else usual)
        seen.append(task)
    return seen


# Shares


def test_the_rarest_items_come_first_sides_are_balanced_and_quotas_hold(store: RatingStore) -> None:
    studies = made(store)  # 12 items, two raters each, five for each rater
    raters, _ = come(studies, 6)
    given = [answer(store, rater, StudyQueue(store).progress(rater)[1]) for rater in raters]
    assert [len(tasks) for tasks in given] == [5, 5, 5, 5, 4, 0]  # 24 places
    counts = Counter(task.item.key for tasks in given for task in tasks)
    assert len(counts) == 12 and set(counts.values()) == {2}
    sides: dict[str, set[bool]] = {}
    for tasks in given:
        for task in tasks:
            sides.setdefault(task.item.key, set()).add(task.flipped)
    assert all(seen == {False, True} for seen in sides.values())
    after_two = Counter(task.item.key for tasks in given[:2] for task in tasks)
    assert max(after_two.values()) == 1  # nobody shares an item while others have none
    assert StudyQueue(store).next(raters[-1]) is None


def test_order_and_sides_follow_from_the_seed(tmp_path: Path) -> None:
    def first(seed: int, name: str) -> list[tuple[str, bool]]:
        store = open_store(f"sqlite:///{tmp_path / name}")
        studies = made(store, seed=seed)
        raters, _ = come(studies, 2)
        found = [(task.item.key, task.flipped) for rater in raters for task in answer(store, rater, 5)]
        store.close()
        return found

    assert first(3, "a.db") == first(3, "b.db") != first(4, "c.db")


def test_a_rater_sees_no_shared_items_and_statements_that_come_later_join(store: RatingStore) -> None:
    studies = made(store, statements=1, items_per_rater=4)
    ((rater,), _) = come(studies)
    answer(store, rater, 3)
    assert StudyQueue(store).next(rater) is None
    studies.add_lines(KEY, lines(2, first=1))
    assert StudyQueue(store).next(rater) is None  # there are no texts yet
    write(studies)
    answer(store, rater)
    assert StudyQueue(store).next(rater) is None and StudyQueue(store).progress(rater) == (4, 4)
    assert count_rows(store).shared_items == 0


def test_single_texts_are_rated_alone(store: RatingStore) -> None:
    studies = made(store, statements=2, design="single", items_per_rater=6)
    ((one, two), _) = come(studies, 2)
    assert not any(task.item.is_pair for task in answer(store, one, 6))

    def not_the_same(task: Task) -> Answer:
        if task.item.first.setting == "novice":
            return replace(RUBRIC, empathy=None, unsure=("empathy",))
        return replace(RUBRIC, empathy=0 if task.item.first.setting == "A" else 1)

    answer(store, two, 6, not_the_same)
    found = {row.scale: row.agreement for row in studies.progress(KEY).agreement}
    assert set(found) == {"depth", "empathy", "fluency", "would_say"}
    assert [row.unsure for row in studies.progress(KEY).agreement] == [0, 2, 0, 0]
    assert studies.progress(KEY).answers == 12  # a "not sure" is an answer
    assert found["empathy"].reflections == 4 and found["empathy"].alpha is not None
    assert found["depth"].alpha is None and "unanimous" in found["depth"].explanation


# Links


def test_a_code_opens_the_study_and_is_not_in_the_database(store: RatingStore) -> None:
    studies = made(store)
    (invited,) = studies.invite(KEY, ["Ada"])
    assert CODE.fullmatch(invited.code) and (invited.number, invited.label) == (1, "Ada")
    opened, rater = studies.enter(invited.code)
    assert opened.name == "A study" and rater.startswith("study-") and invited.code not in everything(store)
    assert hash_of(invited.code) in everything(store)
    assert studies.invite(KEY, ["", "x"])[0].label == "Rater 2"
    assert len({one.code for one in studies.invite(KEY, [""] * 20)}) == 20


@pytest.mark.parametrize("code", ["", None, 7, "study-" + "a" * 32, "aaaaa-aaaaa-aaaaa-aaaaa", "a" * 32, "é\ud800"])
def test_no_other_code_opens_anything(store: RatingStore, code: object) -> None:
    studies = made(store, statements=1)
    come(studies)
    with pytest.raises(RatingError, match="a link that opens no study: expected the whole link"):
        studies.enter(code)


def test_a_revoked_link_is_closed_the_answers_stay_and_the_places_go_on(store: RatingStore) -> None:
    studies = made(store, statements=2, ratings_per_item=1, items_per_rater=6)
    ((first, second), invited) = come(studies, 2)
    answer(store, first, 2)
    assert StudyQueue(store).next(second) is None  # the first has all of them
    studies.revoke(KEY, 1)
    studies.revoke(KEY, 1)
    with pytest.raises(RatingError, match="a link that was closed: .*ask whoever sent it"):
        studies.enter(invited[0].code)
    assert len(answer(store, second, 4)) == 4 and StudyQueue(store).next(second) is None
    found = studies.progress(KEY)
    assert [(one.done, one.given, one.revoked) for one in found.raters] == [(2, 6, True), (4, 4, False)]
    assert (found.answers, found.full) == (6, 6)
    with pytest.raises(RatingError, match="Got rater 9 of a study"):
        studies.revoke(KEY, 9)


# Progress


def test_progress_counts_what_is_there(store: RatingStore) -> None:
    studies = Studies(store)
    studies.make(study(), lines(3))
    assert _counts(studies.progress(KEY)) == (3, 0, (), 0, 0, 0, 0)
    same = {name: Side("The same.", name) for name in ("A", "B")} | {"novice": Side("Other.", "novice")}
    studies.store_texts(KEY, 0, make_items(study(), 0, "Statement 0.", same))
    studies.store_texts(KEY, 1, (), "Got a reply that speaks of a crisis.")
    studies.store_texts(KEY, 1, (), "Twice.")
    problems = ((1, "Got a reply that speaks of a crisis."),)
    assert _counts(studies.progress(KEY)) == (3, 2, problems, 2, 1, 0, 0)
    ((one, two), _) = come(studies, 2)
    answer(store, one, 2, lambda task: Answer(choice="first"))
    answer(store, two, 1, lambda task: Answer(choice="first"))
    answer(store, two, 1, lambda task: Answer(skip="other"))
    found = studies.progress(KEY)
    assert _counts(found) == (3, 2, problems, 2, 1, 1, 3)
    (row,) = found.agreement
    assert (row.scale, row.agreement.reflections, row.agreement.alpha) == ("choice", 1, None)
    assert found.comparisons == 3 and {one.group for one in found.ranking} == {1}
    assert found.raters[1].done == 2 and found.raters[1].last is not None and found.raters[1].label == "Rater 2"
    assert {judgement.rater for judgement in studies.judgements(KEY)} == {one, two}


def _counts(found: Progress) -> tuple[object, ...]:
    return found.lines, found.written, found.problems, found.items, found.same, found.full, found.answers


def test_agreement_is_krippendorffs(store: RatingStore) -> None:
    """Two raters, nominal, by hand: choices (first, first), (first, second), (second, second) on three pairs.

    Of six values three are "first"; the observed disagreement is 2/6, the expected 2 x 3 x 3 / (6 x 5) = .6, so alpha
    is 1 - .3333 / .6 = .4444.
    """
    studies = made(store, statements=1, items_per_rater=3)
    ((one, two), _) = come(studies, 2)
    keys = sorted(task.item.key for task in answer(store, one, 3, lambda task: Answer(choice=_by(task, one, one))))
    answer(store, two, 3, lambda task: Answer(choice=_by(task, two, one)))
    assert len(keys) == 3
    (row,) = studies.progress(KEY).agreement
    assert row.agreement.alpha == pytest.approx(0.4444, abs=1e-4)


def _by(task: Task, rater: str, first_rater: str) -> str:
    pair = {side.setting for side in task.item.sides}
    if pair == {"A", "B"}:
        return "first"
    return "second" if pair == {"B", "novice"} or rater != first_rater else "first"


# Faults and limits


def test_half_a_study_is_never_stored(store: RatingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    studies = Studies(store)
    for one, some in ((study(ratings_per_item=0), lines(1)), (study(), ()), (study(), (StudyLine("One."),))):
        with pytest.raises(RatingError):
            studies.make(one, some)
    assert studies.all() == ()
    studies.make(study(), lines(1))
    monkeypatch.setattr(making, "MAX_STUDIES", 1)
    with pytest.raises(RatingError, match="Got 1 studies: expected at most 1"):
        studies.make(replace(study(), key="o" * 32), lines(1))
    monkeypatch.setattr(limits, "MAX_LINES", 2)
    with pytest.raises(RatingError, match="study statements: got 3, expected 1 to 2"):
        studies.add_lines(KEY, lines(2, first=1))
    assert (len(studies.all()), studies.progress(KEY).lines) == (1, 1)


def test_raters_are_limited_and_labels_short(store: RatingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    studies = made(store, statements=1)
    monkeypatch.setattr(making, "MAX_RATERS", 2)
    for labels in ([], [""] * 3):
        with pytest.raises(RatingError, match=f"study raters: got {len(labels)}, expected 1 to 2"):
            studies.invite(KEY, labels)
    with pytest.raises(RatingError, match="label: got 81 characters, expected at most 80"):
        studies.invite(KEY, ["x", "y" * 81])
    assert studies.progress(KEY).raters == ()


@pytest.mark.parametrize(
    "act",
    [
        lambda studies: studies.find("none"),
        lambda studies: studies.next_line("none"),
        lambda studies: studies.add_lines("none", lines(1)),
        lambda studies: studies.store_texts("none", 0, ()),
        lambda studies: studies.invite("none", [""]),
        lambda studies: studies.revoke("none", 1),
        lambda studies: studies.progress("none"),
        lambda studies: studies.judgements("none"),
        lambda studies: studies.delete("none"),
    ],
)
def test_a_study_that_is_not_there_is_one_line(store: RatingStore, act: Callable[[Studies], object]) -> None:
    with pytest.raises(RatingError, match="Got a study that is not there: expected one that was made and not deleted"):
        act(made(store, statements=1))


def test_texts_need_a_statement_and_whole_items(store: RatingStore) -> None:
    studies = Studies(store)
    studies.make(study(), lines(1))
    with pytest.raises(RatingError, match="Got statement 8 of a study"):
        studies.store_texts(KEY, 7, ())
    (item, *_) = make_items(study(), 0, "Statement 0.", {n: Side(n, n) for n in ("A", "B", "novice")})
    with pytest.raises(RatingError, match="item statement"):
        studies.store_texts(KEY, 0, [replace(item, statement="")])
    assert studies.progress(KEY).written == 0


# The journal


def test_a_study_outlives_the_disk(restart: Restart) -> None:
    store, _ = restart()
    studies = made(store, statements=2)
    ((one, two, _), invited) = come(studies, 3)
    answer(store, one, 2)
    answer(store, two, 1)
    studies.revoke(KEY, 2)
    before, upcoming = _timeless(studies.progress(KEY)), take(StudyQueue(store), one)
    store, _ = restart()
    studies = Studies(store)
    assert _timeless(studies.progress(KEY)) == before
    again = take(StudyQueue(store), one)
    assert (again.item, again.flipped, again.token) == (upcoming.item, upcoming.flipped, upcoming.token)
    assert studies.enter(invited[2].code)[1].startswith("study-")
    with pytest.raises(RatingError, match="closed"):
        studies.enter(invited[1].code)
    studies.delete(KEY)
    store, _ = restart()
    assert Studies(store).all() == () and count_rows(store).places == 0 and "Statement" not in everything(store)


def _timeless(found: Progress) -> Progress:
    return replace(found, raters=tuple(replace(one, last=None) for one in found.raters))


def test_lines_that_are_played_twice_change_nothing_and_broken_ones_are_left_out(
    store: RatingStore, tmp_path: Path
) -> None:
    store.journal = Journal(tmp_path / "journal")
    studies = made(store, statements=1)
    come(studies, 1)
    studies.revoke(KEY, 1)
    text = store.journal.file.read_text(encoding="utf-8")
    names = [json.loads(line)["event"] for line in text.splitlines()]
    assert set(names) == {
        "study",
        "study_statements",
        "study_texts",
        "study_rater",
        "consent",
        "layout",
        "study_revoke",
    }
    broken: list[Event] = [
        StudyMade(study(ratings_per_item=0)),
        TextsWritten("none", 0, ()),
        RaterInvited(KEY, "study-x", 2, "x", "no hash"),
        RaterInvited(KEY, "a rater", 2, "x", "a" * 64),
        RaterInvited(KEY, "study-x", 2, "", "a" * 64),
        RaterRevoked("nobody"),
    ]
    for event in broken:
        store.journal.append(event)
    before = everything(store)
    assert restore(store, [store.journal.file]) == (len(names), len(broken))
    assert everything(store) == before


def test_an_event_is_applied_once(store: RatingStore) -> None:
    event, now = StudyMade(study()), datetime.now(UTC)
    with store.transaction() as session:
        apply(session, event, now)
        session.flush()
        apply(session, event, now)
    assert Studies(store).all() == (study(),)


def test_the_older_form_of_the_database_has_no_methods_that_sample(store: RatingStore) -> None:
    plain = study().methods[0]
    other = replace(plain, name="sampled", temperature=0.7, best_of=8)
    Studies(store).make(study(methods=(plain, other), key=KEY), (StudyLine("One."),))
    assert Studies(store).find(KEY).methods == (plain, other)
    migrations.downgrade(store.engine, "0009")
    with store.engine.connect() as connection:
        (left,) = connection.exec_driver_sql("SELECT content FROM study").scalars()
    assert "best_of" not in left and "temperature" not in left and "sampled" in left
    migrations.upgrade(store.engine)
    assert Studies(store).find(KEY).methods == (plain, replace(plain, name="sampled"))


# Deletion


def test_deleting_a_study_takes_all_of_it_and_nothing_else(any_url: str) -> None:
    store = open_store(any_url)
    studies = made(store, statements=1)
    other = replace(study(), key="o" * 32)
    studies.make(other, lines(1))
    write(studies, other.key)
    ((rater,), _) = come(studies)
    answer(store, rater, 2)
    StudyQueue(store).save_draft(rater, take(StudyQueue(store), rater).assignment, {"comment": "half"})
    (kept,) = studies.invite(other.key, [""])
    assert str(studies.delete(KEY)) == (
        "0 ratings, 2 queue answers (revisions counted), 1 drafts, 0 sent items and 1 raters, 1 studies"
    )
    assert [one.key for one in studies.all()] == [other.key]
    assert studies.enter(kept.code)[0] == other and studies.progress(other.key).items == 3
    assert (store.judgements(), count_rows(store).places, store.knows(rater)) == ((), 0, False)
    store.close()


def test_a_purge_takes_old_studies_without_answers(store: RatingStore) -> None:
    studies = made(store, statements=1)
    ((rater,), _) = come(studies)
    answer(store, rater)
    studies.make(replace(study(), key="o" * 32), lines(1))
    studies.make(replace(study(), key="n" * 32), lines(1))
    studies.invite("o" * 32, ["old"])
    (new,) = studies.invite("n" * 32, ["new"])
    ago = (datetime.now(UTC) - timedelta(days=10)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE study SET created_at = '{ago}' WHERE key != '{'n' * 32}'")
    found = store.purge(5)
    assert (found.studies, found.raters, found.answers) == (1, 1, 0)
    assert {one.key for one in studies.all()} == {KEY, "n" * 32}
    assert studies.enter(new.code) and len(studies.judgements(KEY)) == 1
    assert store.purge(0).studies == 2 and studies.all() == ()
    assert not re.search("Statement|Reply", everything(store))


def test_a_forgotten_rater_of_a_study_has_no_link_any_more(store: RatingStore) -> None:
    studies = made(store, statements=1)
    ((rater,), (invited,)) = come(studies)
    answer(store, rater, 2)
    assert store.forget(rater).answers == 2
    with pytest.raises(RatingError, match="opens no study"):
        studies.enter(invited.code)
    assert studies.progress(KEY).raters == () and studies.progress(KEY).items == 3
    assert studies.invite(KEY, [""])[0].number == 1
