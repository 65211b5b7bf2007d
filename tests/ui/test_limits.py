"""How often one visitor may write, rate and register: the counting by hand, and every way in on a served app."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from emorl.errors import LimitError
from emorl.ratings import RatingStore, open_store
from emorl.ui import limits
from emorl.ui.limits import MAX_VISITORS, Limiter
from emorl.ui.visitor import network_of
from tests.browser.conftest import serve
from tests.ui.clock import Clock
from tests.ui.test_api import Whole
from tests.ui.visiting import Visitor

FULL = "within a minute: expected at most"


# Counting


def test_the_line_says_what_was_got_what_is_expected_and_how_long_to_wait(clock: Clock) -> None:
    limiter = Limiter(clock)
    limiter.count("generate", "192.0.2.1", 2)
    clock.now += 10.5
    limiter.count("generate", "192.0.2.1", 2)
    with pytest.raises(LimitError) as caught:
        limiter.count("generate", "192.0.2.1", 2)
    assert str(caught.value) == (
        "Got more than 2 reflections to write from your address within a minute: expected at most 2; please try again "
        "in 50 s."  # 60 s after the first, which was 10.5 s ago
    )


def test_a_minute_slides_and_what_was_refused_does_not_count(clock: Clock) -> None:
    limiter = Limiter(clock)
    for moment in (0.0, 20.0, 40.0):
        clock.now = 1000.0 + moment
        limiter.count("rate", "a", 3)
    for moment in (41.0, 50.0, 59.9):
        clock.now = 1000.0 + moment
        with pytest.raises(LimitError, match="ratings, answers or texts"):
            limiter.count("rate", "a", 3)
    clock.now = 1060.0  # the first is a minute old; the next goes at 1080
    limiter.count("rate", "a", 3)
    with pytest.raises(LimitError, match="again in 20 s"):
        limiter.count("rate", "a", 3)


def test_visitors_and_acts_are_counted_apart(clock: Clock) -> None:
    limiter = Limiter(clock)
    limiter.count("rate", "a", 1)
    limiter.count("rate", "b", 1)
    limiter.count("register", "a", 1)
    limiter.count("generate", "a", 1)
    with pytest.raises(LimitError, match="more than 1 new rater ids"):
        limiter.count("register", "a", 1)


def test_nought_is_no_limit_and_outside_a_request_nobody_is_counted(clock: Clock) -> None:
    limiter = Limiter(clock)
    for _ in range(2000):
        limiter.count("generate", "a", 0)
        limiter.count("generate", "", 1)
    assert not limiter._moments


def test_a_limit_that_was_lowered_waits_for_as_many_as_it_needs(clock: Clock) -> None:
    limiter = Limiter(clock)
    for _ in range(4):
        limiter.count("rate", "a", 4)
        clock.now += 10
    with pytest.raises(LimitError, match="again in 50 s"):  # until the last of the four is a minute old
        limiter.count("rate", "a", 1)


def test_memory_is_bounded_by_visitors_and_by_moments(clock: Clock) -> None:
    limiter, rng = Limiter(clock), random.Random(1)
    limiter.count("rate", "first", 3)
    for _ in range(20 * MAX_VISITORS):
        clock.now += 0.001
        try:
            limiter.count("rate", str(rng.randrange(3 * MAX_VISITORS)), 3)
        except LimitError:
            pass
    known = limiter._moments["rate"]
    assert len(known) == MAX_VISITORS and "first" not in known
    assert max(map(len, known.values())) <= 3


def test_a_visitor_who_goes_on_acting_is_not_forgotten(clock: Clock) -> None:
    limiter = Limiter(clock)
    limiter.count("rate", "busy", 1)
    for visitor in range(5 * MAX_VISITORS):
        limiter.count("rate", str(visitor), 1)
        with pytest.raises(LimitError):
            limiter.count("rate", "busy", 1)


def test_the_wall_clock_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may set it back by an hour."""

    def never() -> float:
        raise AssertionError("asked")

    monkeypatch.setattr(time, "time", never)
    limiter = Limiter()
    limiter.count("generate", "a", 1)
    with pytest.raises(LimitError, match=r"again in (60|59) s"):
        limiter.count("generate", "a", 1)


