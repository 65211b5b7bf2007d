"""The detector on our own written cases: `development` shaped the list, `unseen` was written after it was frozen.

Most unseen cases are oblique on purpose (nobody says the word), so their recall is the sober number. When the list
is extended from misses, move them to `development` and write new unseen ones.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from emorl.errors import CareDataError
from emorl.safety import crisis_matches
from emorl.safety.crisis import DATA, find, normalise, one_slip, phrase_list

HERE = Path(__file__).parent


def cases(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (HERE / f"crisis_cases_{name}.jsonl").read_text("utf-8").splitlines()]


# Measured when this version of the list was written: development 192/201 and 6/134, unseen 12/25 and 1/16.
@pytest.mark.parametrize(
    ("name", "least_recall", "most_false_alarms"), [("development", 0.95, 0.05), ("unseen", 0.44, 0.13)]
)
def test_recall_and_false_alarms(
    name: str, least_recall: float, most_false_alarms: float, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [(bool(crisis_matches(str(case["text"]))), case) for case in cases(name)]
    crises = [hit for hit, case in found if case["crisis"]]
    benign = [hit for hit, case in found if not case["crisis"]]
    recall, false_alarms = sum(crises) / len(crises), sum(benign) / len(benign)
    with capsys.disabled():
        print(
            f"\ncrisis phrases, {name}: recall {sum(crises)}/{len(crises)} = {recall:.2f}, "
            f"false alarms {sum(benign)}/{len(benign)} = {false_alarms:.2f}"
        )
    assert recall >= least_recall
    assert false_alarms <= most_false_alarms


def test_there_are_enough_cases_and_none_twice() -> None:
    texts = [case["text"] for name in ("development", "unseen") for case in cases(name)]
    assert len(texts) == len(set(texts)) >= 60
    groups = {case["group"] for case in cases("development")}
    assert groups >= {"idiom", "third_person", "history", "negation", "misspelt", "trap"}


def test_our_own_statements_raise_almost_no_alarm() -> None:
    own = DATA.parent / "reflections.jsonl"
    statements = [json.loads(line)["statement"] for line in own.read_text("utf-8").splitlines()]
    alarms = [text for text in statements if crisis_matches(text)]
    assert len(alarms) <= 0.01 * len(statements), alarms


@pytest.mark.parametrize(
    "text",
    [
        "I WANT TO KILL MYSELF",
        "I want to kill\n\n  myself",
        "I want to k i l l  m y s e l f",
        "s.u.i.c.i.d.e is on my mind",
        "I want to ki\u200bll myself",
        "I don\u2019t want to be alive anymore",
        "\uff49 want to \uff4b\uff49\uff4c\uff4c myself",
        "killlll myself",
    ],
)
def test_disguises(text: str) -> None:
    assert crisis_matches(text)


def test_what_comes_back() -> None:
    assert crisis_matches("I want to die. I cut myself. I want to die.") == ("want to die", "cut myself")
    kinds = {match.kind for match in find("I want to die and he hits me", phrase_list())}
    assert kinds == {"suicide", "danger"}
    assert crisis_matches("") == ()


def test_a_benign_match_excuses_only_what_lies_inside_it() -> None:
    assert not crisis_matches("We watched Suicide Squad.")
    assert crisis_matches("We watched Suicide Squad and I thought about suicide.")


def test_normalise() -> None:
    assert normalise("  I\u2019M   SOOO\ttired ") == "im so tired"


@pytest.mark.parametrize("token", ["sucide", "suiicide", "suicied", "suicidd", "suicides"])
def test_one_slip(token: str) -> None:
    assert one_slip(token, "suicide")


@pytest.mark.parametrize("token", ["suicide", "decide", "subside", "", "s", "cuicide"])
def test_not_one_slip(token: str) -> None:
    assert not one_slip(token, "suicide")


def test_every_entry_says_why_and_names_are_unique() -> None:
    content = json.loads((DATA / "crisis_phrases.json").read_text("utf-8"))
    entries = content["patterns"] + content["benign"]
    assert all(len(entry["why"]) > 5 for entry in entries)
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert content["version"] >= 1


@pytest.mark.parametrize("unit", ["a", "i ", "to ", "my own ", "dont want to ", "want to just really ", "k i ", "("])
def test_long_input_does_not_hang(unit: str) -> None:
    start = time.process_time()
    crisis_matches((unit * 600)[:600])
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read .*phrases.json"),
        ("{", "cannot read .*expected JSON"),
        ("[]", "cannot be used"),
        ('{"version": 1}', "KeyError: 'words'"),
        ('{"version": 1, "words": {}, "spellings": {}, "keywords": [], "benign": [], "patterns": '
         '[{"id": "x", "kind": "suicide", "pattern": "(", "why": "because"}]}', "cannot be used"),
        ('{"version": 1, "words": {}, "spellings": {}, "keywords": [], "benign": [], "patterns": '
         '[{"id": "x", "kind": "mood", "pattern": "a", "why": "because"}]}', "x: kind or why"),
        ('{"version": 1, "words": {}, "spellings": {}, "keywords": [], "benign": [], "patterns": '
         '[{"id": "x", "kind": "suicide", "pattern": "{gone}", "why": "because"}]}', "KeyError: 'gone'"),
    ],
)  # fmt: skip
def test_a_broken_list_is_an_error_never_an_empty_list(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "phrases.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CareDataError, match=message) as caught:
        phrase_list(path)
    assert "\n" not in str(caught.value)
