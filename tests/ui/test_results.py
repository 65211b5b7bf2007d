"""The Results screen's server side: the gate, the guard of every function, exports, deletion."""

from __future__ import annotations

import csv
import inspect
import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from emorl.errors import RatingError
from emorl.ratings import Answer, RatingQueue, RatingStore, load_items, open_store
from emorl.ui.admin import strings as admin_strings
from emorl.ui.admin.gate import MAX_ADDRESSES, MAX_PAUSE_S, MAX_TRIES, PAUSE_S, Gate
from emorl.ui.admin.screen import password
from emorl.ui.admin.tokens import SESSION_S, Tokens, shared_key
from emorl.ui.cache import ReflectionCache
from emorl.ui.reflect.rating import new_rating
from emorl.ui.results import strings
from emorl.ui.results.screen import ResultsScreen, results_screen
from tests.ui.clock import Clock
from tests.ui.scripted import ScriptedReflector

SECRET = "open sesame"
RUBRIC = {"depth": "complex", "empathy": "2", "fluency": "1", "would_say": "edits"}
FORM = {**RUBRIC, "comment": "a remark", "consent": True}
PUBLIC = [name for name, _ in inspect.getmembers(ResultsScreen, inspect.isfunction) if not name.startswith("_")]
GUARDED = sorted(set(PUBLIC) - {"enter"})
STRANGE = ["", None, 7, SECRET + " ", SECRET[:-1], SECRET.upper(), ["open"], "é\ud800", "x" * 10**6]


@pytest.fixture
def gate(clock: Clock) -> Gate:
    return Gate(SECRET, clock)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RatingStore]:
    """One rating and one answer of a queue."""
    opened = open_store(f"sqlite:///{tmp_path / 'ratings.db'}")
    held = ReflectionCache()
    found = held.get(held.put(ScriptedReflector().written("I am tired.", {"reflection": 1.0, "empathy": 0.0})))
    opened.add(new_rating(FORM, found, "a" * 32, "token"))
    queue = RatingQueue(opened, load_items(), random.Random(1))
    queue.consent("b" * 32)
    task = queue.next("b" * 32)
    assert task is not None
    rubric = Answer(None, "simple", 1, 2, "yes")
    queue.submit("b" * 32, task.assignment, task.token, Answer(choice="tie") if task.item.is_pair else rubric)
    yield opened
    opened.close()


@pytest.fixture
def screen(store: RatingStore, gate: Gate) -> ResultsScreen:
    return ResultsScreen(lambda: store, gate)


# The gate


def test_the_right_password_opens_for_an_hour(gate: Gate, clock: Clock) -> None:
    one, two = gate.enter(SECRET), gate.enter(SECRET)
    assert one != two and len(one) >= 32
    gate.check(one)
    clock.now += SESSION_S - 1
    gate.check(one)
    gate.leave(two)
    with pytest.raises(RatingError, match="valid session"):
        gate.check(two)
    clock.now += 1
    with pytest.raises(RatingError, match="enter the password again"):
        gate.check(one)


@pytest.mark.parametrize("token", [None, "", "x", 7, ["x"], {"a": 1}, "é\ud800"])
def test_a_made_up_token_opens_nothing(gate: Gate, token: object) -> None:
    gate.enter(SECRET)
    with pytest.raises(RatingError, match="valid session"):
        gate.check(token)
    gate.leave(token)


def test_a_session_is_good_at_every_process_that_shares_secret_and_password(clock: Clock) -> None:
    def process(secret: str = "s" * 32, its_password: str = SECRET) -> Gate:
        return Gate(its_password, tokens=Tokens(shared_key(secret, its_password), clock))

    here, there = process(), process()
    token = here.enter(SECRET)
    there.check(token)
    for stranger in (process("t" * 32), process(its_password="another"), Gate(SECRET, clock)):
        with pytest.raises(RatingError, match="valid session"):
            stranger.check(token)
    here.leave(token)
    with pytest.raises(RatingError, match="valid session"):
        here.check(token)
    there.check(token)  # only the process that was told knows
    clock.now += SESSION_S
    with pytest.raises(RatingError, match="valid session"):
        there.check(token)


def test_a_token_whose_end_was_moved_opens_nothing(gate: Gate) -> None:
    end, nonce, signature = gate.enter(SECRET).split(".")
    for changed in (f"{int(end) + 1}.{nonce}.{signature}", f"{end}.{nonce[::-1]}.{signature}", f"{end}.{nonce}."):
        with pytest.raises(RatingError, match="valid session"):
            gate.check(changed)


def test_what_was_closed_is_forgotten_once_it_would_have_ended(clock: Clock) -> None:
    tokens = Tokens(b"key", clock)
    for _ in range(3):
        tokens.close(tokens.new())
        clock.now += SESSION_S
    assert len(tokens._closed) == 1


