"""The best of several on the Reflect screen, without a browser: what is shown, kept, stored, sent, mapped, explained.

What was asked for and what wrote the chosen text are two things: each test says which of them it is about.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from emorl.ensemble import Setting
from emorl.ratings import RatingQueue, RatingStore
from emorl.reflecting.best_of import TEMPERATURE
from emorl.reflecting.contract import MAX_CANDIDATES
from emorl.ui import ModelLoader, build_demo
from emorl.ui.atlas.growing import atlas_payloads
from emorl.ui.atlas.payload import NoAtlas
from emorl.ui.bundle import FOLDER
from emorl.ui.compare.screen import CompareScreen
from emorl.ui.reflect.screen import CLOSED, ReflectScreen
from emorl.ui.sending.form import Sender
from emorl.ui.sending.item import setting_name
from emorl.ui.why.screen import WhyScreen
from emorl.ui.writing import asked
from emorl.ui.writing.asked import Asked, read_asked
from emorl.ui.writing.scores import faithfulness_payload
from tests.ui.mapped import MappedReflector
from tests.ui.scripted import BASE_REPLY, REPLY, SAMPLES, SCORES, ScriptedReflector

STATEMENT, CRISIS, RATER = "I am tired.", "I want to kill myself.", "a" * 32
MIX = {"weights": {"reflection": 0.6, "empathy": 0.4}, "strength": 1.0, "temperature": 0.0, "seed": 0}
EIGHT = {**MIX, "best_of": 8}
ANSWERS = {"depth": "simple", "empathy": "1", "fluency": "2", "would_say": "yes", "comment": "", "consent": False}
DEFAULT = asked.DEFAULT_BEST_OF  # the app's own, which a fixture replaces
OWN = Setting((0.6, 0.4), 1.0, TEMPERATURE, 0)  # what writes SAMPLES[0]
ASKED = Asked(Setting((0.6, 0.4)), 8)


@pytest.fixture
def reflector() -> ScriptedReflector:
    return ScriptedReflector(samples=SAMPLES, faithfulness=0.4)


@pytest.fixture
def screen(reflector: ScriptedReflector, store: RatingStore) -> ReflectScreen:
    return ReflectScreen(ModelLoader.ready(reflector), lambda: store)


def written(screen: ReflectScreen, mix: Any = EIGHT, statement: str = STATEMENT) -> dict[str, Any]:
    return list(screen.write(statement, mix))[-1][0]


def event(data: Any) -> gr.EventData:
    return gr.EventData(None, data)


def test_the_first_is_drafted_and_the_best_is_shown_with_all_that_it_was_chosen_from(screen: ReflectScreen) -> None:
    *drafts, (result, rating) = screen.write(STATEMENT, EIGHT)
    assert drafts[0][0] == {"phase": "writing", "text": "", "best_of": 8, "finished": 0}
    assert drafts[-1][0] == {"phase": "writing", "text": REPLY, "best_of": 8, "finished": 8}
    assert (result["text"], result["base"]) == (SAMPLES[0].text, BASE_REPLY)
    assert {name: result["details"][name] for name in ("temperature", "seed")} == {
        "temperature": TEMPERATURE,
        "seed": 0,
    }
    assert result["faithfulness"] == {"score": 0.9, "reading": "probably"}
    base = {
        "chips": [{"kind": "first person", "words": ""}],
        "faithfulness": {"score": 0.4, "reading": "unsure"},
        "would_say": None,
    }
    assert (result["would_say"], result["base_checks"]) == (None, base)
    assert rating == {"phase": "open", "id": result["id"]}
    choice = result["choice"]
    assert (choice["written"], choice["shares"]) == (8, MIX["weights"])
    found = choice["candidates"]
    assert [one["text"] for one in found] == [SAMPLES[0].text, REPLY, SAMPLES[1].text, SAMPLES[3].text]
    assert [one["total"] for one in found] == [0.648, 0.304, 0.09, 0.042]  # worked out beside the script
    assert [one["faithfulness"]["reading"] for one in found] == ["probably", "unsure", "probably_not", "unsure"]
    assert [(one["made"], one["temperature"], one["seed"]) for one in found] == [
        ("sampled", TEMPERATURE, 0),
        ("greedy", 0.0, 0),
        ("sampled", TEMPERATURE, 1),
        ("sampled", TEMPERATURE, 3),
    ]
    assert found[0]["scores"][1] == {"name": "empathy", "label": "Empathy", "score": 0.9, "base": None}
    assert [chip["kind"] for chip in found[3]["chips"]] == ["question"]  # each text is checked by itself
    assert found[0]["chips"] == result["chips"] == []


def test_without_a_scorer_of_faithfulness_scores_decide_and_nothing_is_said_of_it(store: RatingStore) -> None:
    result = written(ReflectScreen(ModelLoader.ready(ScriptedReflector(samples=SAMPLES)), lambda: store))
    found = result["choice"]["candidates"]
    assert result["text"] == SAMPLES[1].text and [one["total"] for one in found] == [0.9, 0.76, 0.72, 0.14]
    assert result["faithfulness"] is None and {one["faithfulness"] for one in found} == {None}


def test_one_is_written_alone(screen: ReflectScreen) -> None:
    for mix in ({**MIX, "best_of": 1}, MIX):
        result = written(screen, mix)
        assert (result["text"], result["choice"], result["faithfulness"]["score"]) == (REPLY, None, 0.4)


@pytest.mark.parametrize(
    ("score", "reading"),
    [
        (1.0, "probably"),
        (0.75, "probably"),
        (0.749, "unsure"),
        (0.3, "unsure"),
        (0.299, "probably_not"),
        (0, "probably_not"),
    ],
)
def test_readings_of_faithfulness(score: float, reading: str) -> None:
    found = faithfulness_payload(score)
    assert found is not None and (found.score, found.reading) == (score, reading)
    assert faithfulness_payload(None) is None


def test_how_many_are_written_unless_somebody_chooses_is_one_constant(
    screen: ReflectScreen, reflector: ScriptedReflector, store: RatingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DEFAULT in asked.CHOICES
    monkeypatch.setattr(asked, "DEFAULT_BEST_OF", 8)
    assert read_asked(None, reflector) == read_asked({}, reflector) == Asked(Setting((0.6, 0.4)), 8)
    assert read_asked(MIX, reflector).best_of == 1  # of a page without the choice, which has promised one
    assert written(screen, None)["choice"]["written"] == 8
    blocks: list[Any] = list(build_demo(reflector, store).blocks.values())
    settings = [block.props["settings"] for block in blocks if is_mixer(block)]
    assert [one.get("best_of") for one in settings] == [8, None, None, None, None]  # Compare writes one with each
    assert settings[0]["choices"] == (1, 8)


def is_mixer(block: Any) -> bool:
    return (getattr(block, "js_on_load", None) or "").startswith("emorl.widgets.mixer(")


@pytest.mark.parametrize("count", [0, 17, -1, 2.5, "8", True, None, [8]])
def test_a_bad_number_is_one_line_and_nothing_is_written(
    screen: ReflectScreen, reflector: ScriptedReflector, count: Any
) -> None:
    found = written(screen, {**MIX, "best_of": count})
    assert found["phase"] == "error" and "candidates to choose the best of" in found["message"]
    assert "\n" not in found["message"] and reflector.started == 0


def test_closing_the_handler_closes_all_of_them(screen: ReflectScreen, reflector: ScriptedReflector) -> None:
    steps = screen.write(STATEMENT, EIGHT)
    next(steps), next(steps)
    steps.close()
    assert (reflector.closed_early, len(screen.cache)) == (1, 0)


def test_a_crisis_phrase_stops_it_and_nothing_of_a_confirmed_exercise_is_held(
    screen: ReflectScreen, reflector: ScriptedReflector, store: RatingStore
) -> None:
    (step,) = screen.write(CRISIS, EIGHT)
    assert (step[0]["phase"], step[1], reflector.started) == ("crisis", CLOSED, 0)
    *_, (result, rating) = screen.write_confirmed(CRISIS, EIGHT, event({"confirmed": True, "statement": CRISIS}))
    assert len(result["choice"]["candidates"]) == 4 and result["confirmed"]
    assert (result["id"], rating, len(screen.cache)) == ("", CLOSED, 0)
    answer, _ = screen.rate(RATER, event({**ANSWERS, "id": result["id"]}))
    assert answer["phase"] == "error" and store.count() == 0


def test_what_was_asked_for_is_held_beside_what_wrote_it(screen: ReflectScreen) -> None:
    result = written(screen)
    held = screen.cache.get(result["id"])
    assert held is not None and (held.asked, held.reflection.setting) == (ASKED, OWN)
    assert screen.keep_edit({"id": result["id"], "text": "You are worn out."}) == ""
    kept = screen.cache.get(result["id"])
    assert kept is not None and (kept.asked, kept.edited) == (ASKED, "You are worn out.")
    single = screen.cache.get(written(screen, MIX)["id"])
    assert single is not None and single.asked == Asked(single.reflection.setting)


def test_a_rating_stores_what_wrote_the_text_and_that_it_was_chosen(
    screen: ReflectScreen, reflector: ScriptedReflector, store: RatingStore
) -> None:
    for mix in (EIGHT, MIX):
        screen.rate(RATER, event({**ANSWERS, "id": written(screen, mix)["id"]}))
    chosen, single = (row.given for row in store.all())
    assert (chosen.reflection, chosen.best_of) == (SAMPLES[0].text, 8)
    assert chosen.scores == {"faithfulness": 0.9, **SAMPLES[0].scores}
    assert (single.reflection, single.best_of, single.scores) == (REPLY, None, {"faithfulness": 0.4, **SCORES})
    for stored in (chosen, single):  # the stored setting writes the stored text
        again = reflector.written(STATEMENT, stored.weights, stored.strength, stored.temperature, stored.seed)
        assert again.reflection == stored.reflection


def test_every_seed_that_the_page_can_ask_for_can_be_stored() -> None:
    source = (FOLDER / "writing" / "link.js").read_text(encoding="utf-8")
    (most,) = re.findall(r"^  seed: (\d+),", source, re.M)
    assert int(most) + MAX_CANDIDATES < 2**31


def test_a_rating_of_the_largest_seed_is_stored(screen: ReflectScreen, store: RatingStore) -> None:
    result = written(screen, {**EIGHT, "seed": 2147483000 - 1})
    answer, _ = screen.rate(RATER, event({**ANSWERS, "id": result["id"]}))
    assert answer["phase"] == "saved" and store.all()[0].given.seed >= 2147483000


def test_the_blind_rating_compares_ways_of_writing(
    screen: ReflectScreen, store: RatingStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "items.jsonl").write_text("", encoding="utf-8")
    monkeypatch.setenv("EMORL_RATING_ITEMS", str(tmp_path / "items.jsonl"))
    sender = Sender(screen.loader, screen.cache, lambda: store)
    answer, _ = sender.send(RATER, event({"texts": [written(screen)["id"]], "consent": True}))
    assert answer["phase"] == "sent"
    queue = RatingQueue(store, [])
    queue.consent(RATER)
    task = queue.next(RATER)
    assert task is not None
    side = task.item.first
    assert (side.text, side.setting) == (SAMPLES[0].text, "reflection 60 %, empathy 40 %; best of 8")
    assert {name: side.details[name] for name in ("temperature", "seed", "best_of")} == {
        "temperature": TEMPERATURE,
        "seed": 0,
        "best_of": 8,
    }
    assert side.details["scores"] == {"faithfulness": 0.9, **SAMPLES[0].scores}
    assert setting_name({"empathy": 1.0}, 1.0, 0.5, 8) == "empathy 100 %; temperature 0.5; best of 8"


def mapped(best_of: int = 8, **changes: Any) -> tuple[ReflectScreen, MappedReflector, dict[str, Any]]:
    """A screen with four objectives, and the best of several that it wrote."""
    reflector = MappedReflector(4, seed=7)
    screen = ReflectScreen(ModelLoader.ready(reflector), lambda: None)
    weights = {"reflection": 0.5, "empathy": 0.5, "fluency": 0.1, "warmth": 0.9}
    return screen, reflector, written(screen, {**MIX, "weights": weights, "best_of": best_of, **changes})


def test_its_atlas_is_that_of_what_was_asked_for() -> None:
    screen, _, result = mapped(strength=0.9)
    assert result["details"]["temperature"] == TEMPERATURE  # a sample was chosen, and yet there is an atlas
    alone, _, single = mapped(1, strength=0.9)
    *_, of_best = screen.grow_atlas(gr.EventData(None, {"id": result["id"]}))
    *_, of_one = alone.grow_atlas(gr.EventData(None, {"id": single["id"]}))
    assert of_best["phase"] == "done" and of_best["objectives"] == ["reflection", "empathy", "fluency", "warmth"]
    assert {**of_best, "id": ""} == {**of_one, "id": ""}


@pytest.mark.parametrize("changes", [{"temperature": 0.7}, {"strength": 0.0}])
def test_where_sampling_or_no_mixing_was_asked_for_there_is_no_atlas(changes: dict[str, Any]) -> None:
    screen, reflector, result = mapped(**changes)
    assert list(atlas_payloads(screen.loader, screen.cache, result["id"])) == [NoAtlas(result["id"])]
    assert reflector.maps == 0


def test_its_words_are_explained_by_what_wrote_them(screen: ReflectScreen) -> None:
    result = written(screen)
    why = WhyScreen(screen.loader, screen.cache)
    found = why.explain(result["id"])
    assert (found["reflection"], found["temperature"], found["seed"]) == (SAMPLES[0].text, TEMPERATURE, 0)
    assert [word["text"] for word in found["words"] if word["kind"] == "word"] == SAMPLES[0].text.split()
    assert all(kept is None for word in found["words"] for kept in word["unchanged"].values())
    assert why.variants({"id": result["id"], "every": False})["phase"] == "done"
    assert STATEMENT not in json.dumps(found)


def test_compare_says_it_of_both(reflector: ScriptedReflector) -> None:
    sampled = {**MIX, "temperature": 0.7, "seed": 1, "best_of": 8}  # what the Reflect screen writes is not asked of it
    *_, done = CompareScreen(ModelLoader.ready(reflector)).write(STATEMENT, 2, MIX, sampled)
    assert [side["faithfulness"]["reading"] for side in done["sides"]] == ["unsure", "probably_not"]
    assert [side["choice"] for side in done["sides"]] == [None, None]
