"""The Compare screen's server side and what it shares with Reflect, called without a browser."""

from __future__ import annotations

import time
from typing import Any

import gradio as gr
import pytest

from emorl.errors import AssetError
from emorl.ui import ModelLoader
from emorl.ui.compare.screen import CompareScreen
from emorl.ui.compare.word_diff import marks, word_diff
from emorl.ui.writing import strings
from tests.ui.scripted import BASE_REPLY, REPLY, ScriptedReflector

BALANCED = {"weights": {"reflection": 0.6, "empathy": 0.4}, "strength": 1.0, "temperature": 0.0, "seed": 0}
BASE = {**BALANCED, "weights": {"reflection": 0.0, "empathy": 0.0}}
CRISIS = "I want to kill myself."


@pytest.fixture
def screen(reflector: ScriptedReflector) -> CompareScreen:
    return CompareScreen(ModelLoader.ready(reflector))


def last(steps: Any) -> dict[str, Any]:
    return list(steps)[-1]


def test_both_texts_grow_together_and_then_are_compared(screen: CompareScreen, reflector: ScriptedReflector) -> None:
    steps = list(screen.write("I am tired.", 2, BALANCED, BASE))
    assert steps[0] == {"phase": "writing", "texts": ["", ""]}
    assert steps[2] == {"phase": "writing", "texts": ["Part of", "I am "]}
    done = steps[-1]
    assert (done["phase"], done["same"], done["confirmed"]) == ("done", False, False)
    first, second = done["sides"]
    assert (first["text"], second["text"]) == (REPLY, BASE_REPLY)
    assert (first["weights"], second["weights"]) == (BALANCED["weights"], BASE["weights"])
    assert [row["score"] for row in first["scores"]] == [0.8, 0.7]
    assert [row["score"] for row in second["scores"]] == [0.3, 0.4]
    assert " ".join(word for word, _ in first["marked"]) == REPLY
    assert reflector.started == 1  # one job, so that the model writes both as one batch
    assert len(screen.cache) == 2 and {first["id"], second["id"]} != {""}


def test_equal_texts_are_said_to_be_equal(screen: CompareScreen) -> None:
    done = last(screen.write("I am tired.", 2, BALANCED, BALANCED))
    assert done["same"] and all(same for side in done["sides"] for _, same in side["marked"])


def test_before_there_are_sliders_the_first_presets_are_written(screen: CompareScreen) -> None:
    first, second = last(screen.write("I am tired.", 2, None, None))["sides"]
    assert (first["weights"], second["weights"]) == (BALANCED["weights"], BASE["weights"])


def test_crisis_phrases_show_contacts_and_write_nothing(screen: CompareScreen, reflector: ScriptedReflector) -> None:
    (step,) = screen.write(CRISIS, 2, BALANCED, BASE)
    assert step["phase"] == "crisis" and any(contact["phone"] for contact in step["contacts"])
    assert (reflector.started, len(screen.cache)) == (0, 0)


@pytest.mark.parametrize(
    "data", [None, {}, {"confirmed": "true", "statement": CRISIS}, {"confirmed": True, "statement": "Another."}]
)
def test_a_crisis_statement_needs_its_own_confirmation(
    screen: CompareScreen, reflector: ScriptedReflector, data: Any
) -> None:
    (step,) = screen.write_confirmed(CRISIS, 2, BALANCED, BASE, None, None, gr.EventData(None, data))
    assert step["phase"] == "crisis" and reflector.started == 0


def test_nothing_of_a_confirmed_exercise_is_held(screen: CompareScreen) -> None:
    event = gr.EventData(None, {"confirmed": True, "statement": CRISIS})
    done = last(screen.write_confirmed(CRISIS, 2, BALANCED, BASE, None, None, event))
    assert done["confirmed"] and [side["id"] for side in done["sides"]] == ["", ""]
    assert len(screen.cache) == 0


@pytest.mark.parametrize(
    ("statement", "first", "second", "message"),
    [
        ("  ", BALANCED, BASE, "Got an empty statement"),
        (7, BALANCED, BASE, "Got an empty statement"),
        ("Hello", BALANCED, {**BASE, "weights": {"reflection": -1}}, "Got -1 for reflection"),
        ("Hello", {**BALANCED, "seed": "x"}, BASE, "Got 'x' for seed"),
        ("Hello", BALANCED, "x", "Got settings that the app cannot read"),
    ],
)
def test_errors_are_one_line(screen: CompareScreen, statement: Any, first: Any, second: Any, message: str) -> None:
    found = last(screen.write(statement, 2, first, second))
    assert found["phase"] == "error" and message in found["message"] and "\n" not in found["message"]