@pytest.mark.parametrize("tried", STRANGE)
def test_wrong_passwords_are_wrong(gate: Gate, tried: object) -> None:
    with pytest.raises(RatingError, match="wrong password"):
        gate.enter(tried)


def wrong(gate: Gate, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(RatingError, match="wrong password"):
            gate.enter("guess")


def test_after_five_wrong_ones_even_the_right_one_waits_and_the_pause_doubles(gate: Gate, clock: Clock) -> None:
    inside = gate.enter(SECRET)
    wrong(gate, MAX_TRIES)
    with pytest.raises(RatingError, match="in 60 s"):
        gate.enter(SECRET)
    gate.check(inside)  # who is in stays in
    clock.now += PAUSE_S - 0.5
    with pytest.raises(RatingError, match="in 1 s"):
        gate.enter(SECRET)
    clock.now += 0.5
    wrong(gate)
    with pytest.raises(RatingError, match="in 120 s"):
        gate.enter(SECRET)
    clock.now += 2 * PAUSE_S
    wrong(gate)
    with pytest.raises(RatingError, match="in 240 s"):
        gate.enter(SECRET)
    clock.now += 4 * PAUSE_S
    assert gate.enter(SECRET)
    wrong(gate, MAX_TRIES - 1)  # counted anew
    assert gate.enter(SECRET)


def test_whoever_guesses_keeps_nobody_else_out(gate: Gate, clock: Clock) -> None:
    for _ in range(MAX_TRIES):
        with pytest.raises(RatingError, match="wrong password"):
            gate.enter("guess", "203.0.113.9")
    with pytest.raises(RatingError, match="in 60 s"):
        gate.enter(SECRET, "203.0.113.9")
    assert gate.enter(SECRET, "198.51.100.4") and gate.enter(SECRET)
    clock.now += PAUSE_S
    assert gate.enter(SECRET, "203.0.113.9")


def test_only_so_many_addresses_are_remembered(gate: Gate) -> None:
    for _ in range(MAX_TRIES):
        with pytest.raises(RatingError, match="wrong password"):
            gate.enter("guess", "the first")
    for number in range(MAX_ADDRESSES):
        with pytest.raises(RatingError, match="wrong password"):
            gate.enter("guess", str(number))
    assert gate.enter(SECRET, "the first")  # forgotten


def test_the_pause_has_an_end(gate: Gate, clock: Clock) -> None:
    wrong(gate, MAX_TRIES)
    for _ in range(40):
        clock.now += MAX_PAUSE_S
        wrong(gate)
    with pytest.raises(RatingError, match=f"in {MAX_PAUSE_S:.0f} s"):
        gate.enter(SECRET)


def test_no_password_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="empty password"):
        Gate("")
    monkeypatch.delenv("EMORL_RESULTS_PASSWORD", raising=False)
    assert password() == ""
    monkeypatch.setenv("EMORL_RESULTS_PASSWORD", SECRET)
    assert password() == SECRET


# The guard


def test_all_that_the_page_may_call_is_guarded(store: RatingStore) -> None:
    with gr.Blocks() as demo:
        results_screen(lambda: store, Gate(SECRET))
    (page,) = [block for block in demo.blocks.values() if isinstance(block, gr.HTML)]
    assert sorted(page.get_config()["server_fns"]) == sorted(PUBLIC)
    assert GUARDED == ["export_data", "leave", "purge_old", "show_results"]


@pytest.mark.parametrize("name", GUARDED)
def test_without_a_session_every_function_refuses(
    screen: ResultsScreen, store: RatingStore, gate: Gate, clock: Clock, name: str
) -> None:
    good = {"what": "ratings", "kind": "csv", "days": 0, "confirm": "DELETE"}
    old, left = gate.enter(SECRET), gate.enter(SECRET)
    gate.leave(left)
    clock.now += SESSION_S
    sessions = ("", None, "x", 7, old, left, SECRET)
    strange: list[Any] = [None, {}, "x", [], good, *({**good, "session": session} for session in sessions)]
    for form in strange:
        assert getattr(screen, name)(form) == {"error": admin_strings.ERRORS["session"]}
    assert store.count() == 1


@pytest.mark.parametrize("name", GUARDED)
def test_with_a_session_it_does_not(screen: ResultsScreen, name: str) -> None:
    session = screen.enter(SECRET)["session"]
    form = {"session": session, "what": "queue", "kind": "json", "days": 9, "confirm": "DELETE"}
    assert "error" not in getattr(screen, name)(form)


