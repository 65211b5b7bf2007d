"""The Reflect screen's server side, called without a browser."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from emorl.ensemble import Setting
from emorl.errors import AssetError, WeightError
from emorl.models.template import MAX_READ, MAX_STATEMENT
from emorl.ratings import RatingStore
from emorl.safety import mask
from emorl.ui import ModelLoader, build_demo
from emorl.ui.payload import to_page
from emorl.ui.reflect import strings as reflect_strings
from emorl.ui.reflect.screen import CLOSED, ReflectScreen
from emorl.ui.writing import strings as writing_strings
from emorl.ui.writing.mixer import model_settings, read_setting
from emorl.ui.writing.statement import examples, masked, personal_notice
from tests.ui.scripted import BASE_REPLY, REPLY, ScriptedReflector

MIX = {"weights": {"reflection": 0.6, "empathy": 0.4}, "strength": 1.0, "temperature": 0.0, "seed": 0}
ANSWERS = {"depth": "simple", "empathy": "1", "fluency": "2", "would_say": "yes", "comment": ""}


@pytest.fixture
def screen(reflector: ScriptedReflector, store: RatingStore) -> ReflectScreen:
    return ReflectScreen(ModelLoader.ready(reflector), lambda: store)


def event(data: Any) -> gr.EventData:
    return gr.EventData(None, data)


def test_drafts_come_first_then_the_reflection_and_the_form(screen: ReflectScreen) -> None:
    steps = list(screen.write("I am tired.", MIX))
    assert steps[0] == ({"phase": "writing", "text": "", "best_of": 1, "finished": 0}, CLOSED)
    assert steps[1][0] == {"phase": "writing", "text": "Part", "best_of": 1, "finished": 0}
    result, rating = steps[-1]
    assert (result["phase"], result["text"], result["base"]) == ("done", REPLY, BASE_REPLY)
    assert rating == {"phase": "open", "id": result["id"]}


def test_crisis_phrases_show_contacts_and_write_nothing(screen: ReflectScreen, reflector: ScriptedReflector) -> None:
    (step,) = screen.write("I want to kill myself.", MIX)
    result, rating = step
    assert (result["phase"], rating) == ("crisis", CLOSED)
    assert any(contact["phone"] for contact in result["contacts"])
    assert reflector.started == 0
    assert len(screen.cache) == 0


def test_a_crisis_after_the_length_limit_shows_contacts(screen: ReflectScreen) -> None:
    long = "The bus was late again. " * 27 + "I want to kill myself."
    assert len(long) > MAX_STATEMENT
    ((result, _),) = screen.write(long, MIX)
    assert result["phase"] == "crisis"


@pytest.mark.parametrize("text", ["Ich fühle mich sehr allein, seit meine Frau tot ist.", "Мне очень одиноко с весны."])
def test_another_language_gets_contacts_in_one_line_and_nothing_written(
    screen: ReflectScreen, reflector: ScriptedReflector, text: str
) -> None:
    for confirmed in (False, True):
        ((result, _),) = screen.write(text, MIX, confirmed)
        assert result["phase"] == "error" and "\n" not in result["message"]
        assert "English" in result["message"] and "116 123" in result["message"]
    assert reflector.started == 0


def test_a_crisis_of_a_kind_gets_contacts_of_its_own_first(screen: ReflectScreen) -> None:
    ((result, _),) = screen.write("I make myself sick after every meal.", MIX)
    names = [contact["name"] for contact in result["contacts"]]
    assert result["phase"] == "crisis" and "Beat" in names[:6] and "Samaritans" in names
    ((other, _),) = screen.write("I want to die.", MIX)
    assert "Beat" not in [contact["name"] for contact in other["contacts"]]


def test_a_text_far_too_long_is_refused_but_read_to_its_end(screen: ReflectScreen) -> None:
    long = "The bus was late again. " * 600
    assert len(long) > 2 * MAX_READ
    ((result, _),) = screen.write(long, MIX)
    assert result["phase"] == "error" and f"{len(long)} characters" in result["message"]
    ((result, _),) = screen.write(long + "I want to kill myself.", MIX)
    assert result["phase"] == "crisis"


def test_masking_cuts_nothing() -> None:
    long = "Mail jane.doe@example.org. " + "The bus was late again. " * 600
    assert masked(long) == mask(long[:MAX_READ], details=True) + long[MAX_READ:]
    assert masked(long).endswith(long[40:]) and "jane.doe" not in masked(long)


@pytest.mark.parametrize(
    ("statement", "mix", "message"),
    [
        ("  ", MIX, "Got an empty statement"),
        (None, MIX, "Got an empty statement"),
        ("Hello", {**MIX, "weights": {"reflection": -1}}, "Got -1 for reflection"),
        ("Hello", {**MIX, "seed": "x"}, "Got 'x' for seed"),
        ("Hello", "x", "Got settings that the app cannot read"),
    ],
)
def test_errors_are_one_line_in_place(screen: ReflectScreen, statement: Any, mix: Any, message: str) -> None:
    result, rating = list(screen.write(statement, mix))[-1]
    assert (result["phase"], rating) == ("error", CLOSED)
    assert message in result["message"] and "\n" not in result["message"]


def test_an_unexpected_error_does_not_show_its_text(screen: ReflectScreen, reflector: ScriptedReflector) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("secret path")

    reflector.stream = broken  # type: ignore[method-assign]
    result, _ = list(screen.write("Hello", MIX))[-1]
    assert result == {"phase": "error", "message": writing_strings.ERRORS["unexpected"]}


def test_closing_the_handler_closes_the_reflector(screen: ReflectScreen, reflector: ScriptedReflector) -> None:
    steps = screen.write("I am tired.", MIX)
    next(steps), next(steps)
    steps.close()
    assert reflector.closed_early == 1
    assert len(screen.cache) == 0


def test_a_rating_is_saved_once(screen: ReflectScreen, store: RatingStore) -> None:
    result, _ = list(screen.write("I am tired.", MIX))[-1]
    form = {**ANSWERS, "id": result["id"], "consent": False}
    first, rater = screen.rate("", event(form))
    again, same = screen.rate(rater, event(form))
    assert (first["phase"], again["phase"], same) == ("saved", "saved", rater)
    assert store.count() == 1


def test_a_rating_of_an_unknown_reflection_is_refused(screen: ReflectScreen, store: RatingStore) -> None:
    for data in ({**ANSWERS, "id": "0" * 32}, None, "text"):
        answer, _ = screen.rate("", event(data))
        assert answer["phase"] == "error"
    assert store.count() == 0


def test_a_store_that_fails_is_one_plain_line(screen: ReflectScreen) -> None:
    result, _ = list(screen.write("I am tired.", MIX))[-1]
    screen.store = lambda: SimpleNamespace(add=None)  # type: ignore[assignment,return-value]
    answer, _ = screen.rate("", event({**ANSWERS, "id": result["id"]}))
    assert answer["message"] == reflect_strings.ERRORS["not_saved"]


def test_settings_follow_the_reflector(screen: ReflectScreen) -> None:
    found = to_page(model_settings(screen.loader))
    assert found["state"] == "ready"
    assert [objective["name"] for objective in found["objectives"]] == ["reflection", "empathy"]
    assert found["presets"]["balanced"] == {"reflection": 0.6, "empathy": 0.4}


def test_generate_waits_for_the_model(store: RatingStore) -> None:
    def load() -> ScriptedReflector:
        time.sleep(0.5)
        return ScriptedReflector()

    screen = ReflectScreen(ModelLoader(load), lambda: store)
    assert to_page(model_settings(screen.loader)) == {"state": "loading", "message": ""}
    steps = list(screen.write("I am tired.", None))  # the page has no sliders yet
    assert steps[0][0] == {"phase": "waiting", "message": writing_strings.LOADING}
    assert steps[-1][0]["phase"] == "done"
    assert steps[-1][0]["weights"] == {"reflection": 0.6, "empathy": 0.4}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AssetError("no base model in /home/ada/models/x.gguf"), "no base model in x.gguf"),
        (ValueError("no base model at host ada.example"), "ValueError, see the app's log"),
    ],
)
def test_a_failed_load_is_said_without_folders_and_hosts(store: RatingStore, error: Exception, said: str) -> None:
    def load() -> Any:
        raise error

    source = ModelLoader(load)
    screen = ReflectScreen(source, lambda: store)
    result, _ = list(screen.write("I am tired.", MIX))[-1]
    assert result["phase"] == "error" and said in result["message"]
    assert "ada" not in result["message"]
    assert to_page(model_settings(source))["state"] == "failed"


def test_the_models_load_once() -> None:
    loads = []

    def load() -> ScriptedReflector:
        loads.append(1)
        return ScriptedReflector()

    source = ModelLoader(load)
    for _ in range(3):
        source.start()
    while source.state == "loading":
        time.sleep(0.01)
    assert loads == [1]


def test_personal_data_is_noticed() -> None:
    assert personal_notice("Write to jane.doe@example.org") != []
    assert personal_notice("I'm 54 and I work at Tesco in Leeds.") == ["age", "employer", "place"]
    assert personal_notice("I am tired.") == []
    assert personal_notice(None) == []


@pytest.mark.parametrize("mix", ["x", [1], {"weights": {}}, {**MIX, "weights": 3}])
def test_settings_that_cannot_be_read(mix: Any, reflector: Any) -> None:
    with pytest.raises(WeightError, match="expected a number for every weight"):
        read_setting(mix, reflector)


@pytest.mark.parametrize("value", ["x", None, True, float("nan"), 1e400, -1])
@pytest.mark.parametrize("name", ["strength", "temperature", "seed", "weights"])
def test_a_value_that_is_no_setting_is_named(name: str, value: Any, reflector: Any) -> None:
    broken = {**MIX, name: {"empathy": value} if name == "weights" else value}
    with pytest.raises(WeightError, match=f"Got .* for {'empathy' if name == 'weights' else name}: expected"):
        read_setting(broken, reflector)


def test_a_mixer_says_one_setting_and_before_there_is_one_the_preset_counts(reflector: Any) -> None:
    asked = {"weights": {"empathy": 3, "reflection": 1}, "strength": 0.5, "temperature": 0.7, "seed": 4.0}
    assert read_setting(asked, reflector) == Setting((0.25, 0.75), 0.5, 0.7, 4)
    assert read_setting(None, reflector) == Setting((0.6, 0.4))
    assert read_setting({}, reflector, "base") == Setting((0, 0))


def test_examples_are_ours_and_fit() -> None:
    found = examples()
    assert len(found) == 8
    assert all(0 < len(example["statement"]) <= MAX_STATEMENT and example["topic"] for example in found)


def test_the_page_is_built_without_loading_a_model(store: RatingStore) -> None:
    def load() -> Any:
        raise AssertionError("loaded")

    source = ModelLoader(load)
    demo = build_demo(source, store)
    assert isinstance(demo, gr.Blocks)
    assert source.state == "loading"


CRISIS = "I want to kill myself."


@pytest.mark.parametrize(
    "data",
    [
        None,
        "confirmed",
        {},
        {"confirmed": False, "statement": CRISIS},
        {"confirmed": "true", "statement": CRISIS},
        {"confirmed": 1, "statement": CRISIS},
        {"confirmed": True},
        {"confirmed": True, "statement": "I want to kill myself tonight."},
    ],
)
def test_a_crisis_statement_needs_an_explicit_confirmation_of_that_statement(
    screen: ReflectScreen, reflector: ScriptedReflector, data: Any
) -> None:
    (step,) = screen.write_confirmed(CRISIS, MIX, event(data))
    assert step[0]["phase"] == "crisis"
    assert reflector.started == 0


def test_a_confirmed_exercise_is_written_and_nothing_of_it_is_held(screen: ReflectScreen) -> None:
    steps = list(screen.write_confirmed(CRISIS, MIX, event({"confirmed": True, "statement": CRISIS})))
    result, rating = steps[-1]
    assert (result["phase"], result["text"], result["confirmed"]) == ("done", REPLY, True)
    assert (result["id"], rating, len(screen.cache)) == ("", CLOSED, 0)
    answer, _ = screen.rate("", event({**ANSWERS, "id": result["id"]}))
    assert answer["phase"] == "error"


def test_a_confirmation_changes_nothing_for_other_statements(screen: ReflectScreen) -> None:
    said = {"confirmed": True, "statement": "I am tired."}
    result, rating = list(screen.write_confirmed("I am tired.", MIX, event(said)))[-1]
    assert result["id"] and rating["phase"] == "open" and not result["confirmed"]


def test_personal_data_is_masked() -> None:
    assert masked("My wife Sarah is on 07700 900123.") == "My wife [name] is on [phone number]."
    assert masked("I'm 54 and I work at Tesco in Leeds.") == "I'm [age] and I work at [employer] in [place]."
    assert masked(None) == ""
