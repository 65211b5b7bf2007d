"""The command `replay` from the store to its exit code; the models are stood in for."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from emorl import cli
from emorl.errors import RatingError
from emorl.ratings import Item, RatingQueue, RatingStore, Side
from emorl.ratings.storage.reflections import find_reflections
from tests.ratings.conftest import STATEMENT, MakeRating

WRITTEN = {"precision": "float16", "base_id": "b", "template": "t", "max_tokens": 64, "torch": "2"}
DETAILS = {"strength": 1.0, "temperature": 0.0, "seed": 3, "model": {"base": "b"}, "written": WRITTEN}


def test_a_rated_reflection_comes_back_with_all_it_was_written_with(store: RatingStore, make: MakeRating) -> None:
    share = 0.1 + 0.2  # 0.30000000000000004, to the last bit
    given = make(statement=STATEMENT, written=WRITTEN, weights={"empathy": share, "fluency": 1 - share}, seed=5)
    store.add(given)
    store.add(make(rater="rater-b", seed=6))  # before it was kept
    (found,) = find_reflections(store, "1")
    assert (found.statement, found.reflection, found.written) == (STATEMENT, given.reflection, WRITTEN)
    assert (found.weights, found.seed, found.model) == (given.weights, 5, given.model)
    assert (find_reflections(store, "2")[0].written, store.all()[0].given.written) == (None, WRITTEN)


def test_the_models_sides_of_an_item_come_back(store: RatingStore) -> None:
    written, by_hand = Side("You are tired.", "empathy", {"empathy": 1.0}, DETAILS), Side("So tired.", "a person")
    item = Item("I am tired.", written, by_hand, source="compare")
    RatingQueue(store, ()).send("rater-a", item)
    (found,) = find_reflections(store, item.key[:8])
    assert (found.statement, found.reflection, found.seed, found.written) == (
        "I am tired.",
        "You are tired.",
        3,
        WRITTEN,
    )
    for number in ("99", item.key[:7], "zzzzzzzz", "-1", "1" * 30):
        with pytest.raises(RatingError, match="expected"):
            find_reflections(store, number)
    broken = replace(item, first=replace(written, details={**DETAILS, "model": "none"}))
    RatingQueue(store, ()).send("rater-a", broken)
    with pytest.raises(RatingError, match="was not made by this app"):
        find_reflections(store, broken.key)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the models were asked; they always say "You are tired."."""
    from emorl.reflecting import replay, writer

    calls: list[Any] = []

    def load(models: Any, precision: str, scored: bool) -> Any:
        calls.append((models, precision, scored))
        return SimpleNamespace()

    def again(_: Any, statement: str, reflection: str, **more: Any) -> replay.Replay:
        calls.append((statement, more["weights"]))
        return replay.Replay("You are tired.", reflection == "You are tired.", 0, "float16", False, {})

    monkeypatch.setattr(writer.Writer, "load", load)
    monkeypatch.setattr(replay, "replay", again)
    return calls


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["emorl", "replay", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.run()
    return stop.value.code or 0


def test_the_exit_code_says_whether_it_is_identical(
    store: RatingStore, make: MakeRating, url: str, asked: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    store.add(make(reflection="You are tired.", written=WRITTEN))
    store.add(make(reflection="You are weary.", statement=STATEMENT, seed=1))
    assert run(monkeypatch, "1", "--db", url) == 2
    assert "whose statement was not kept" in capsys.readouterr().err
    assert run(monkeypatch, "1", "--db", url, "--statement", "other words") == 2
    assert "another statement" in capsys.readouterr().err
    assert run(monkeypatch, "1", "--db", url, "--statement", STATEMENT) == 0
    assert "identical in float16: You are tired." in capsys.readouterr().out
    assert asked == [(None, "float16", False), (STATEMENT, make().weights)]
    assert run(monkeypatch, "2", "--db", url) == 1
    assert asked[2][1] == "float32"  # it is not known what wrote it
    assert run(monkeypatch, "2", "--db", url, "--dtype", "int3") == 2
    assert "the precision int3" in capsys.readouterr().err
