"""The scorers' report: accuracies, AUCs and minimal pairs worked out by hand with scorers whose scores are known."""

from __future__ import annotations

import math

import pytest
import torch

from tests.training.texts import NOUNS, corpora_with, label, own, ranked
from training.data import HollowReply
from training.grades.graded import Sources
from training.grades.reflection import turn_pronouns
from training.scorer_report import (
    PAIRS,
    accuracy,
    auc,
    beside_shortcuts,
    empathy_pairs,
    fluency_pairs,
    length_only,
    minimal_pairs,
    opener_only,
    reader_report,
    reflection_pairs,
    scorer_report,
    would_say_pairs,
)

OWN = [own(noun, "test") for noun in NOUNS[:3]]
LABELS = (
    label("s", "9", 2, "test", would_say=True),
    label("s", "4", 2, "test", would_say=False),
    label("s", "5", 0, "test", would_say=False),
    label("s", "1", 0, "test"),
    label("s", "7", 1, "test"),
    label("s", "6", 2, "test", pair="m1"),
    label("s", "2", 0, "test", pair="m1"),
    label("s", "3", 2, "test", pair="m2"),
    label("s", "3", 0, "test", pair="m2"),
    label("s", "8", 2, "test", pair="m3"),
    label("s", "0", 0, "train"),
)
SOURCES = Sources(
    corpora_with(OWN, [ranked(noun, "test") for noun in NOUNS[:2]]),
    LABELS,
    (HollowReply("s", "warm", "hollow", "test"),),
    "test",
)


def number(statements, replies):
    """The score of a reply is the number it consists of."""
    return torch.tensor([float(reply) for reply in replies])


def constant(statements, replies):
    return torch.ones(len(replies))


def test_accuracy_counts_ties_half() -> None:
    assert accuracy(number, [("s", "2", "s", "1"), ("s", "1", "s", "2"), ("s", "3", "s", "3")]) == 0.5
    assert accuracy(number, [("s", "2", "t", "1")]) == 1 and math.isnan(accuracy(number, []))


def test_auc_by_hand() -> None:
    good, bad = [LABELS[0], LABELS[1]], [LABELS[2], LABELS[3]]  # 9 and 4 against 5 and 1: three of four
    assert auc(number, good, bad) == 0.75 and auc(constant, good, bad) == 0.5
    assert math.isnan(auc(number, good, [])) and math.isnan(auc(number, [], bad))


def test_minimal_pairs_need_both_halves() -> None:
    assert minimal_pairs(LABELS) == [("s", "6", "s", "2"), ("s", "3", "s", "3")]


def test_only_replies_to_one_statement_are_compared_when_one_is_chosen() -> None:
    read = (*LABELS, label("t", "1", 2, would_say=True), label("t", "2", 1, would_say=False), label("u", "9", 2))
    assert would_say_pairs(read) == [("s", "9", "s", "4"), ("s", "9", "s", "5"), ("t", "1", "t", "2")]


def test_against_readers_by_hand() -> None:
    assert reader_report(number, SOURCES) == {
        "auc faithful": 0.75,
        "faithful": 2,
        "unfaithful": 2,
        "auc would say": 1.0,
        "would say": 1,
        "would not say": 2,  # 9 against 4 and 5
        "would say, same statement": 1.0,
        "minimal pairs": 0.75,
        "pairs": 2,  # 6 over 2, and a tie
    }
    limited = reader_report(number, SOURCES, 1)
    assert (limited["faithful"], limited["unfaithful"], limited["pairs"]) == (1, 0, 1)
    assert math.isnan(limited["auc faithful"])


def test_length_and_opening_alone_are_measured_beside_the_scorer() -> None:
    assert length_only(["s"] * 2, ["one two", ""]).tolist() == [2, 0]
    replies = ["You do.", "It sounds hard.", "it seems so", "Sad."]
    assert opener_only(["s"] * 4, replies).tolist() == [1, 1, 1, 0]
    found = beside_shortcuts(constant, {"some": [("s", "You go on and on.", "s", "No.")], "none": []})
    assert found == {"some": {"scorer": 0.5, "length_only": 1.0, "opener_only": 1.0, "pairs": 1}}


def test_pairs_for_reflection() -> None:
    pairs = reflection_pairs(SOURCES)
    counts = {name: len(found) for name, found in pairs.items()}
    assert counts == {
        "pair hq>mq": 2,
        "pair hq>lq": 6,
        "pair mq>lq": 6,
        "pair good>copy": 4,
        "pair good>mismatched": 2,
        "own complex>simple": 3,
        "own simple>of another": 3,
    }
    for statement, good, same, copy in pairs["pair good>copy"]:
        assert statement == same and copy in (statement, turn_pronouns(statement)) and good != copy
    for _, good, _, strange in pairs["pair good>mismatched"]:
        assert good != strange
    for statement, _, _, strange in pairs["own simple>of another"]:
        assert strange not in next(o for o in OWN if o.statement == statement).replies
    assert reflection_pairs(SOURCES) == pairs


def test_pairs_for_empathy() -> None:
    pairs = empathy_pairs(SOURCES)
    assert {name: len(found) for name, found in pairs.items()} == {
        "own empathic>of another": 3,
        "own empathic>simple": 3,
        "own empathic>hollow formula": 3,
        "own empathic>feeling alone": 3,
        "empathic>hollow, hand-written": 1,
    }
    assert pairs["empathic>hollow, hand-written"] == [("s", "warm", "s", "hollow")]
    assert all(better in [o.empathic for o in OWN] for _, better, _, _ in pairs["own empathic>simple"])


def test_pairs_for_fluency_stand_beside_their_own_whole() -> None:
    true = {o.statement: o.replies for o in OWN} | {p.prompt: (*p.high, *p.medium) for p in SOURCES.corpora.pair}
    (pairs,) = fluency_pairs(SOURCES).values()
    assert len(pairs) > 5
    for statement, whole, other, broken in pairs:
        assert statement == other and whole in true[statement] and broken not in true[statement]


@pytest.mark.parametrize("objective", list(PAIRS))
def test_a_report_has_the_readers_first_and_can_be_limited(objective: str) -> None:
    report = scorer_report(objective, constant, SOURCES)
    assert next(iter(report)) == "against readers" and len(report) > 1
    assert all(row["scorer"] == 0.5 for name, row in report.items() if name != "against readers")
    limited = scorer_report(objective, constant, SOURCES, 1)
    assert list(limited) == list(report)
    assert all(row["pairs"] == 1 for name, row in limited.items() if name != "against readers")
