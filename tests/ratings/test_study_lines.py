"""Imports for a study: CSV and JSON lines, faults by line, limits; and the items that texts become."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from emorl.errors import RatingError, StatementError
from emorl.ratings.storage.item import Side
from emorl.ratings.storage.study import MAX_LINES, Method, Study, StudyLine, check_lines, check_study
from emorl.ratings.study.imports import MAX_FAULTS, ImportFault
from emorl.ratings.study.lines import MAX_BYTES, read_lines
from emorl.ratings.study.pairing import make_items

TIRED = StudyLine("I am tired, so tired.", {"novice": "You are.", "expert": "It never ends."})
WHOLE = 'statement,reply:novice,reply:expert\n"I am tired, so tired.",You are.,It never ends.\n'


def anything(_: StudyLine) -> None:
    """No statement is refused."""


def study(**changes: Any) -> Study:
    methods = (Method("A", {"empathy": 1.0}), Method("B", {"empathy": 0.0}), Method("novice"))
    return replace(Study("k" * 32, "A study", methods, "pairs", 3, ratings_per_item=2, items_per_rater=5), **changes)


def faults(text: str, **more: Any) -> tuple[str, ...]:
    with pytest.raises(ImportFault) as caught:
        read_lines(text, **{"check": anything, **more})
    assert "\n" not in str(caught.value)
    return caught.value.faults


# Reading


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        "\ufeff" + WHOLE,
        WHOLE.replace("\n", "\r\n"),
        WHOLE.replace("\n", "\r"),
        "\n\n" + WHOLE + "\n , ,\n",
        "statement;reply:novice;reply:expert\nI am tired, so tired.;You are.;It never ends.\n",
        "reply: expert\tstatement\treply:novice\nIt never ends.\t I am tired, so tired. \tYou are.",
        json.dumps({"statement": TIRED.statement, "replies": dict(TIRED.replies)}),
        "\ufeff \n" + json.dumps({"replies": dict(TIRED.replies), "statement": TIRED.statement}) + "\r\n\r\n",
    ],
)
def test_one_statement_in_every_form(text: str) -> None:
    assert read_lines(text, anything) == (TIRED,)


def test_statements_alone_and_cells_over_several_lines() -> None:
    text = 'statement\n"One,\ntwo."\nI\u2028am fine.\n'
    assert [line.statement for line in read_lines(text, anything)] == ["One,\ntwo.", "I\u2028am fine."]
    lines = '{"statement": "One."}\n{"statement": "T\\nwo.", "replies": {}}'
    assert read_lines(lines, anything) == (StudyLine("One."), StudyLine("T\nwo."))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "statements, line 1: got nothing, expected a statement"),
        ("statement\n\n", "statements, line 1: got nothing"),
        ("text\nI am tired.", "statements, line 1: got the columns text, expected statement, and reply:NAME"),
        ("statement,reply:\nOne.,Two.", "statements, line 1: got the columns statement, reply:, expected"),
        (
            "statement,reply:a,reply:a\nOne.,Two.,Three.",
            "statements, line 1: got the columns statement, reply:a, reply:a",
        ),
        ("statement,statement\nOne.,Two.", "statements, line 1: got the columns statement, statement"),
        ('statement\n"One.', "statements, line 2: got unexpected end of data, expected CSV; close the quotes"),
        ("statement,reply:a\nOne.\n", "statements, line 2: got 1 cell, expected 2 as in the first line"),
        ('statement\n"One,\ntwo."\nOne.,two.', "statements, line 4: got 2 cells, expected 1"),
        ("statement\nOne.\nOne. ", "statements, line 3: got what line 2 has, expected each statement once"),
        ('{"statement": "One."', "statements, line 1: got what is no JSON"),
        ('{"statement": "One."}\n[1]', "statements, line 2: got other JSON, expected"),
        ('{"statement": 1}', "statements, line 1: got other JSON"),
        ('{"statement": "One.", "reply": "x"}', "statements, line 1: got other JSON"),
        ('{"statement": "One.", "replies": {"a": 1}}', "statements, line 1: got other JSON"),
        ('{"statement": "One.", "replies": {" ": "x"}}', "statements, line 1: got other JSON"),
        ("{" * 40_000, "statements, line 1: got what is no JSON"),
        (
            '{"statement": "One.", "replies": {"a": "x"}}\n{"statement": "Two."}',
            "statements, line 2: got the replies none, expected a; name them alike",
        ),
        ("x" * (MAX_BYTES + 1), f"statements, the import: got {MAX_BYTES + 1} bytes, expected at most {MAX_BYTES}"),
    ],
)
def test_a_fault_names_its_line(text: str, expected: str) -> None:
    (fault,) = faults(text)
    assert fault.startswith(expected)


def test_all_faults_are_listed_and_nothing_is_read() -> None:
    def check(line: StudyLine) -> None:
        if len(line.statement) > 5:
            raise StatementError.of("a statement of 6 characters", "at most 5", "shorten it")

    found = faults("statement\nGood.\nToo long.\nA,b\nGood.\nFine.", check=check)
    assert found == (
        "statements, line 3: got a statement of 6 characters: expected at most 5; shorten it.",
        "statements, line 4: got 2 cells, expected 1 as in the first line; give each line as many, with quotes "
        "around a text with commas",
        "statements, line 5: got what line 2 has, expected each statement once; take it out",
    )
    many = faults("statement\n" + "a,b\n" * (MAX_FAULTS + 7))
    assert len(many) == MAX_FAULTS + 1 and many[-1] == "and 7 more"


def test_the_replies_of_a_study_are_expected_again() -> None:
    assert read_lines(WHOLE, anything, ("expert", "novice")) == (TIRED,)
    assert (
        faults(WHOLE, names=())[0]
        == "statements, line 2: got the replies novice, expert, expected none; name them alike"
    )


def test_there_may_be_so_many() -> None:
    text = "statement\n" + "".join(f"{n}\n" for n in range(MAX_LINES + 1))
    assert faults(text) == (
        f"statements, the import: got {MAX_LINES + 1} statements, expected at most {MAX_LINES}; make a second study",
    )


# What a study allows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": " "}, "study name: got ' '"),
        ({"design": "triples"}, "study design: got 'triples', expected one of pairs, single"),
        ({"ratings_per_item": 0}, "study ratings_per_item: got 0"),
        ({"items_per_rater": None}, "study items_per_rater: got None"),
        ({"items_per_rater": 1001}, "study items_per_rater: got 1001, expected at most 1000"),
        ({"seed": -1}, "study seed"),
        ({"guidelines": "x" * 4001}, "study guidelines: got 4001 characters"),
        ({"methods": (Method("A"),)}, "study methods: got 1, expected 2 to 6"),
        ({"design": "single", "methods": ()}, "study methods: got 0, expected 1 to 6"),
        ({"methods": (Method("A"), Method("A"))}, "study methods: got 'A' twice"),
        ({"methods": (Method("A"), Method("B", {"empathy": 0.5}))}, "method weights"),
        ({"methods": (Method("A"), Method("B", {"empathy": 1.0}, -1.0))}, "method strength"),
        ({"methods": (Method("A"), Method("B", {"empathy": 1.0}, temperature=-1.0))}, "method temperature: got -1.0"),
        ({"methods": (Method("A"), Method("B", {"empathy": 1.0}, best_of=0))}, "method best_of: got 0"),
    ],
)
def test_what_a_study_does_not_allow(change: dict[str, Any], message: str) -> None:
    check_study(study())
    with pytest.raises(RatingError) as caught:
        check_study(study(**change))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("lines", "there", "message"),
    [
        ((), 0, "study statements: got 0, expected 1 to 500"),
        ((StudyLine("One.", {"novice": "x"}),) * 2, 499, "study statements: got 501"),
        ((StudyLine("One."),), 0, "study replies: got none, expected novice"),
        ((StudyLine("One.", {"novice": " "}),), 0, "study reply: got ' '"),
        ((StudyLine("", {"novice": "x"}),), 0, "study statement: got ''"),
    ],
)
def test_statements_that_do_not_fit(lines: tuple[StudyLine, ...], there: int, message: str) -> None:
    check_lines(study(), (StudyLine("One.", {"novice": "x"}),))
    with pytest.raises(RatingError) as caught:
        check_lines(study(), lines, there)
    assert str(caught.value).startswith(message)


def test_a_study_survives_json() -> None:
    assert Study.from_dict(json.loads(json.dumps(study().as_dict()))) == study()
    with pytest.raises(RatingError, match="Study: got one that is not whole"):
        Study.from_dict({"name": "A study"})


# Items


def texts(**changes: str) -> dict[str, Side]:
    words = {"A": "Text A.", "B": "Text B.", "novice": "Text N.", **changes}
    return {name: Side(text, name) for name, text in words.items()}


def test_every_two_methods_meet_once_and_no_method_is_always_first() -> None:
    firsts: Counter[str] = Counter()
    for place in range(200):
        items = make_items(study(), place, "I am tired.", texts())
        assert items == make_items(study(), place, "I am tired.", texts())
        met = {frozenset(side.setting for side in item.sides) for item in items}
        assert met == {frozenset(pair) for pair in combinations("A B novice".split(), 2)} and len(items) == 3
        firsts.update(item.first.setting for item in items)
        assert {item.source for item in items} == {"study"}
    assert all(150 < count < 250 for count in firsts.values())  # 600 items; even would be 200 each


def test_the_same_words_are_no_pair_but_two_texts() -> None:
    same = texts(B="Text A.")
    pairs = make_items(study(), 0, "I am tired.", same)
    assert {frozenset(side.setting for side in item.sides) for item in pairs} == {
        frozenset({"A", "novice"}),
        frozenset({"B", "novice"}),
    }
    single = make_items(study(design="single"), 0, "I am tired.", same)
    assert [(item.first.setting, item.second) for item in single] == [("A", None), ("B", None), ("novice", None)]
    assert len({item.key for item in single}) == 3
