"""The Study screen's server side and the Rate screen of a study's raters: forms, texts, links, and who may do what."""

from __future__ import annotations

import csv
import inspect
import io
import json
import sys
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest
from sqlalchemy import select

from emorl.ensemble import Setting
from emorl.errors import BusyError, ReplyError, StatementError
from emorl.ratings import Item, RatingQueue, RatingStore
from emorl.ratings.storage.reflections import find_reflections
from emorl.ratings.storage.schema import ItemRow
from emorl.ratings.study import training
from emorl.ratings.study.lines import MAX_BYTES
from emorl.ratings.study.studies import Studies
from emorl.reflecting.best_of import TEMPERATURE
from emorl.reflecting.reflection import ReplyScores
from emorl.ui import ModelLoader
from emorl.ui.admin import strings as admin_strings
from emorl.ui.admin.gate import Gate
from emorl.ui.admin.tokens import SESSION_S
from emorl.ui.rate import strings as rate_strings
from emorl.ui.rate.screen import RateScreen
from emorl.ui.study import strings
from emorl.ui.study.screen import StudyScreen, study_screen
from tests.ui.clock import Clock
from tests.ui.scripted import ScriptedReflector

SECRET = "open sesame"
PUBLIC = [name for name, _ in inspect.getmembers(StudyScreen, inspect.isfunction) if not name.startswith("_")]
MIX, BASE = {"reflection": 3, "empathy": 1}, {"reflection": 0, "empathy": 0}
TEXT = "statement,reply:novice\nI am so tired after work.,You are tired.\nNobody ever calls me back.,Nobody calls.\n"
FORM: dict[str, Any] = {
    "name": "A study",
    "text": TEXT,
    "methods": [{"weights": MIX, "strength": 1.5}, {"weights": BASE, "strength": 1}],
    "design": "pairs",
    "ratings_per_item": 2,
    "items_per_rater": 4,
    "seed": 3,
    "guidelines": "Read both.",
}


TRAINING = (
    "statement,first,second,choice,why\n"
    "I put it off.,It stays on your mind.,Just do it.,first,The second gives advice.\n"
)


class ByWeights(ScriptedReflector):
    """Writes other words for other weights, also where it writes alone; `fault` is raised instead, once.

    Where `sampled` is set, it writes by the seed what it samples, and scores that of even seeds higher.
    """

    fault: Exception | None = None
    sampled = False

    def _script(self, statement: str, setting: Setting, lone: bool) -> list[str]:
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        if self.sampled and setting.temperature:
            return [f"Seed {setting.seed} said more." if setting.seed % 2 == 0 else f"Seed {setting.seed}."]
        return [f"{part} " for part in f"Weights {setting.weights} said {len(statement)}.".split()]

    def _scored(self, text: str) -> ReplyScores:
        return replace(super()._scored(text), scores={"reflection": 0.9 if text.endswith("more.") else 0.5})


@pytest.fixture
def reflector() -> ByWeights:
    return ByWeights()


@pytest.fixture
def gate(clock: Clock) -> Gate:
    return Gate(SECRET, clock)


@pytest.fixture
def screen(store: RatingStore, gate: Gate, reflector: ByWeights) -> StudyScreen:
    return StudyScreen(ModelLoader.ready(reflector), lambda: store, gate)


@pytest.fixture
def ask(screen: StudyScreen) -> Any:
    session = screen.enter(SECRET)["session"]
    return lambda act, /, **form: getattr(screen, act)({"session": session, **form})


@pytest.fixture
def key(ask: Any) -> str:
    made = ask("make_study", **FORM)
    assert "error" not in made, made
    return str(made["key"])


@pytest.fixture
def written(ask: Any, key: str) -> str:
    for _ in range(2):
        assert "error" not in ask("write_next", study=key)
    return key


def codes(ask: Any, key: str, labels: Sequence[str] = ("",)) -> list[str]:
    return [one["code"] for one in ask("invite_raters", study=key, labels=list(labels))["invitations"]]


# Who may


