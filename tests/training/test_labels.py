"""Replies that were read, and hollow sympathy: what a line must hold, and what each fault says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emorl.errors import CorpusError
from emorl.own_split import split_by_text
from tests.training.texts import write_jsonl
from training.data import HollowReply, LabelledReply, labels, load_hollow, load_judge_labels, load_labels

STATEMENT = "I stopped going to choir."
READ = {"statement": STATEMENT, "reply": "You miss  singing.", "source": "warm start", "faithful": 1, "fault": "vague"}
JUDGED = READ | {"depth": 1, "empathy": 0, "well_formed": 1, "would_say": 0, "well_said": 0}
PAIR = READ | {"source": "minimal pair", "faithful": 2, "fault": "none", "pair": "m7"}


def test_a_reply_of_a_model_and_half_of_a_minimal_pair(tmp_path: Path) -> None:
    read, half = load_labels(write_jsonl(tmp_path / "f.jsonl", [JUDGED, PAIR]))
    split = split_by_text(STATEMENT)
    assert read == LabelledReply(
        STATEMENT, "You miss singing.", "warm start", 1, "vague", split, "", 1, 0, True, False, False
    )
    assert half == LabelledReply(STATEMENT, "You miss singing.", "minimal pair", 2, "none", split, "m7")


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"faithful": 3}, r":2: got faithful = 3, expected one of 0, 1, 2"),
        ({"fault": "rude"}, r":2: got fault = 'rude', expected one of none, vague"),
        ({"fault": "none"}, r":2: got faithful 1 with the fault none, expected a fault below 2 and none at 2; read"),
        ({"faithful": 2}, r":2: got faithful 2 with the fault vague, expected a fault below 2"),
        ({"depth": 4}, r":2: got depth = 4, expected one of 0, 1, 2"),
        ({"empathy": None}, r":2: got empathy = None, expected one of 0, 1, 2"),
        ({"well_formed": 2}, r":2: got well_formed = 2, expected one of 0, 1"),
        ({"would_say": "maybe"}, r":2: got would_say = 'maybe', expected one of 0, 1"),
        ({"well_said": 1}, r":2: got well_said without would_say, expected both or only would_say; read the reply"),
        ({"reply": ""}, r":2: got an empty reply"),
        ({"statement": 5}, r":2: got statement = 5, expected a text"),
        ({"source": " "}, r":2: got an empty source"),
        ({"pair": ""}, r":2: got an empty pair"),
    ],
)
def test_faults_of_a_label(tmp_path: Path, over: dict[str, Any], message: str) -> None:
    with pytest.raises(CorpusError, match=r"f\.jsonl" + message):
        load_labels(write_jsonl(tmp_path / "f.jsonl", [JUDGED, READ | over]))


def test_a_line_without_its_fields_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="got no faithful, fault, expected the keys statement, reply, source"):
        load_labels(write_jsonl(tmp_path / "f.jsonl", [{"statement": "a", "reply": "b", "source": "c"}]))
    for load in (load_labels, load_hollow):
        with pytest.raises(CorpusError, match=r"none\.jsonl: got no readable file \(No such file") as error:
            load(tmp_path / "none.jsonl")
        assert "\n" not in str(error.value)


def test_a_file_goes_on_in_its_parts(tmp_path: Path) -> None:
    for name, reply in (("f", "one"), ("f-2", "two"), ("f-3", "three"), ("f-5", "not reached"), ("f-judge", "another")):
        write_jsonl(tmp_path / f"{name}.jsonl", [READ | {"reply": reply}])
    assert [label.reply for label in load_labels(tmp_path / "f.jsonl")] == ["one", "two", "three"]


def test_the_judges_labels_lie_in_a_file_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert labels.JUDGE_LABELS_PATH.name == "faithfulness-judge.jsonl" != labels.LABELS_PATH.name
    assert labels.JUDGE_LABELS_PATH.parent == labels.LABELS_PATH.parent
    monkeypatch.setattr(labels, "JUDGE_LABELS_PATH", write_jsonl(tmp_path / "j.jsonl", [JUDGED]))
    assert load_judge_labels() == load_labels(tmp_path / "j.jsonl") and len(load_judge_labels()) == 1
    monkeypatch.setattr(labels, "JUDGE_LABELS_PATH", tmp_path / "none.jsonl")
    with pytest.raises(CorpusError, match=r"none\.jsonl: got no readable file \(No such file"):
        load_judge_labels()


def test_hollow_sympathy_stands_beside_empathy(tmp_path: Path) -> None:
    row = {"statement": STATEMENT, "empathic": "You feel lost without it.", "hollow": "I'm sorry to hear that."}
    (pair,) = load_hollow(write_jsonl(tmp_path / "s.jsonl", [row]))
    assert pair == HollowReply(STATEMENT, row["empathic"], row["hollow"], split_by_text(STATEMENT))
    with pytest.raises(CorpusError, match=r"s\.jsonl:1: got an empty hollow"):
        load_hollow(write_jsonl(tmp_path / "s.jsonl", [row | {"hollow": ""}]))
    with pytest.raises(CorpusError, match=r"s\.jsonl:1: got no hollow"):
        load_hollow(write_jsonl(tmp_path / "s.jsonl", [{"statement": "a", "empathic": "b"}]))
