"""The Practise screen without a browser: cases without examples, feedback in words, crisis language, the sheet."""

from __future__ import annotations

import base64
import csv
import io
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from emorl.errors import BusyError
from emorl.practice import load_cases
from emorl.reflecting.appraise import Appraisal
from emorl.reflecting.reflection import ReplyScores
from emorl.safety import Chip
from emorl.ui import ModelLoader
from emorl.ui.practise.screen import PractiseScreen
from emorl.ui.practise.sheet import MAX_TRIES, as_pdf, printable, read_tries
from emorl.ui.practise.strings import PRACTISE, TOPICS
from emorl.ui.practise.words import lines_of
from tests.ui.scripted import SAMPLES, ScriptedReflector

OWN = "You feel tired, and nobody sees how much you do."
STATEMENT = "I do everything for my mother and nobody ever asks how I am doing."


@pytest.fixture
def screen() -> PractiseScreen:
    return PractiseScreen(ModelLoader.ready(ScriptedReflector(samples=SAMPLES, faithfulness=0.9)))


def read(screen: PractiseScreen, **form: Any) -> list[dict[str, Any]]:
    return list(screen.read(SimpleNamespace(_data={"ask": 3, "reply": OWN, **form})))  # type: ignore[arg-type]


def test_a_case_comes_without_its_examples_and_not_twice(screen: PractiseScreen) -> None:
    first = screen.case({"topic": "", "stage": "", "difficulty": "", "seen": []})["case"]
    assert set(first) == {"id", "topic", "stage", "difficulty", "statement"}
    second = screen.case({"seen": [first["id"]]})["case"]
    assert second["topic"] != first["topic"]
    hard = screen.case({"topic": "sleep", "difficulty": "3", "seen": []})["case"]
    assert (hard["topic"], hard["difficulty"]) == ("sleep", 3)


@pytest.mark.parametrize("asked", [None, 5, {"topic": "no such"}, {"topic": 3, "seen": 4, "difficulty": "9"}])
def test_whatever_a_page_asks_for_gets_a_case_or_none(screen: PractiseScreen, asked: object) -> None:
    assert (screen.case(asked)["case"] is None) == (asked == {"topic": "no such"})


def test_every_topic_has_a_name() -> None:
    assert set(TOPICS) == {case.topic for case in load_cases()}


def test_feedback_on_a_case_comes_with_its_examples(screen: PractiseScreen) -> None:
    case = load_cases()[0]
    [found] = read(screen, case=case.id, statement="something else", compare=True)
    assert found["phase"] == "read" and found["ask"] == 3 and not found["pending"]
    assert [(one["source"], one["reading"]["text"]) for one in found["candidates"]] == [
        ("simple", case.simple),
        ("complex", case.complex),
    ]
    assert found["reading"]["text"] == OWN
    assert [line["kind"] for line in found["reading"]["lines"]] == ["feeling", "copied", "checks"]
    assert "“tired”" in found["reading"]["lines"][0]["text"]
    assert [word["text"] for word in found["words"]] == OWN.split()
    assert found["words"][0]["push"] == {"reflection": 1.0, "empathy": 0.0}
    assert found["words"][3]["instead"]["empathy"] == {"text": "You're", "joined": True}
    assert [part["name"] for part in found["parts"]] == ["reflection", "empathy"]


def test_for_a_statement_of_ones_own_the_models_write_after_the_feedback(screen: PractiseScreen) -> None:
    first, second = read(screen, statement=STATEMENT, compare=True)
    assert first["pending"] and first["candidates"] == []
    assert not second["pending"] and second["reading"] == first["reading"]
    assert [one["source"] for one in second["candidates"]] == ["model", "model"]
    assert second["candidates"][0]["reading"]["text"] == SAMPLES[0].text
    [again] = read(screen, statement=STATEMENT, compare=False)
    assert not again["pending"] and again["candidates"] == []


def test_models_that_cannot_write_leave_the_feedback(screen: PractiseScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise BusyError("too many")

    monkeypatch.setattr(screen.loader.reflector(), "best_of", busy)
    first, second = read(screen, statement=STATEMENT, compare=True)
    assert second["candidates"] == [] and second["reading"] == first["reading"]


@pytest.mark.parametrize(
    "form",
    [
        {"statement": "I want to kill myself."},
        {"statement": STATEMENT, "reply": "You want to kill yourself."},
        {"statement": STATEMENT, "reply": "I want to kill myself."},
        {"statement": STATEMENT, "reply": "You want to kill yourself." + " and" * 300},
    ],
)
def test_crisis_language_in_either_text_gets_contacts(screen: PractiseScreen, form: dict[str, str]) -> None:
    [found] = read(screen, **form)
    assert found["phase"] == "crisis" and found["contacts"]
    about = f"{form['statement']}\n\n{form.get('reply', OWN)}"
    [other] = read(screen, **form, confirmed=True, about=about + " ")
    assert other["phase"] == "crisis"
    confirmed = read(screen, **form, confirmed=True, about=about)[-1]
    assert confirmed["phase"] == ("error" if len(about) > 600 else "read")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"statement": STATEMENT, "reply": " "}, "an empty reflection"),
        ({"statement": STATEMENT, "reply": "a " * 400}, "a reflection of 799 characters"),
        ({"statement": STATEMENT, "reply": "a" * 7000}, "a reflection of 7000 characters"),
        ({"statement": "Ich weiß nicht mehr, wie es mit der Arbeit weitergehen soll."}, "not to be English"),
        ({"statement": 5, "reply": 5}, "an empty reflection"),
    ],
)
def test_what_cannot_be_read_is_one_line(screen: PractiseScreen, form: dict[str, Any], said: str) -> None:
    [found] = read(screen, **form)
    assert found["phase"] == "error" and said in found["message"]