def test_all_that_the_page_may_call_is_guarded(store: RatingStore, gate: Gate, reflector: ByWeights) -> None:
    with gr.Blocks() as demo:
        study_screen(ModelLoader.ready(reflector), lambda: store, gate)
    (page,) = [block for block in demo.blocks.values() if isinstance(block, gr.HTML)]
    assert sorted(page.get_config()["server_fns"]) == sorted(PUBLIC) == sorted([*StudyScreen.FUNCTIONS, "enter"])


@pytest.mark.parametrize("name", sorted(StudyScreen.FUNCTIONS))
def test_without_a_session_every_function_refuses(
    screen: StudyScreen, written: str, store: RatingStore, gate: Gate, clock: Clock, name: str
) -> None:
    before = Studies(store).progress(written)
    old, left = gate.enter(SECRET), gate.enter(SECRET)
    gate.leave(left)
    clock.now += SESSION_S
    good = {**FORM, "study": written, "labels": ["x"], "number": 1, "confirm": "DELETE"}
    sessions = ("", None, "x", 7, old, left, SECRET)
    for form in [None, {}, "x", [], good, *({**good, "session": session} for session in sessions)]:
        assert getattr(screen, name)(form) == {"error": admin_strings.ERRORS["session"]}
    assert Studies(store).progress(written) == before and len(Studies(store).all()) == 1


# Making one


def test_a_study_is_made_as_the_form_says(ask: Any, store: RatingStore, key: str) -> None:
    made = Studies(store).find(key)
    assert [(one.name, one.weights, one.strength) for one in made.methods] == [
        ("reflection 75 %, empathy 25 %; strength 1.5", {"reflection": 0.75, "empathy": 0.25}, 1.5),
        ("base model", {"reflection": 0.0, "empathy": 0.0}, 1.0),
        ("novice", None, 1.0),
    ]
    assert (made.design, made.seed, made.ratings_per_item, made.items_per_rater) == ("pairs", 3, 2, 4)
    shown = ask("show_study", study=key)
    assert (shown["lines"], shown["written"], shown["items"], shown["raters"]) == (2, 0, 0, [])
    assert [one["people"] for one in shown["methods"]] == [False, False, True]
    found = ask("list_studies")
    assert found["studies"] == [{"key": key, "name": "A study", "design": "pairs"}]
    assert found["models"]["state"] == "ready" and json.loads(json.dumps(found)) == found


