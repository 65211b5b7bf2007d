"""The Why screen's server side, called without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emorl.errors import BusyError
from emorl.ui import ModelLoader
from emorl.ui.cache import ReflectionCache
from emorl.ui.why import strings
from emorl.ui.why.screen import WhyScreen
from tests.ui.scripted import REPLY, TOKENS, ScriptedReflector

MIX = {"reflection": 0.6, "empathy": 0.4}
STATEMENT = "I am tired of it all, said a client."


@pytest.fixture
def screen(reflector: ScriptedReflector) -> WhyScreen:
    return WhyScreen(ModelLoader.ready(reflector), ReflectionCache())


@pytest.fixture
def held(screen: WhyScreen, reflector: ScriptedReflector) -> str:
    return screen.cache.put(reflector.written(STATEMENT, MIX))


def test_an_explanation_of_words_with_marks_and_end_apart(screen: WhyScreen, held: str) -> None:
    payload = screen.explain(held)
    assert payload["phase"] == "done"
    assert "".join((" " if w["gap"] else "") + w["text"] for w in payload["words"]).strip() == REPLY
    kinds = [(w["text"], w["kind"]) for w in payload["words"]]
    assert ("overwhelmed", "word") in kinds and (",", "mark") in kinds and kinds[-1] == ("", "end")
    merged = next(w for w in payload["words"] if w["text"] == "overwhelmed")
    assert merged["contributions"] == {"base": 1.5, "reflection": 0.25, "empathy": 0.75} and merged["margin"] == 2.5
    assert merged["unchanged"] == {"reflection": [0.09, 0.9], "empathy": [0.1, 0.91]}
    assert merged["margin_slope"] == {"reflection": 4.0, "empathy": -4.0}  # two pieces, 1 - (-1) each
    tired = next(w for w in payload["words"] if w["text"] == "tired")
    assert tired["sentence"] == (
        "“tired” was chosen over “sad”, mainly because of empathy. The base model alone would have chosen “sad”."
    )
    assert (tired["foil"], tired["own"]) == ("sad", {"base": "sad", "reflection": "tired", "empathy": "low"})
    assert payload["overall"]["unchanged"]["reflection"] == [0.14, 0.9]
    assert sum(payload["overall"]["absolute"].values()) == pytest.approx(1, abs=1e-5)
    push = sum(abs(part) for row in TOKENS for part in row[2:])
    assert payload["overall"]["absolute"]["empathy"] == pytest.approx(sum(abs(r[4]) for r in TOKENS) / push, abs=1e-5)


def test_the_payload_is_json_and_leaves_the_statement_out(screen: WhyScreen, held: str) -> None:
    for answer in (screen.explain(held), screen.variants({"id": held, "every": True})):
        assert STATEMENT not in json.dumps(answer)


def test_a_sampled_reply_has_no_ranges(screen: WhyScreen, reflector: ScriptedReflector) -> None:
    token = screen.cache.put(reflector.written(STATEMENT, MIX, 1.0, 0.7))
    payload = screen.explain(token)
    parts = [*payload["words"], payload["overall"]]
    assert all(part["unchanged"] == {"reflection": None, "empathy": None} for part in parts)
    assert "stays the same" not in payload["overall"]["sentence"]


def test_replies_without_one_and_fair_shares(screen: WhyScreen, held: str) -> None:
    some = screen.variants({"id": held, "every": False})
    assert some["phase"] == "done"
    answer = screen.variants({"id": held, "every": True})
    assert answer["shapley"]["base"]["reflection"] == {"reflection": 0.25, "empathy": 0.75}  # 1 - 0 in all
    without = [v for v in answer["written"] if v["members"] == ["reflection"]]
    assert [v["reflection"] for v in without] == ["Part of you is reflection."] * 2


@pytest.mark.parametrize("asked", [None, "", "0" * 32, 7, {"id": "0" * 32}, ["x"]])
def test_unknown_reflections_are_refused(screen: WhyScreen, held: str, asked: Any) -> None:
    for answer in (screen.explain(asked), screen.variants(asked)):
        assert answer == {"phase": "error", "message": strings.ERRORS["gone"]}


def test_before_the_models_are_loaded_there_is_nothing_to_explain(held: str, screen: WhyScreen) -> None:
    waiting = WhyScreen(ModelLoader(ScriptedReflector), screen.cache)
    assert waiting.explain(held)["phase"] == "error"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (BusyError("32 others are waiting"), "32 others are waiting"),
        (RuntimeError("secret path"), strings.ERRORS["unexpected"]),
    ],
)
def test_failures_are_one_plain_line(
    screen: WhyScreen, reflector: ScriptedReflector, held: str, error: Exception, message: str
) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise error

    reflector.explain = reflector.variants = broken  # type: ignore[method-assign]
    for answer in (screen.explain(held), screen.variants({"id": held, "every": True})):
        assert answer == {"phase": "error", "message": message}
