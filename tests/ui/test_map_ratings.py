"""What raters preferred, as the Map gets it: by default from the store, read again only when something changed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side
from emorl.ui.cache import ReflectionCache
from emorl.ui.loader import ModelLoader
from emorl.ui.map.payload import RatingPoint
from emorl.ui.map.ratings import on_the_map, preferred_overlay
from emorl.ui.reflect.rating import new_rating
from tests.ui.scripted import ScriptedReflector

FORM = {"depth": "complex", "empathy": "2", "fluency": "1", "would_say": "edits"}  # levels 2 2 1 1: .75


@pytest.fixture
def rate(store: RatingStore) -> Callable[..., None]:
    def add(first: float, second: float, token: str = "token", rater: str = "a" * 32, **form: Any) -> None:
        held = ReflectionCache()
        weights = {"reflection": first, "empathy": second}
        found = held.get(held.put(ScriptedReflector().written("I am tired.", weights)))
        store.add(new_rating({**FORM, **form}, found, rater, token))

    return add


def test_points_by_hand(store: RatingStore, rate: Callable[..., None]) -> None:
    overlay = preferred_overlay(ModelLoader.ready(ScriptedReflector()), lambda: store)
    assert list(overlay()) == []
    rate(0.6, 0.4)
    assert overlay() == [RatingPoint((0.6, 0.4), 0.75, 1)]
    rate(0.0, 0.0, "token-2")  # the base model has no place on the map
    assert on_the_map(overlay(), 2) == (RatingPoint((0.6, 0.4), 0.75, 1),)
    queue = RatingQueue(store, (), random.Random(1))
    sides = Side("x", "a", {"reflection": 0.6, "empathy": 0.4}), Side("y", "b", {"reflection": 0.0, "empathy": 1.0})
    queue.send("b" * 32, Item("I am tired.", *sides, source="compare"))
    queue.consent("b" * 32)
    task = queue.next("b" * 32)
    assert task is not None
    queue.submit("b" * 32, task.assignment, task.token, Answer(choice="second"))
    assert on_the_map(overlay(), 2) == (
        RatingPoint((0.0, 1.0), 1.0, 1),
        RatingPoint((0.6, 0.4), 0.375, 2),
    )
    queue.undo("b" * 32)
    assert on_the_map(overlay(), 2) == (RatingPoint((0.6, 0.4), 0.75, 1),)


def test_the_store_is_read_again_only_after_a_change(
    store: RatingStore, rate: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    every = RatingStore.all

    def counted(store: RatingStore) -> Any:
        reads.append(1)
        return every(store)

    monkeypatch.setattr(RatingStore, "all", counted)
    overlay = preferred_overlay(ModelLoader.ready(ScriptedReflector()), lambda: store)
    rate(0.6, 0.4)
    assert overlay() == overlay() == overlay() and len(reads) == 1
    rate(0.6, 0.4, "token-2", depth="none", empathy="0", fluency="0", would_say="no")  # a change of mind
    assert overlay() == [RatingPoint((0.6, 0.4), 0.0, 1)] and len(reads) == 2
    store.forget("a" * 32)
    assert overlay() == []
    rate(1.0, 0.0, "token-3")  # the same count and number of the row as before
    assert overlay() == [RatingPoint((1.0, 0.0), 0.75, 1)]


def test_what_is_handed_out_cannot_change_what_is_kept(store: RatingStore, rate: Callable[..., None]) -> None:
    rate(0.6, 0.4)
    overlay = preferred_overlay(ModelLoader.ready(ScriptedReflector()), lambda: store)
    list(overlay()).clear()
    assert len(list(overlay())) == 1


def test_before_the_models_are_there_nothing_is_opened(store: RatingStore) -> None:
    def never() -> RatingStore:
        raise AssertionError("opened")

    source = ModelLoader(lambda: ScriptedReflector())
    assert list(preferred_overlay(source, never)()) == []


def test_ratings_of_other_objectives_stay_out(store: RatingStore, rate: Callable[..., None]) -> None:
    rate(0.6, 0.4)
    other = ScriptedReflector()
    other.objectives = (replace(other.objectives[0], name="warmth"), other.objectives[1])
    assert preferred_overlay(ModelLoader.ready(other), lambda: store)() == []