def test_an_empty_seed_is_drawn(ask: Any, store: RatingStore) -> None:
    seeds = {ask("make_study", **{**FORM, "seed": None, "name": f"{n}"})["seed"] for n in range(3)}
    assert len(seeds) == 3 and all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "study name: got '', expected text that is not empty"),
        ({"name": None}, "study name: got None"),
        ({"design": "all"}, "study design: got 'all'"),
        ({"ratings_per_item": "2"}, "study ratings_per_item: got '2', expected a whole number"),
        ({"items_per_rater": 2.5}, "study items_per_rater: got 2.5"),
        ({"seed": 2**31}, "study seed: got 2147483648"),
        ({"guidelines": 7}, "study guidelines: got 7"),
        ({"methods": None}, strings.ERRORS["form"]),
        ({"methods": ["x"]}, strings.ERRORS["form"]),
        ({"methods": [{"strength": 1}]}, strings.ERRORS["form"]),
        ({"methods": [{}] * 7}, strings.ERRORS["form"]),
        ({"methods": [{"weights": {"clarity": 1}, "strength": 1}]}, "Got the objectives clarity"),
        ({"methods": [{"weights": MIX, "strength": None}]}, "Got None for strength"),
        ({"methods": [{"weights": {"empathy": -1}, "strength": 1}]}, "Got -1 for"),
        ({"methods": [{"weights": MIX, "strength": 1, "temperature": 3}]}, "Got 3 for temperature: expected a number"),
        ({"methods": [{"weights": MIX, "strength": 1, "temperature": None}]}, "Got None for temperature"),
        ({"methods": [{"weights": MIX, "strength": 1, "best_of": 17}]}, "Got 17 candidates to choose the best of"),
        ({"methods": [{"weights": MIX, "strength": 1, "best_of": None}]}, "Got None candidates to choose"),
        (
            {"methods": [{"weights": MIX, "strength": 1}] * 2},
            "study methods: got 'reflection 75%, empathy 25%' twice",
        ),
        ({"methods": []}, "study methods: got 1, expected 2 to 6"),
        ({"text": None}, "statements, line 1: got nothing"),
        ({"text": "statement\nI want to kill myself."}, "statements, line 2: got text that speaks of a crisis"),
        (
            {"text": "statement,reply:a\nI am tired.,You want to end your life."},
            "statements, line 2: got text that speaks of a",
        ),
        (
            {"text": "statement\nIch habe heute wieder den ganzen Tag im Bett gelegen und nichts getan."},
            "statements, line 2: got text that seems not to be English",
        ),
        (
            {"text": "statement\n" + "word " * 130},
            "statements, line 2: got a statement of 649 characters: expected at most 600",
        ),
        ({"text": "statement,reply:a\nI am tired.,"}, "statements, line 2: got an empty reflection"),
        ({"text": "x" * (MAX_BYTES + 1)}, "statements, the import: got"),
        ({"training": "x" * (training.MAX_BYTES + 1)}, "training items, the import: got"),
        ({"training": TRAINING, "design": "single"}, "training items, line 1: got the columns statement, first"),
        (
            {"training": TRAINING.replace("Just do it.", "You want to end your life.")},
            "training items, line 2: got text t",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_nothing_is_stored(
    ask: Any, store: RatingStore, change: dict[str, Any], message: str
) -> None:
    said = ask("make_study", **{**FORM, **change})
    assert said["error"].startswith(message) and "\n" not in said["error"]
    assert Studies(store).all() == ()


def test_faults_of_an_import_are_listed_by_line(ask: Any, key: str, store: RatingStore) -> None:
    text = "statement,reply:novice\nI want to die.,You do.\nFine.\n"
    for name, form in (("make_study", {**FORM, "text": text}), ("add_statements", {"study": key, "text": text})):
        said = ask(name, **form)
        assert said["error"].startswith("2 faults, the first in statements, line 2: got text that speaks of a crisis")
        assert [fault[:18] for fault in said["faults"]] == ["statements, line 2", "statements, line 3"]
    assert Studies(store).progress(key).lines == 2


def test_statements_are_added_with_the_same_columns(ask: Any, key: str) -> None:
    more = {"statement": "I sold the car.", "replies": {"novice": "It is sold."}}
    assert ask("add_statements", study=key, text=json.dumps(more))["lines"] == 3
    assert "got the replies none, expected novice" in ask("add_statements", study=key, text="statement\nOne.")["error"]


def test_without_models_only_written_texts_can_be_compared(store: RatingStore, gate: Gate) -> None:
    loading = StudyScreen(ModelLoader(lambda: pytest.fail("not asked for")), lambda: store, gate)
    loading._loader.start = lambda: None  # type: ignore[method-assign]
    session = {"session": gate.enter(SECRET)}
    assert loading.list_studies(session)["models"]["state"] == "loading"
    assert loading.make_study({**session, **FORM}) == {"error": strings.ERRORS["models"]}
    people = {**FORM, "methods": [], "text": "statement,reply:a,reply:b\nI am tired.,You are tired.,It is a lot.\n"}
    key = loading.make_study({**session, **people})["key"]
    assert loading.write_next({**session, "study": key})["items"] == 1
    mixed = {**FORM, "name": "Mixed"}
    ready = StudyScreen(ModelLoader.ready(ByWeights()), lambda: store, gate)
    key = ready.make_study({**session, **mixed})["key"]
    assert loading.write_next({**session, "study": key}) == {"error": strings.ERRORS["models"]}


# Texts


def test_texts_are_written_one_statement_at_a_time_with_all_it_takes_to_write_them_again(
    ask: Any, store: RatingStore, key: str
) -> None:
    first = ask("write_next", study=key)
    assert (first["written"], first["items"], first["problems"]) == (1, 3, [])
    second = ask("write_next", study=key)
    assert (second["written"], second["items"], second["same"]) == (2, 6, 0)
    assert ask("write_next", study=key) == second  # there is nothing left to write
    (code,) = codes(ask, key)
    rate = RateScreen(lambda: store)
    rate.start_study({"rater": code})
    items = [Item.from_dict(row) for row in _contents(store)]
    sides = {
        side.setting: side for item in items if item.statement == "I am so tired after work." for side in item.sides
    }
    assert sides["novice"].text == "You are tired." and sides["novice"].weights is None
    mixed = sides["reflection 75 %, empathy 25 %; strength 1.5"]
    assert mixed.text == "Weights (0.75, 0.25) said 25." and mixed.weights == {"reflection": 0.75, "empathy": 0.25}
    assert {"strength", "temperature", "seed", "model", "scores", "app_version", "written"} == set(mixed.details)
    pair = next(item for item in items if {side.setting for side in item.sides} == {mixed.setting, "novice"})
    (again,) = find_reflections(store, pair.key[:12])
    assert (again.statement, again.reflection, again.strength) == (pair.statement, mixed.text, 1.5)


def test_methods_may_sample_and_take_the_best_and_each_text_keeps_the_setting_that_wrote_it(
    ask: Any, store: RatingStore, reflector: ByWeights
) -> None:
    plain = {"weights": MIX, "strength": 1}
    methods = [plain, {**plain, "temperature": 0.5}, {**plain, "best_of": 3}]
    key = ask("make_study", **{**FORM, "methods": methods, "seed": 5, "text": "statement\nI am tired."})["key"]
    names = [f"reflection 75 %, empathy 25 %{more}" for more in ("", "; temperature 0.5", "; best of 3")]
    assert [one.name for one in Studies(store).find(key).methods] == names
    reflector.sampled = True
    assert ask("write_next", study=key)["items"] == 3
    items = [Item.from_dict(row) for row in _contents(store)]
    found = {side.setting: side for item in items for side in item.sides}
    kept = {name: [found[name].details.get(part) for part in ("temperature", "seed", "best_of")] for name in names}
    # The candidates of the last are greedy, then samples of the seeds 5 and 6, of which the latter scores highest.
    assert kept == dict(zip(names, ([0, 0, None], [0.5, 5, None], [TEMPERATURE, 6, 3]), strict=True))
    assert found[names[2]].text == "Seed 6 said more."
    pair = next(item for item in items if {side.setting for side in item.sides} == set(names[1:]))
    again = {(one.reflection, one.temperature, one.seed) for one in find_reflections(store, pair.key)}
    assert again == {("Seed 5.", 0.5, 5), ("Seed 6 said more.", TEMPERATURE, 6)}  # what `replay` is given


def _contents(store: RatingStore) -> list[dict[str, object]]:
    with store.transaction() as session:
        return list(session.scalars(select(ItemRow.content)))


@pytest.mark.parametrize("fault", [ReplyError("Got a reply that speaks of a crisis."), StatementError("Got too much.")])
def test_a_statement_that_cannot_be_written_is_set_aside(
    ask: Any, key: str, reflector: ByWeights, fault: Exception
) -> None:
    reflector.fault = fault
    shown = ask("write_next", study=key)
    assert shown["problems"] == [{"number": 1, "reason": str(fault)}]
    assert ask("write_next", study=key)["items"] == 3


def test_a_fault_that_passes_leaves_the_statement_to_be_written(ask: Any, key: str, reflector: ByWeights) -> None:
    reflector.fault = BusyError("Got too many.")
    assert ask("write_next", study=key) == {"error": "Got too many."}
    reflector.fault = RuntimeError("a secret detail")
    assert ask("write_next", study=key) == {"error": admin_strings.ERRORS["unexpected"]}
    assert ask("write_next", study=key)["written"] == 1


def test_the_texts_can_be_read_before_raters_do(ask: Any, key: str, reflector: ByWeights) -> None:
    reflector.fault = StatementError("Got too much.")
    assert ask("write_next", study=key)["written"] == 1
    tired, nobody = ask("show_texts", study=key)["statements"]
    assert tired == {"statement": "I am so tired after work.", "texts": [], "written": True}
    assert nobody == {"statement": "Nobody ever calls me back.", "texts": [], "written": False}
    ask("write_next", study=key)
    _, nobody = ask("show_texts", study=key)["statements"]
    assert [(one["method"], one["text"]) for one in nobody["texts"]] == [
        ("reflection 75 %, empathy 25 %; strength 1.5", "Weights (0.75, 0.25) said 26."),
        ("base model", "Weights (0.0, 0.0) said 26."),
        ("novice", "Nobody calls."),
    ]
    more = json.dumps({"statement": "Nobody ever calls me back.", "replies": {"novice": "They never call."}})
    ask("add_statements", study=key, text=more)
    assert [one["written"] for one in ask("show_texts", study=key)["statements"]] == [True, False]
    assert "a study that is not there" in ask("show_texts", study="x")["error"]


# Raters


@pytest.mark.parametrize("labels", [None, "x", [1], [["x"]]])
def test_labels_are_a_list_of_text(ask: Any, key: str, labels: object) -> None:
    assert ask("invite_raters", study=key, labels=labels) == {"error": strings.ERRORS["form"]}


@pytest.mark.parametrize("number", [None, "1", True, 1.0])
def test_a_rater_is_named_by_number(ask: Any, key: str, number: object) -> None:
    assert ask("revoke_rater", study=key, number=number) == {"error": strings.ERRORS["form"]}
    assert "Got rater 5 of a study" in ask("revoke_rater", study=key, number=5)["error"]


@pytest.mark.parametrize("study", [None, 7, ["x"], "x"])
def test_a_study_is_named_by_its_key(ask: Any, study: object) -> None:
    for name in ("show_study", "add_statements", "write_next", "revoke_rater", "delete_study"):
        said = ask(name, study=study, number=1, text="statement\nOne.", confirm="DELETE")
        assert list(said) == ["error"] and "\n" not in said["error"], name


def test_a_rater_goes_through_a_study_by_the_link_alone(ask: Any, store: RatingStore, written: str) -> None:
    rate = RateScreen(lambda: store)
    (code,) = codes(ask, written, ["Ada"])
    form = {"rater": code}
    notice = {"phase": "study", "name": "A study", "design": "pairs", "guidelines": "Read both.", "training": 0}
    assert rate.open_study(form) == {**notice, "agreed": False}
    assert rate.next_item(form) == {"phase": "consent"}  # nothing before the notice
    shown = rate.start_study(form)
    assert (shown["phase"], shown["rater"], shown["total"]) == ("item", code, 4)
    assert rate.open_study(form) == {**notice, "agreed": True}
    rater = Studies(store).enter(code)[1]
    for place in range(4):
        assert rater not in json.dumps(shown) and "novice" not in json.dumps(shown)
        given = {**form, "assignment": shown["assignment"], "token": shown["token"], "answers": {"choice": "left"}}
        assert rate.save_draft({**given, "answers": {"comment": "half"}}) == {"phase": "draft"}
        assert rate.submit_answer(given)["done"] == place + 1
        shown = rate.next_item(form)
    assert (shown["phase"], shown["rater"], shown["undo"]) == ("done", code, True)
    assert rate.undo_answer(form)["draft"]["choice"] == "left"
    seen = ask("show_study", study=written)
    assert (seen["answers"], seen["raters"][0]["done"], seen["raters"][0]["given"]) == (3, 3, 4)


def test_a_studys_rater_is_never_told_what_wrote_a_text(ask: Any, store: RatingStore, written: str) -> None:
    rate = RateScreen(lambda: store)
    (code,) = codes(ask, written)
    shown = rate.start_study({"rater": code})
    given = {"rater": code, "assignment": shown["assignment"], "token": shown["token"], "answers": {"choice": "tie"}}
    rate.submit_answer(given)
    assert rate.reveal_settings(given) == {"phase": "error", "message": rate_strings.ERRORS["blind"]}
    assert Studies(store).judgements(written)[0].blind


@pytest.mark.parametrize("given", ["left", "right", "unsure", None])
def test_a_training_item_comes_first_and_is_explained_once_it_is_answered(
    ask: Any, store: RatingStore, given: str | None
) -> None:
    key = ask("make_study", **FORM, training=TRAINING)["key"]
    ask("write_next", study=key)
    assert ask("show_study", study=key)["training"] == 1
    rate = RateScreen(lambda: store)
    (code,) = codes(ask, key)
    assert rate.open_study({"rater": code})["training"] == 1
    shown = rate.start_study({"rater": code})
    assert shown["training"] and "advice" not in json.dumps(shown)
    form = {"rater": code, "assignment": shown["assignment"], "token": shown["token"]}
    stored = rate.submit_answer({**form, "answers": {"choice": given} if given else {"skip": "other"}})
    right = "left" if shown["texts"][0] == "It stays on your mind." else "right"
    assert stored["lesson"] == {"expected": {"choice": right}, "why": "The second gives advice."}
    for _ in range(2):  # a reload before the rater goes on neither loses the expected answer nor asks again
        again = rate.resume_study({"rater": code})
        assert (again["phase"], again["stored"], again["item"]["texts"]) == ("lesson", stored, shown["texts"])
        assert again["item"]["draft"] == ({"choice": given} if given else {})
    rate.next_item(form)
    shown = rate.undo_answer(form)  # the rater answers it once more, and reloads
    stored = rate.submit_answer({**form, "token": shown["token"], "answers": {"choice": right}})
    again = rate.resume_study({"rater": code})
    assert (again["phase"], again["stored"], again["item"]["draft"]) == ("lesson", stored, {"choice": right})
    shown = rate.next_item(form)
    assert rate.resume_study({"rater": code}) == shown
    assert not shown["training"] and (shown["done"], shown["total"]) == (1, 4)
    form |= {"assignment": shown["assignment"], "token": shown["token"]}
    assert rate.submit_answer({**form, "answers": {"choice": "tie"}})["lesson"] is None
    (rater,) = ask("show_study", study=key)["raters"]
    assert (rater["done"], rater["given"], rater["trained"]) == (1, 3, 1)
    assert ask("export_study", study=key, what="answers")["rows"] == 1
    asked = ask("export_study", study=key, what="answers", training=True)
    rows = list(csv.DictReader(io.StringIO(asked["text"].removeprefix("\ufeff"))))
    assert asked["rows"] == 2 and [row["training"] for row in rows] == ["True", "False"]


ACTS = (
    "open_study",
    "start_study",
    "resume_study",
    "next_item",
    "save_draft",
    "submit_answer",
    "undo_answer",
    "reveal_settings",
)


@pytest.mark.parametrize("act", ACTS)
def test_a_closed_link_a_made_up_one_and_the_id_of_exports_open_nothing(
    ask: Any, store: RatingStore, written: str, act: str
) -> None:
    rate = RateScreen(lambda: store)
    (code,) = codes(ask, written)
    shown = rate.start_study({"rater": code})
    rater = Studies(store).enter(code)[1]
    ask("revoke_rater", study=written, number=1)
    form = {"assignment": shown["assignment"], "token": shown["token"], "answers": {"choice": "left"}}
    for who, message in (
        (code, "link that was closed"),
        ("aaaaa-aaaaa-aaaaa-aaaaa", "link that opens no study"),
        (rater, "link"),
    ):
        said = getattr(rate, act)({**form, "rater": who})
        assert said["phase"] == "error" and message in said["message"], who
    assert Studies(store).judgements(written) == ()
    assert RatingQueue(store, ()).progress(rater) == (0, 4)  # and no shared items


@pytest.mark.parametrize("act", ["open_study", "start_study"])
@pytest.mark.parametrize("form", [None, "x", {}, {"rater": 7}])
def test_a_strange_form_of_a_rater_is_one_line(store: RatingStore, act: str, form: object) -> None:
    said = getattr(RateScreen(lambda: store), act)(form)
    assert said["phase"] == "error" and "please reload the page" in said["message"]


# Export


def test_a_study_is_exported_with_a_codebook_of_every_column(ask: Any, store: RatingStore, written: str) -> None:
    rate = RateScreen(lambda: store)
    (code,) = codes(ask, written)
    shown = rate.start_study({"rater": code})
    for choice in ("left", "right", "unsure", "both_bad"):
        answers = {"choice": choice, "comment": "=a remark", "flags": ["left:parroting"], "marks": ["left:0-3"]}
        given = {"rater": code, "assignment": shown["assignment"], "token": shown["token"], "answers": answers}
        rate.submit_answer(given)
        last, shown = shown, rate.next_item(given)
    file = ask("export_study", study=written, what="answers", comments=True)
    assert (file["name"], file["type"], file["rows"]) == ("study-answers.csv", "text/csv", 4)
    assert file["text"].encode("utf-8").startswith(b"\xef\xbb\xbfkind,id,")
    rows = list(csv.DictReader(io.StringIO(file["text"].removeprefix("\ufeff"))))
    assert [row["comment"] for row in rows] == ["'=a remark"] * 4 and last["statement"] in rows[3]["statement"]
    assert [(row["choice"] == "", row["unsure"]) for row in rows][2:] == [(True, '["choice"]'), (False, "[]")]
    assert {row["marks"] for row in rows} <= {'["first:0-3"]', '["second:0-3"]'}
    assert "a remark" not in ask("export_study", study=written, what="answers")["text"]
    book = ask("export_study", study=written, what="codebook")
    entries = list(csv.DictReader(io.StringIO(book["text"].removeprefix("\ufeff"))))
    assert [entry["column"] for entry in entries] == list(rows[0]) and all(entry["meaning"] for entry in entries)
    chosen = ask("export_study", study=written, what="preferences")
    found = [json.loads(line) for line in chosen["text"].splitlines()]
    assert chosen["rows"] == len(found) == 2  # "not sure" and "both bad" are none
    for row, pair in zip(rows, found, strict=False):
        sides = (row["first_text"], row["second_text"])
        better, worse = sides if row["choice"] == "first" else sides[::-1]
        assert pair == {"prompt": row["statement"], "chosen": better, "rejected": worse}


def test_answers_as_xlsx_and_parquet_are_those_of_the_csv(
    ask: Any, store: RatingStore, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openpyxl
    from pyarrow import parquet

    rate = RateScreen(lambda: store)
    (code,) = codes(ask, written)
    shown = rate.start_study({"rater": code})
    form = {"rater": code, "assignment": shown["assignment"], "token": shown["token"]}
    rate.submit_answer({**form, "answers": {"choice": "tie", "comment": "=1+1\x07"}})
    plain = ask("export_study", study=written, what="answers", comments=True)
    columns = plain["text"].removeprefix("\ufeff").partition("\r\n")[0].split(",")
    for what, ending in (("answers_xlsx", "xlsx"), ("answers_parquet", "parquet")):
        file = ask("export_study", study=written, what=what, comments=True)
        assert (file["name"], file["rows"], file["base64"]) == (f"study-answers.{ending}", 1, True)
        content = io.BytesIO(b64decode(file["text"]))
        if ending == "xlsx":
            answers, meanings = (list(sheet.values) for sheet in openpyxl.load_workbook(content).worksheets)
            assert list(answers[0]) == columns == [entry[0] for entry in meanings[1:]]
            row = dict(zip(columns, answers[1], strict=True))
            assert (row["comment"], row["place"], row["blind"]) == ("'=1+1\ufffd", 0, True)
        else:
            table = parquet.read_table(content)
            assert table.column_names == columns and table.schema.field("unsure").metadata[b"meaning"]
            (row,) = table.to_pylist()
            assert (row["comment"], row["place"], row["blind"], row["empathy"]) == ("=1+1\x07", 0, True, None)
        monkeypatch.setitem(sys.modules, {"xlsx": "openpyxl", "parquet": "pyarrow"}[ending], None)
        said = ask("export_study", study=written, what=what)
        assert said["error"].endswith(
            "expected the extra “export”; install it with pip install 'emorl[export]', or take CSV."
        )
        monkeypatch.undo()


@pytest.mark.parametrize("what", [None, "all", ["answers"]])
def test_other_exports_are_refused(ask: Any, key: str, what: object) -> None:
    assert ask("export_study", study=key, what=what) == {"error": strings.ERRORS["export"]}


# Deletion


def test_a_study_is_deleted_where_the_word_is_typed(ask: Any, store: RatingStore, written: str) -> None:
    rate = RateScreen(lambda: store)
    (code,) = codes(ask, written)
    shown = rate.start_study({"rater": code})
    rate.submit_answer(
        {"rater": code, "assignment": shown["assignment"], "token": shown["token"], "answers": {"choice": "tie"}}
    )
    for word in (None, "delete", 7):
        got = repr(str(word or ""))
        assert ask("delete_study", study=written, confirm=word) == {"error": strings.ERRORS["delete"].format(got=got)}
    assert ask("delete_study", study=written, confirm="DELETE") == {"answers": 1}
    assert ask("list_studies")["studies"] == [] and _contents(store) == []
    assert "opens no study" in rate.open_study({"rater": code})["message"]