def test_entering_says_what_is_wrong_and_leaving_ends_it(screen: ResultsScreen) -> None:
    assert screen.enter("guess") == {"error": admin_strings.ERRORS["login"]}
    assert screen.enter() == {"error": admin_strings.ERRORS["login"]}
    session = screen.enter(SECRET)["session"]
    assert screen.leave({"session": session}) == {}
    assert screen.show_results({"session": session}) == {"error": admin_strings.ERRORS["session"]}


# What is behind it


def test_results_and_exports(screen: ResultsScreen) -> None:
    session = screen.enter(SECRET)["session"]
    found = screen.show_results({"session": session})["results"]
    assert (found["counts"]["ratings"], found["counts"]["judgements"]) == (1, 1)
    assert json.loads(json.dumps(found)) == found
    for what in ("ratings", "queue"):
        for kind in ("csv", "json"):
            file = screen.export_data({"session": session, "what": what, "kind": kind})
            assert (file["name"], file["rows"]) == (f"emorl-{what}.{kind}", 1)
            parsed = json.loads(file["text"]) if kind == "json" else list(csv.DictReader(io.StringIO(file["text"][1:])))
            assert file["text"].startswith("\ufeff") == (kind == "csv")  # by which Excel knows UTF-8
            assert len(parsed) == 1 and "comment" not in parsed[0] and "a remark" not in file["text"]
            assert parsed[0]["kind"] == ("rating" if what == "ratings" else "answer")
    file = screen.export_data({"session": session, "what": "ratings", "kind": "csv", "comments": True})
    assert "a remark" in file["text"] and file["type"] == "text/csv"
    only_true = screen.export_data({"session": session, "what": "ratings", "kind": "csv", "comments": "yes"})
    assert "a remark" not in only_true["text"]


@pytest.mark.parametrize(
    "form", [{}, {"what": "all", "kind": "csv"}, {"what": "queue", "kind": "xml"}, {"what": ["queue"]}]
)
def test_other_exports_are_refused(screen: ResultsScreen, form: dict[str, Any]) -> None:
    session = screen.enter(SECRET)["session"]
    assert screen.export_data({**form, "session": session}) == {"error": strings.ERRORS["export"]}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"days": 0}, "Got '' as confirmation: expected DELETE; nothing was deleted."),
        ({"days": 0, "confirm": "delete"}, "Got 'delete' as confirmation"),
        ({"days": None, "confirm": "DELETE"}, "Got None: expected a number of days"),
        ({"days": "1", "confirm": "DELETE"}, "Got '1': expected a number of days"),
        ({"days": True, "confirm": "DELETE"}, "Got True"),
        ({"days": -1, "confirm": "DELETE"}, "Got -1 days: expected 0 or more"),
        ({"days": float("nan"), "confirm": "DELETE"}, "Got nan days: expected a number"),
        ({"days": 1e300, "confirm": "DELETE"}, "expected a number from 0"),
    ],
)
def test_a_deletion_that_is_not_meant_deletes_nothing(
    screen: ResultsScreen, store: RatingStore, form: dict[str, Any], message: str
) -> None:
    session = screen.enter(SECRET)["session"]
    assert message in screen.purge_old({**form, "session": session})["error"]
    assert store.count() == 1


def test_a_deletion_that_is_meant(screen: ResultsScreen, store: RatingStore) -> None:
    session = screen.enter(SECRET)["session"]
    form = {"session": session, "confirm": "DELETE"}
    assert screen.purge_old({**form, "days": 1}) == {"purged": 0}
    assert screen.purge_old({**form, "days": 0}) == {"purged": 2}
    assert (store.count(), RatingQueue(store, ()).judgements()) == (0, ())


def test_any_other_fault_is_one_line_without_details(gate: Gate) -> None:
    def fail() -> RatingStore:
        raise RuntimeError("a secret detail")

    screen = ResultsScreen(fail, gate)
    session = screen.enter(SECRET)["session"]
    assert screen.show_results({"session": session}) == {"error": admin_strings.ERRORS["unexpected"]}


def test_own_versions_are_exported_where_they_were_agreed_to(store: RatingStore, screen: ResultsScreen) -> None:
    held = ReflectionCache()
    result = held.put(ScriptedReflector().written("Something else.", {"reflection": 1.0, "empathy": 0.0}))
    held.edit(result, "In my own words.")
    found = held.get(result)
    store.add(new_rating(FORM, found, "c" * 32, "token-1"))
    store.add(replace(new_rating({**FORM, "consent": False}, found, "d" * 32, "token-2"), comment=None))
    session = screen.enter(SECRET)["session"]
    text = screen.export_data({"session": session, "what": "ratings", "kind": "json"})["text"]
    assert [row["edited"] for row in json.loads(text)] == [None, "In my own words.", None]