def test_threads_together_get_no_more_than_the_limit() -> None:
    limiter, let = Limiter(), []

    def act() -> None:
        for _ in range(50):
            try:
                limiter.count("rate", "a", 100)
            except LimitError:
                continue
            let.append(1)

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let) == 100


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),  # the same customer
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_whose_address_it_is(address: str, whose: str) -> None:
    assert network_of(address) == whose


# Every way in


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("EMORL_RATE_PER_MINUTE", "2")
    monkeypatch.setenv("EMORL_REGISTER_PER_MINUTE", "1")
    monkeypatch.setenv("EMORL_GENERATE_PER_MINUTE", "1")
    monkeypatch.setenv("EMORL_MAP_PER_MINUTE", "2")
    monkeypatch.setattr(limits, "_limiter", Limiter(Clock()))  # a slow machine has its minute too
    with serve(Whole(), open_store(f"sqlite:///{tmp_path / 'ratings.db'}")) as found:
        yield found


SAID = "I am tired."
PRACTISED = {"case": "", "statement": SAID, "reply": "You are tired.", "compare": False}
WAYS = {
    "generate": lambda who, said: who.event("generate", [said, {}, {}]),
    "exercise": lambda who, said: who.event("generate_confirmed", [said, {}, {}], {}),
    "compare": lambda who, said: who.event("write", [said, 2, {}, {}, {}, {}]),
    "practise": lambda who, said: who.event("read", [], {**PRACTISED, "statement": said}),
    "call": lambda who, said: who.called("explain", said),
    "run": lambda who, said: who.run("reflect", said),
}


def test_every_way_to_have_something_written_has_the_one_limit(url: str) -> None:
    visitor = Visitor(url, "203.0.113.9")
    assert '"phase":"done"' in visitor.event("generate", [SAID, {}, {}])
    for name, way in WAYS.items():
        got = way(visitor, SAID)
        assert FULL in got and "again in 60 s" in got, (name, got)
    for number, (name, way) in enumerate(WAYS.items(), 1):  # others are not held up, and may come any way
        other = Visitor(url, f"198.51.100.{number}")
        assert FULL not in way(other, SAID), name
        assert FULL in way(other, SAID), name


def test_a_crisis_gets_contacts_whatever_was_counted(url: str) -> None:
    visitor, said = Visitor(url, "203.0.113.9"), "I want to kill myself tonight."
    visitor.run("reflect", SAID)
    assert FULL in visitor.run("reflect", SAID)
    for name, way in WAYS.items():
        got = way(visitor, said)
        assert FULL not in got and ("988" in got or "116" in got), name


def test_replies_of_other_mixes_count_as_written(url: str) -> None:
    visitor = Visitor(url, "203.0.113.9")
    held = held_of(visitor.event("generate", [SAID, {}, {}]))
    assert FULL in json.dumps(visitor.asked("why", "variants", {"id": held, "every": False}))
    assert visitor.asked("why", "explain", {"id": held})["phase"] == "done"  # nothing is written for it


def test_the_text_of_other_weights_counts_where_it_is_written(url: str) -> None:
    visitor = Visitor(url, "203.0.113.9")
    held = held_of(visitor.event("generate", [SAID, {}, {}]))
    about = {"id": held, "weights": {"reflection": 1.0, "empathy": 3.0}}
    assert FULL in json.dumps(visitor.asked("why", "explain", about))
    assert FULL in visitor.event("rate", ["a" * 32], {**about, "depth": "simple"})
    assert visitor.asked("why", "explain", {"id": held})["phase"] == "done"


