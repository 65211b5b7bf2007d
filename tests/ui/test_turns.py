"""Which run of Generate a page still waits for."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from emorl.ratings import RatingStore
from emorl.ui import ModelLoader
from emorl.ui.reflect.screen import ReflectScreen
from emorl.ui.reflect.turns import MAX_RUN, Turns, run_number
from tests.ui.scripted import ScriptedReflector
from tests.ui.test_reflect import MIX


class Asker(gr.Request):
    """A page's request as Gradio hands it on."""

    def __init__(self, session: str) -> None:
        self.session_hash = session


def test_a_newer_run_replaces_an_older_one_however_they_arrive() -> None:
    turns = Turns()
    first = turns.begin("page", 1)
    other = turns.begin("another page", 1)
    assert first()
    third = turns.begin("page", 3)
    second = turns.begin("page", 2)  # sent before the third, arrived after it
    assert (first(), second(), third(), other()) == (False, False, True, True)


def test_stop_ends_the_run_it_was_pressed_in_and_no_later_one() -> None:
    turns = Turns()
    first = turns.begin("page", 1)
    second = turns.begin("page", 2)
    turns.stop("page", 1)  # late: the second has begun
    assert (first(), second()) == (False, True)
    turns.stop("page", 3)  # early: the third has not been heard of yet
    assert not turns.begin("page", 3)()
    assert turns.begin("page", 4)()


def test_only_so_many_pages_are_remembered() -> None:
    turns = Turns(capacity=2)
    first = turns.begin("a", 1)
    for name in ("b", "c"):
        turns.begin(name, 1)
    assert first()  # it goes on, and only the memory of it is gone
    assert turns.begin("a", 0)()


@pytest.mark.parametrize("run", [True, -1, 1.5, "1", None, MAX_RUN])
def test_what_is_no_number_of_a_run_counts_as_none(run: Any) -> None:
    assert run_number({"run": run}) == 0
    assert run_number(run) == 0


def test_a_run_that_was_replaced_ends_at_its_next_step(store: RatingStore) -> None:
    reflector = ScriptedReflector()
    screen = ReflectScreen(ModelLoader.ready(reflector), lambda: store)
    older = screen.generate("I am tired.", MIX, {"phase": "waiting", "run": 1}, Asker("page"))
    for _ in range(3):
        assert next(older)[0]["run"] == 1
    *_, (result, rating) = screen.generate("I am torn.", MIX, {"phase": "waiting", "run": 2}, Asker("page"))
    assert (result["run"], rating["run"], result["phase"]) == (2, 2, "done")
    assert list(older) == [] and reflector.closed_early == 1


def test_a_run_that_was_stopped_before_it_arrived_writes_nothing(store: RatingStore) -> None:
    reflector = ScriptedReflector()
    screen = ReflectScreen(ModelLoader.ready(reflector), lambda: store)
    screen.stop({"phase": "stopped", "run": 1}, Asker("page"))
    assert list(screen.generate("I am tired.", MIX, {"run": 1}, Asker("page"))) == [] and reflector.started == 0