def said_of(**given: Any) -> dict[str, tuple[str, str]]:
    found = {"reply": "x", "scored": ReplyScores({}, None), "depth": None, "feelings": (), "copied": 0.0, "chips": ()}
    return {line.kind: (line.level, line.text) for line in lines_of(Appraisal(**{**found, **given}))}


def test_what_is_said_in_words() -> None:
    assert set(said_of()) == {"feeling", "copied", "checks"}
    assert said_of()["feeling"][0] == "note" and said_of()["checks"][0] == "good"
    scored = {"depth": "none", "scored": ReplyScores({"reflection": 0.0}, 0.0)}
    assert said_of(**scored) == said_of()  # the scorers do not know how people write
    assert said_of(feelings=("torn", "sad"))["feeling"] == ("good", "A feeling is named: “torn”, “sad”.")
    assert said_of(copied=0.5)["copied"] == (
        "look",
        "Mostly the client's words: 50% stand in a row of three or more that the client said.",
    )
    assert [said_of(copied=share)["copied"][0] for share in (0.1, 0.2, 0.49)] == ["good", "note", "note"]
    chips = (Chip("advice", "You should"), Chip("sympathy", "I'm so sorry"), Chip("first person", ""))
    assert said_of(chips=chips)["checks"] == (
        "look",
        "May be advice: “You should”. Sympathy that would fit any statement: “I'm so sorry”. "
        "Speaks of the speaker, not the client.",
    )


TRY = {
    "case": "sleep-1",
    "topic": "sleep",
    "stage": "contemplation",
    "difficulty": "1",
    "number": 1,
    "statement": "I lie awake… żółw 猫",
    "reflection": "=You lie awake",
    "said": {"feeling": "none named", "copied": "60% the client's", "checks": "nothing"},
}


def saved(screen: PractiseScreen, **asked: Any) -> bytes:
    return base64.b64decode(screen.sheet({"tries": [TRY], **asked})["data"])


def test_the_sheet_as_csv_opens_in_a_spreadsheet(screen: PractiseScreen) -> None:
    found = saved(screen, kind="csv")
    assert found.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(found.decode("utf-8-sig")))
    assert list(row)[:2] == ["case", "topic"]  # and no columns of the ratings' export
    assert row["statement"] == TRY["statement"] and row["topic"] == "Sleep" and row["try"] == "1"
    assert row["reflection"] == "'=You lie awake"  # no formula
    assert row["feeling"] == "none named" and "depth" not in row
    [bare] = csv.DictReader(io.StringIO(saved(screen, kind="csv", texts=False).decode("utf-8-sig")))
    assert "statement" not in bare and "reflection" not in bare


def test_the_sheet_as_pdf_has_what_was_said_and_leaves_texts_out_when_asked() -> None:
    tries = read_tries([TRY, {**TRY, "number": 2}] * 12)
    found = as_pdf(tries, True, date(2026, 11, 26))
    assert found.startswith(b"%PDF-") and found.rstrip().endswith(b"%%EOF")
    assert found.count(b"/Type /Page\n") >= 2
    assert len(as_pdf(tries[:1], False, date(2026, 11, 26))) < len(found)


def test_letters_that_the_typeface_lacks_are_replaced() -> None:
    assert printable("“Naïve” – it’s 5 € …") == "“Naïve” – it’s 5 € …"
    assert printable("żółw 猫\u200b") == "zó?w ??"


def test_a_sheet_of_nothing_is_refused_in_one_line(screen: PractiseScreen) -> None:
    nothing: tuple[object, ...] = (None, {}, {"tries": []}, {"tries": "x"}, {"tries": [3]})
    for asked in nothing:
        assert set(screen.sheet(asked)) == {"error"}


def test_a_page_that_sends_nonsense_gets_a_sheet_without_it() -> None:
    [one] = read_tries([{"topic": "made up", "number": -4, "said": 7, "statement": 3, "reflection": "a" * 900}])
    assert (one.topic, one.number, one.statement, len(one.reflection)) == ("", 1, "", 600)
    assert set(one.said.values()) == {""}
    assert len(read_tries([TRY] * 500)) == MAX_TRIES


def test_the_limits_are_said_where_the_checks_are() -> None:
    assert "often wrong" in PRACTISE["limits"] and "no measure of a counsellor" in PRACTISE["limits"]
