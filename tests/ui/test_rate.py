"""The Rate screen's server side: what it takes from a page, what it tells, and that it never tells too early."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emorl.errors import RatingError
from emorl.ratings import Answer, Item, RatingQueue, RatingStore, Side, Task, load_items
from emorl.ratings.storage.form import SCALES
from emorl.ui.cache import ReflectionCache
from emorl.ui.rate import strings
from emorl.ui.rate.answers import item_payload, read_answer, read_draft
from emorl.ui.rate.screen import RateScreen
from emorl.ui.sending.item import item_from_reflections, setting_name
from tests.ui.scripted import REPLY, ScriptedReflector

RUBRIC = {"depth": "simple", "empathy": "1", "fluency": "2", "would_say": "yes"}
SIDES = Side("First words.", "SECRET-A"), Side("Second words.", "SECRET-B")
PAIR = Item("I am tired.", *SIDES, gold={"choice": "first"})


@pytest.fixture
def screen(store: RatingStore) -> RateScreen:
    return RateScreen(lambda: store)


def only(screen: RateScreen, store: RatingStore, *items: Item, flip: float = 0.9) -> str:
    """A screen whose queue holds just these items, the second side left where `flip` is below one half."""
    rng = random.Random(1)
    rng.random = lambda: flip  # type: ignore[method-assign]
    screen._queue = RatingQueue(store, items, rng)
    return screen.start("")[1]


def answer(shown: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answers = {"choice": "left"} if len(shown["texts"]) == 2 else RUBRIC
    return {**{name: shown[name] for name in ("rater", "assignment", "token")}, "answers": {**answers, **changes}}


# Phases


def test_an_unknown_page_gets_the_notice_and_then_an_id_of_its_own(screen: RateScreen, store: RatingStore) -> None:
    for stranger in ("", None, "f" * 32, 7):
        assert screen.resume(stranger) == {"phase": "consent"}
    assert store.count() == 0
    shown, who = screen.start("Jane Doe")
    assert len(who) == 32 and shown["phase"] == "item" and shown["rater"] == who
    assert (shown["done"], shown["total"], shown["undo"]) == (0, 26, False)
    assert screen.resume(who) == shown
    assert screen.start(who)[0] == shown  # agreeing twice changes nothing


def test_through_the_whole_queue_and_back(screen: RateScreen) -> None:
    shown, _ = screen.start("")
    kinds = set()
    for place in range(26):
        kinds.add(len(shown["texts"]))
        given = answer(shown)
        if place == 3:
            given["answers"] = {"skip": "faulty", "comment": "cut off"}
        done = screen.submit_answer(given)
        assert done == {
            "phase": "skipped" if place == 3 else "submitted",
            "token": shown["token"],
            "done": place + 1,
            "total": 26,
            "lesson": None,
        }
        last, shown = shown, screen.next_item(given)
    assert kinds == {1, 2}
    assert {name: shown[name] for name in ("phase", "done", "total", "undo")} == {
        "phase": "done",
        "done": 26,
        "total": 26,
        "undo": True,
    }
    again = screen.undo_answer({"rater": shown["rater"]})
    assert (again["phase"], again["assignment"], again["done"]) == ("item", last["assignment"], 25)
    assert again["draft"]  # the form as it was


# Blindness


def test_nothing_tells_what_wrote_it_before_the_answer(screen: RateScreen) -> None:
    shown, _ = screen.start("")
    settings = {side.setting for item in load_items() for side in (item.first, item.second) if side}
    told = []
    for _ in range(26):
        told.append(json.dumps(shown))
        assert set(shown) == {
            "phase",
            "rater",
            "assignment",
            "token",
            "statement",
            "texts",
            "draft",
            "done",
            "total",
            "undo",
            "training",
        }
        given = answer(shown)
        told += [json.dumps(screen.save_draft(given)), json.dumps(screen.submit_answer(given))]
        shown = screen.next_item(given)
    for word in (*settings, "gold", "repeat", "first", "second", "setting", "weights", "by hand"):
        assert not any(f'"{word}' in text or (" " in word and word in text) for text in told), word


def test_reveal_comes_after_the_answer_and_names_the_sides_as_shown(screen: RateScreen, store: RatingStore) -> None:
    for flip, wanted in ((0.9, ["SECRET-A", "SECRET-B"]), (0.1, ["SECRET-B", "SECRET-A"])):
        rater = only(screen, store, PAIR, flip=flip)
        shown = screen.resume(rater)
        words = ["First words.", "Second words."]
        assert shown["texts"] == (words if flip > 0.5 else words[::-1])
        early = screen.reveal_settings(answer(shown))
        assert early["phase"] == "error" and "please rate it first" in early["message"]
        assert "SECRET" not in json.dumps([shown, early])
        screen.submit_answer(answer(shown))
        assert screen.reveal_settings(answer(shown)) == {"phase": "revealed", "settings": wanted}
        assert screen.queue.judgements()[-1].answer.choice == ("first" if flip > 0.5 else "second")


def test_another_rater_cannot_reveal_or_answer(screen: RateScreen) -> None:
    shown, _ = screen.start("a" * 32)
    screen.start("b" * 32)
    screen.submit_answer(answer(shown))
    foreign = {**answer(shown), "rater": "b" * 32}
    assert screen.reveal_settings(foreign)["phase"] == "error"
    assert "not in your queue" in screen.submit_answer(foreign)["message"]
    assert "not in your queue" in screen.save_draft(foreign)["message"]


# What comes from a page


def test_left_and_right_become_sides_and_back() -> None:
    for flipped, side in ((False, "first"), (True, "second")):
        assert read_answer({"choice": "left"}, flipped).choice == side
        assert read_answer({"choice": "tie"}, flipped).choice == "tie"
        task = Task(1, "t", PAIR, flipped, {"choice": side, "empathy": 2, "comment": "x"}, 0, 1, False)
        assert item_payload(task, "r").draft == {"choice": "left", "empathy": "2", "comment": "x"}
        kept = Task(1, "t", PAIR, flipped, {"choice": "right"}, 0, 1, False)  # a draft that the page saved
        assert item_payload(kept, "r").draft == {"choice": "right"}


def test_answers_are_read_whole() -> None:
    found = read_answer({**RUBRIC, "flags": ["parroting", "parroting", "off_topic"], "comment": "  x "}, False)
    assert (found.depth, found.empathy, found.fluency, found.would_say) == ("simple", 1, 2, "yes")
    assert (found.flags, found.comment, found.skip) == (("parroting", "off_topic"), "x", None)
    assert read_answer({"skip": "other", "comment": " "}, False).comment is None


def test_not_sure_is_read_drafted_and_comes_back() -> None:
    shown = {**RUBRIC, "depth": "unsure", "fluency": "unsure"}
    found = read_answer(shown, True)
    assert (found.depth, found.empathy, found.fluency, found.unsure) == (None, 1, None, ("depth", "fluency"))
    assert read_answer({"choice": "unsure"}, True) == Answer(unsure=("choice",))
    assert read_draft(shown) == shown and read_draft({"unsure": ["depth"], "flags": ["unsure"]}) == {"flags": []}
    task = Task(1, "t", PAIR, True, {"unsure": ["choice"], "comment": "x"}, 0, 1, False)  # an answer taken back
    assert item_payload(task, "r").draft == {"choice": "unsure", "comment": "x"}
    kept = Task(1, "t", PAIR, True, {"choice": "unsure"}, 0, 1, False)  # a draft that the page saved
    assert item_payload(kept, "r").draft == {"choice": "unsure"}


@pytest.mark.parametrize(
    ("flipped", "stored"), [(False, ("first:0-5", "second:7-12")), (True, ("second:0-5", "first:7-12"))]
)
def test_marks_are_in_the_text_of_their_side(flipped: bool, stored: tuple[str, ...]) -> None:
    shown = {"choice": "tie", "marks": ["left:0-5", "right:7-12", "left:0-5"]}
    assert read_answer(shown, flipped).marks == stored
    assert read_draft({"marks": ["left:0-5", "up:0-5", "left:x", 7]})["marks"] == ["left:0-5"]
    task = Task(1, "t", PAIR, flipped, {"choice": "tie", "marks": list(stored)}, 0, 1, False)
    assert item_payload(task, "r").draft["marks"] == shown["marks"][:2]
    single = Item("I am tired.", SIDES[0])
    assert read_answer({**RUBRIC, "marks": ["text:0-5"]}, flipped).marks == ("first:0-5",)
    for kept in ("first:0-5", "text:0-5"):
        task = Task(1, "t", single, flipped, {"marks": [kept]}, 0, 1, False)
        assert item_payload(task, "r").draft == {"marks": ["text:0-5"]}


def test_every_level_has_an_anchor_and_both_ends_of_every_scale_an_example() -> None:
    examples: Any = strings.QUEUE["examples"]
    for scale in SCALES:
        levels = list(strings.QUEUE[f"{scale}_options"])
        anchors: Any = strings.QUEUE[f"{scale}_anchors"]
        assert list(anchors) == levels and all(0 < len(words.split()) <= 5 for words in anchors.values())
        assert list(examples[scale]) == [levels[0], levels[-1]]
    assert set(examples) == set(SCALES)


def test_a_choice_between_two_has_an_example_that_says_which_and_why() -> None:
    pair: Any = strings.QUEUE["pair_example"]
    assert list(pair) == ["left", "right"] and len(set(pair.values())) == 2
    why = str(strings.QUEUE["pair_why"])
    assert why.startswith("The right one is better. ")
    options: Any = strings.QUEUE["choice_options"]
    assert all(f"“{options[name]}”" in why for name in ("tie", "both_bad"))  # every other answer is explained too


@pytest.mark.parametrize(("flipped", "side"), [(False, "first"), (True, "second")])
def test_flags_of_a_pair_are_those_of_its_sides(flipped: bool, side: str) -> None:
    shown = {"choice": "tie", "flags": ["left:parroting", "right:off_topic"]}
    other = {"first": "second", "second": "first"}[side]
    stored = (f"{side}:parroting", f"{other}:off_topic")
    assert read_answer(shown, flipped).flags == stored
    assert set(read_draft(shown)["flags"]) == set(shown["flags"])
    task = Task(1, "t", PAIR, flipped, {"choice": "tie", "flags": list(stored)}, 0, 1, False)
    assert item_payload(task, "r").draft["flags"] == shown["flags"]
    with pytest.raises(RatingError):
        read_answer({"choice": "tie", "flags": ["up:parroting"]}, flipped)


@pytest.mark.parametrize(
    "answers",
    [
        None,
        [],
        "left",
        {"choice": "first"},
        {"choice": "up"},
        {"choice": ["left"]},
        {"empathy": 2},
        {"empathy": "3"},
        {"fluency": "1.0"},
        {"flags": "parroting"},
        {"marks": "text:0-5"},
        {"marks": ["first:0-5"]},
        {"marks": [7]},
        {"comment": 7},
    ],
)
def test_forms_that_cannot_be_read(answers: object) -> None:
    with pytest.raises(RatingError, match="reload the page"):
        read_answer(answers, False)


def test_a_draft_is_cut_down_to_what_a_form_can_hold() -> None:
    found = read_draft(
        {
            "choice": "left",
            "depth": "deep",
            "empathy": 2,
            "would_say": "edits",
            "evil": "x",
            "flags": ["parroting", "nonsense"] + ["off_topic"] * 50,
            "comment": "a\x00b\ud800" + "c" * 3000,
        }
    )
    assert (found["choice"], found["would_say"]) == ("left", "edits")
    assert set(found) == {"choice", "would_say", "flags", "comment"}
    assert set(found["flags"]) == {"parroting", "off_topic"} and len(found["flags"]) <= 16
    assert found["comment"].startswith("abc") and len(found["comment"]) <= 2000
    assert read_draft({}) == {}
    with pytest.raises(RatingError):
        read_draft("x")


@pytest.mark.parametrize("act", ["next_item", "save_draft", "submit_answer", "undo_answer", "reveal_settings"])
@pytest.mark.parametrize("form", [None, "x", {}, {"rater": 7}, {"rater": ""}])
def test_every_function_answers_a_strange_form_with_one_line(screen: RateScreen, act: str, form: object) -> None:
    said = getattr(screen, act)(form)
    assert said["phase"] == "error" and "please reload the page" in said["message"] and "\n" not in said["message"]


@pytest.mark.parametrize("number", [0, -1, 2**40, "1", True, None, 1.0])
def test_places_are_numbers(screen: RateScreen, number: object) -> None:
    shown, _ = screen.start("")
    said = screen.submit_answer({**answer(shown), "assignment": number})
    assert said == {"phase": "error", "message": strings.ERRORS["form"]}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "got no answer"),
        ({"choice": "left", "depth": "none"}, "expected none for this kind"),
        ({"choice": "left", "flags": ["rude"]}, "flags: got 'rude'"),
        ({"skip": "bored"}, "skip: got 'bored'"),
        ({"skip": "other", "choice": "left"}, "expected a reason"),
        ({"choice": "left", "comment": "x" * 2001}, "got 2001 characters"),
    ],
)
def test_answers_that_are_not_whole_are_refused_and_nothing_is_lost(
    screen: RateScreen, store: RatingStore, answers: dict[str, Any], message: str
) -> None:
    rater = only(screen, store, PAIR)
    shown = screen.resume(rater)
    said = screen.submit_answer({**answer(shown), "answers": answers})
    assert said["phase"] == "error" and message in said["message"]
    assert screen.resume(rater) == shown
    assert screen.submit_answer(answer(shown))["phase"] == "submitted"


def test_a_database_that_is_gone_is_one_line_and_any_other_fault_too(
    screen: RateScreen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse() -> RatingStore:
        raise RatingError("cannot create the folder; set EMORL_DATA")

    assert RateScreen(refuse).start("")[0] == {"phase": "error", "message": "cannot create the folder; set EMORL_DATA"}

    def fail(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(RatingQueue, "next", fail)
    assert screen.start("")[0] == {"phase": "error", "message": strings.ERRORS["unexpected"]}


# Items from the other screens


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (({"reflection": 0.6, "empathy": 0.4, "fluency": 0.0},), "reflection 60 %, empathy 40 %"),
        (({"reflection": 0.0},), "base model"),
        (({"reflection": 0.0}, 1.5, 0.0), "base model"),
        (({"empathy": 1.0}, 1.5, 0.7), "empathy 100 %; strength 1.5; temperature 0.7"),
        (({"empathy": 0.004, "fluency": 0.996},), "fluency 100 %"),
    ],
)
def test_settings_in_words(arguments: tuple[Any, ...], name: str) -> None:
    assert setting_name(*arguments) == name


def test_reflections_become_an_item_of_ones_own(screen: RateScreen) -> None:
    write: Callable[..., Any] = lambda weights: ScriptedReflector().written("I am tired.", weights)  # noqa: E731
    cache = ReflectionCache()
    ids = [cache.put(write(weights)) for weights in ({"reflection": 3.0, "empathy": 1.0}, {"reflection": 0.0})]
    one, two = map(cache.get, ids)
    assert one is not None and two is not None
    single, pair = item_from_reflections(one), item_from_reflections(one, two)
    assert (single.second, single.source) == (None, "reflect")
    assert single.first.weights == {"reflection": 0.75, "empathy": 0.25}
    assert (pair.source, pair.first.text, pair.second and pair.second.setting) == ("compare", REPLY, "base model")
    assert {"seed", "strength", "temperature", "model", "scores", "app_version", "written"} == set(pair.first.details)
    _, who = screen.start("")
    for item in (single, pair, pair):
        screen.queue.send(who, item)
    assert screen.resume(who)["total"] == 28
    assert Item.from_dict(json.loads(json.dumps(pair.as_dict()))).key == pair.key