def test_an_unexpected_error_does_not_show_its_text(screen: CompareScreen, reflector: ScriptedReflector) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("secret path")

    reflector.side_by_side = broken  # type: ignore[method-assign]
    found = last(screen.write("Hello", 2, BALANCED, BASE))
    assert found == {"phase": "error", "message": strings.ERRORS["unexpected"]}


def test_closing_the_handler_closes_the_reflector(screen: CompareScreen, reflector: ScriptedReflector) -> None:
    steps = screen.write("I am tired.", 2, BALANCED, BASE)
    next(steps), next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert (reflector.closed_early, len(screen.cache)) == (1, 0)


def test_it_waits_for_the_model() -> None:
    def load() -> ScriptedReflector:
        time.sleep(0.5)
        return ScriptedReflector()

    steps = list(CompareScreen(ModelLoader(load)).write("I am tired.", 2, None, None))
    assert steps[0] == {"phase": "waiting", "message": strings.LOADING}
    assert steps[-1]["phase"] == "done"


def test_a_failed_load_is_said() -> None:
    def load() -> Any:
        raise AssetError.of("no base model", "one", "fetch it")

    found = last(CompareScreen(ModelLoader(load)).write("I am tired.", 2, None, None))
    assert found["phase"] == "error" and "no base model" in found["message"]


@pytest.mark.parametrize(
    ("first", "second", "marked"),
    [
        ("You feel tired.", "You feel tired.", ("", "")),
        ("You feel torn and tired.", "You feel tired.", ("torn and", "")),
        ("You feel sad.", "Part of you feels sad.", ("You feel", "Part of you feels")),
        ("", "New words", ("", "New words")),
        ("a b a b", "b a", ("a b", "")),
    ],
)
def test_words_that_only_one_text_has(first: str, second: str, marked: tuple[str, str]) -> None:
    found = word_diff(first, second)
    assert tuple(" ".join(word for word, same in words if not same) for words in found) == marked
    assert [" ".join(word for word, _ in words) for words in found] == [first, second]
    common = [[word for word, same in words if same] for words in found]
    assert common[0] == common[1]


def test_punctuation_at_the_end_of_a_word_is_no_difference() -> None:
    first, second = word_diff("Hot water. And rest, then — sleep", "Hot water, and rest then sleep!")
    assert [word for word, same in first if not same] == ["And", "—"]
    assert [word for word, same in second if not same] == ["and"]


def test_up_to_four_are_written_and_compared_with_the_first(screen: CompareScreen) -> None:
    done = last(screen.write("I am tired.", 4, BALANCED, BASE, BALANCED, BASE))
    assert [side["text"] for side in done["sides"]] == [REPLY, BASE_REPLY, REPLY, BASE_REPLY]
    assert [(side["other"], side["alike"]) for side in done["sides"]] == [
        ("", True),
        ("A", False),
        ("A", True),
        ("A", False),
    ]
    assert not done["same"]


@pytest.mark.parametrize("count", [None, "3", 1, 5, True, 2.0])
def test_any_other_number_of_settings_counts_as_two(screen: CompareScreen, count: Any) -> None:
    assert len(last(screen.write("I am tired.", count, BALANCED, BASE, BASE, BASE))["sides"]) == 2


def test_marks_say_something_only_where_most_words_are_shared() -> None:
    one, two = marks(["You are tired of it all.", "You are sick of it all."])
    assert (one.other, two.other, one.alike, two.alike) == ("B", "A", True, True)  # 5 of 6
    assert [word for word, same in two.words if not same] == ["sick"]
    half, _ = marks(["a b c d", "a b x y"])
    assert half.alike  # 2 of 4
    less, _ = marks(["a b c d e", "a b x y z"])
    assert not less.alike  # 2 of 5
    assert [mark.other for mark in marks(["a", "b", "a"])] == ["", "A", "A"]


def test_marks_count_what_a_text_lacks() -> None:
    longer, shorter = marks(["You just stood there, alone.", "You stood there."])
    assert [word for word, same in longer.words if not same] == ["just", "alone."]
    assert all(same for _, same in shorter.words)  # nothing of it is marked, and yet it is another text
    assert (longer.missing, shorter.missing) == (0, 2)
    assert [mark.missing for mark in marks(["a b c", "a b", "a b c."])] == [0, 1, 0]