def test_maps_have_a_limit_of_their_own(url: str) -> None:
    visitor, other = Visitor(url, "203.0.113.9"), Visitor(url, "198.51.100.1")

    def drawn(who: Visitor, said: str) -> str:
        return who.web.post("/gradio_api/run/atlas", json={"data": [said, 1.0, None]}).text

    asked = {"id": held_of(visitor.event("generate", [SAID, {}, {}]))}
    for unknown in ({}, {"id": "0" * 32}):
        assert '"phase":"off"' in visitor.event("grow_atlas", [], unknown)  # nothing is drawn for it
    assert '"phase":"done"' in visitor.event("grow_atlas", [], asked)
    assert '"regions"' in drawn(visitor, SAID)
    for got in (
        visitor.event("grow_atlas", [], asked),
        visitor.event("grow_slice", [], {**asked, "objectives": ["reflection", "empathy"]}),
        drawn(visitor, SAID),
    ):
        assert "more than 2 maps to draw" in got and "again in 60 s" in got
    assert '"regions"' in drawn(other, SAID)
    assert "more than 2 maps" not in drawn(visitor, "I want to kill myself tonight.")


def held_of(got: str) -> str:
    """Id of the reflection that was written."""
    (held, *_) = [part.split('"')[0] for part in got.split('"id":"')[1:] if part[0] != '"']
    return held


def test_registering_and_rating_have_limits_of_their_own(url: str) -> None:
    visitor, other = Visitor(url, "203.0.113.9"), Visitor(url, "198.51.100.1")
    first, second = "a" * 32, "b" * 32
    assert '"phase":"item"' in visitor.event("start", [first])
    assert "more than 1 new rater ids" in visitor.event("start", [second])
    assert '"phase":"item"' in visitor.event("start", [first])  # a known id comes in again
    shown = visitor.asked("queue", "next_item", {"rater": first})
    answer = {**{name: shown[name] for name in ("rater", "assignment", "token")}, "answers": {"skip": "other"}}
    for _ in range(3):
        assert visitor.asked("queue", "save_draft", answer) == {"phase": "draft"}  # not counted
    assert visitor.asked("queue", "submit_answer", answer)["phase"] == "skipped"
    rating = {"id": "gone", "depth": "simple"}
    assert "no longer has" in visitor.event("rate", [first], rating)
    assert "more than 2 ratings" in visitor.event("rate", [first], rating)
    assert "more than 2 ratings" in json.dumps(visitor.asked("queue", "submit_answer", answer))
    assert "no longer has" in other.event("rate", [first], rating)  # an id that is known, from another address
    assert "more than 1 new" not in other.event("rate", [second], rating)
    assert "more than 1 new" in other.event("start", ["c" * 32])  # `second` was new there


def test_sending_to_blind_rating_is_counted(store: RatingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from emorl.ui import ModelLoader
    from emorl.ui.cache import ReflectionCache
    from emorl.ui.sending.form import Sender

    monkeypatch.setenv("EMORL_REGISTER_PER_MINUTE", "1")
    monkeypatch.setattr(limits, "_limiter", Limiter(Clock()))
    monkeypatch.setattr(limits, "visitor", lambda: "203.0.113.9")
    sender = Sender(ModelLoader.ready(Whole()), ReflectionCache(), lambda: store)
    held = sender.cache.put(Whole().written(SAID, {"reflection": 1.0}))
    form = gr.EventData(None, {"texts": [{"id": held}], "consent": True})
    assert sender.send("a" * 32, form)[0]["phase"] == "sent"
    assert sender.send("a" * 32, form)[0]["phase"] == "sent"
    assert "more than 1 new rater ids" in sender.send("b" * 32, form)[0]["message"]
    monkeypatch.setenv("EMORL_RATE_PER_MINUTE", "2")
    assert "more than 2 ratings" in sender.send("a" * 32, form)[0]["message"]
    assert store.knows("a" * 32) and not store.knows("b" * 32)
