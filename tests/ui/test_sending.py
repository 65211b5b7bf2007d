"""Sending to blind rating: what reaches the queue, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from emorl.ensemble import Setting
from emorl.ratings import RatingQueue, RatingStore
from emorl.ui import ModelLoader
from emorl.ui.cache import ReflectionCache
from emorl.ui.sending import strings
from emorl.ui.sending.form import Sender
from tests.ui.scripted import BASE_REPLY, REPLY, ScriptedReflector

RATER = "a" * 32
STATEMENT = "I am so tired of it all."


@pytest.fixture
def sender(store: RatingStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sender:
    items = tmp_path / "items.jsonl"
    items.write_text("", encoding="utf-8")
    monkeypatch.setenv("EMORL_RATING_ITEMS", str(items))
    return Sender(ModelLoader.ready(ScriptedReflector()), ReflectionCache(), lambda: store)


@pytest.fixture
def ids(sender: Sender) -> list[str]:
    """A held pair: REPLY and BASE_REPLY."""
    *_, pair = ScriptedReflector().side_by_side(STATEMENT, [Setting((0.6, 0.4)), Setting((0.0, 0.0))])
    return [sender.cache.put(reflection) for reflection in pair]  # type: ignore[arg-type]


def send(sender: Sender, data: Any, rater: object = RATER) -> tuple[dict[str, Any], str]:
    answer, who = sender.send(rater, gr.EventData(None, data))
    assert answer.pop("reply")  # random, so that an equal answer reaches the page
    return answer, who


def queued(store: RatingStore, rater: str = RATER) -> Any:
    queue = RatingQueue(store, [])
    queue.consent(rater)
    return queue.next(rater)


def test_a_pair_comes_as_one_choice_without_names(sender: Sender, store: RatingStore, ids: list[str]) -> None:
    answer, who = send(sender, {"texts": ids, "consent": True})
    assert (answer, who) == ({"phase": "sent"}, RATER)
    task = queued(store)
    assert {task.item.first.text, task.item.second.text} == {REPLY, BASE_REPLY}
    assert (task.item.statement, task.item.source, task.total) == (STATEMENT, "compare", 1)
    assert {task.item.first.setting, task.item.second.setting} == {"reflection 60 %, empathy 40 %", "base model"}


def test_one_reflection_comes_as_one_to_rate(sender: Sender, store: RatingStore, ids: list[str]) -> None:
    assert send(sender, {"texts": ids[:1], "consent": True})[0] == {"phase": "sent"}
    item = queued(store).item
    assert (item.first.text, item.second, item.source) == (REPLY, None, "reflect")
    assert item.first.weights == {"reflection": 0.6, "empathy": 0.4}


def test_twice_or_swapped_it_is_one_item(sender: Sender, store: RatingStore, ids: list[str]) -> None:
    for names in (ids, ids, ids[::-1]):
        assert send(sender, {"texts": names, "consent": True})[0]["phase"] == "sent"
    assert queued(store).total == 1


def test_it_joins_the_end_of_a_queue_that_is_under_way(sender: Sender, store: RatingStore, ids: list[str]) -> None:
    send(sender, {"texts": ids, "consent": True})
    first = queued(store)
    send(sender, {"texts": ids[:1], "consent": True})
    assert (queued(store).assignment, queued(store).total) == (first.assignment, 2)


def test_it_is_in_the_senders_queue_only(sender: Sender, store: RatingStore, ids: list[str]) -> None:
    send(sender, {"texts": ids, "consent": True})
    assert queued(store, "b" * 32) is None


def test_a_new_rater_gets_an_id(sender: Sender, store: RatingStore, ids: list[str]) -> None:
    _, who = send(sender, {"texts": ids, "consent": True}, rater="Jane Doe")
    assert len(who) == 32 and queued(store, who).total == 1


@pytest.mark.parametrize("consent", [None, False, "true", 1, "on"])
def test_without_a_true_tick_nothing_is_stored(
    sender: Sender, store: RatingStore, ids: list[str], consent: object
) -> None:
    answer, _ = send(sender, {"texts": ids, "consent": consent})
    assert answer == {"phase": "error", "message": strings.ERRORS["consent"]}
    assert queued(store) is None


@pytest.mark.parametrize("data", [None, "text", {}, {"texts": "x"}, {"texts": []}, {"texts": ["a"] * 5}])
def test_a_form_that_cannot_be_read(sender: Sender, data: Any) -> None:
    if isinstance(data, dict):
        data = {**data, "consent": True}
    assert send(sender, data)[0] == {"phase": "error", "message": strings.ERRORS["form"]}


def test_what_is_no_longer_held_is_refused(sender: Sender, store: RatingStore, ids: list[str]) -> None:
    answer, _ = send(sender, {"texts": [ids[0], "0" * 32], "consent": True})
    assert answer == {"phase": "error", "message": strings.ERRORS["gone"]}
    assert queued(store) is None


def test_equal_texts_and_two_statements_are_no_choice(sender: Sender, store: RatingStore, ids: list[str]) -> None:
    held = sender.cache.get(ids[0])
    assert held is not None
    again = sender.cache.put(held.reflection)
    other = sender.cache.put(replace(held.reflection, statement="Another.", reflection="Other."))
    assert send(sender, {"texts": [ids[0], again], "consent": True})[0]["message"] == strings.ERRORS["same"]
    assert send(sender, {"texts": [ids[0], other], "consent": True})[0]["message"] == strings.ERRORS["form"]
    assert queued(store) is None


def test_a_store_that_fails_is_one_plain_line(sender: Sender, ids: list[str]) -> None:
    broken = Sender(sender.loader, sender.cache, lambda: SimpleNamespace())  # type: ignore[arg-type,return-value]
    answer, _ = send(broken, {"texts": ids, "consent": True})
    assert answer == {"phase": "error", "message": strings.ERRORS["unexpected"]}
