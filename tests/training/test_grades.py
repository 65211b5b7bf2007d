"""Graded replies: hand-worked grades, and what holds for every group that a scorer can be given."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from emorl.scoring.feelings import names_feeling
from tests.training.texts import NOUNS, corpora_with, label, own, ranked
from training.data import HollowReply
from training.grades.empathy import HOLLOW, empathy_grade, empathy_groups
from training.grades.faithfulness import faithfulness_groups
from training.grades.fluency import fluency_groups
from training.grades.graded import Graded, Sources, grouped
from training.grades.reflection import ADVICE, FILLERS, FORMULAS, depth_grade, reflection_groups, turn_pronouns
from training.scorers import GROUPS

SPLITS_OF = ["train"] * 10 + ["validation", "test"]
OWN = [own(noun, split, affirming=i % 2 == 0) for i, (noun, split) in enumerate(zip(NOUNS, SPLITS_OF, strict=False))]
PAIR = [ranked(noun, split) for noun, split in zip(NOUNS, SPLITS_OF, strict=False)]
FIRST, SECOND = OWN[0].statement, OWN[1].statement
LABELS = (
    label(FIRST, "You sold it to please them.", 0, depth=2, empathy=2, would_say=False),
    label(FIRST, "Something is on your mind.", 1, depth=1, empathy=0, would_say=False),
    label(FIRST, "You sold it, and you lie awake.", 2, depth=1, empathy=0, would_say=True),
    label(FIRST, OWN[0].complex, 1, depth=2, empathy=1),  # a reader thought less of it than its writer
    label(OWN[-1].statement, "Of the test split.", 2, "test", depth=1),
)
HOLLOWS = (
    HollowReply(FIRST, OWN[0].empathic, "I'm sorry about your garden.", "train"),
    HollowReply(OWN[-1].statement, OWN[-1].empathic, "I'm sorry about the ferry.", "test"),
)
SOURCES = Sources(corpora_with(OWN, PAIR), LABELS, HOLLOWS, "train")
EVERY = list(GROUPS.items())


def drawn(make, sources: Sources = SOURCES, seeds=range(12)) -> list[list[Graded]]:
    """The groups of many draws."""
    return [group for seed in seeds for group in make(sources, random.Random(seed))]


def by_kind(groups: list[list[Graded]]) -> dict[str, set[float]]:
    found: dict[str, set[float]] = {}
    for item in itertools.chain(*groups):
        found.setdefault(item.kind, set()).add(item.grade)
    return found


# ---------------------------------------------------------------- groups


def test_sources_keep_to_their_split() -> None:
    assert [r.reply for r in replace(SOURCES, split="test").read()] == ["Of the test split."]
    assert [p.hollow for p in replace(SOURCES, split="test").hollow()] == ["I'm sorry about the ferry."]
    assert [p.hollow for p in SOURCES.hollow()] == ["I'm sorry about your garden."] and len(SOURCES.read()) == 4
    elsewhere = replace(SOURCES, split="validation")
    assert elsewhere.read() == [] and elsewhere.hollow() == []


def test_the_same_reply_counts_once_with_its_lowest_grade() -> None:
    drawn_twice = [("s", "a", 0.5), ("t", "a", 0.9), ("s", "a", 0.2), ("s", "b", 1.0), ("s", "a", 0.3)]
    items = [Graded(*item, kind="x") for item in drawn_twice]
    groups = grouped(items, random.Random(0))
    assert sorted(groups, key=len) == [[items[1]], [items[2], items[3]]]


@pytest.mark.parametrize(("name", "make"), EVERY)
def test_groups_of_every_scorer(name, make) -> None:
    held = {o.statement for o in OWN if o.split != "train"} | {p.prompt for p in PAIR if p.split != "train"}
    for group in drawn(make):
        assert len({g.statement for g in group}) == 1 and group[0].statement not in held
        assert all(0 <= g.grade <= 1 and g.reply for g in group)
    assert make(SOURCES, random.Random(3)) == make(SOURCES, random.Random(3))
    assert make(SOURCES, random.Random(3)) != make(SOURCES, random.Random(4))
    assert make(Sources(corpora_with(), (), (), "train"), random.Random(0)) == []


@pytest.mark.parametrize(("name", "make"), EVERY)
def test_a_lone_statement_is_no_trouble(name, make) -> None:
    for group in drawn(make, Sources(corpora_with(OWN[:1]), (), (), "train")):
        assert all(g.grade > 0.4 for g in group if g.reply in OWN[0].replies and name != "empathy")


@pytest.mark.parametrize(("name", "make"), EVERY[:3])
def test_unfaithful_replies_never_grade_above_faithful_ones_of_the_same_statement(name, make) -> None:
    false = {"contrast", "of another", "mismatch"}
    for group in drawn(make):
        unfaithful = [g.grade for g in group if g.kind in false or g.reply == LABELS[0].reply]
        faithful = [
            g.grade for g in group if g.reply == LABELS[2].reply or g.kind in ("ours", "high", "medium", "empathic")
        ]
        assert not unfaithful or not faithful or max(unfaithful) <= min(faithful)


# ---------------------------------------------------------------- faithfulness


def test_faithfulness_by_hand() -> None:
    groups = drawn(faithfulness_groups)
    assert by_kind(groups) == {
        "warm start": {0.0, 0.4, 1.0},
        "ours": {1.0},
        "contrast": {0.0},
        "of another": {0.0},
        "copy": {0.0},
    }
    read = {g.reply: g.grade for group in groups for g in group if g.statement == FIRST}
    assert [read[r.reply] for r in LABELS[:4]] == [0.0, 0.4, 1.0, 0.4]  # the reader's word counts, not the writer's
    true = {o.statement: o.replies for o in OWN} | {p.prompt: (*p.high, *p.medium) for p in PAIR}
    for g in itertools.chain(*groups):
        assert (g.reply in true[g.statement]) == (g.kind == "ours") or g.kind == "warm start"
        assert (g.reply == g.statement) == (g.kind == "copy")


# ---------------------------------------------------------------- reflection


@pytest.mark.parametrize(
    ("faithful", "depth", "grade"),
    [
        (2, 2, 0.95),
        (2, 1, 0.5),
        (2, 0, 0.02),
        (2, None, 0.5),
        (1, 2, 0.4275),
        (1, 1, 0.225),
        (1, None, 0.225),
        (0, 2, 0.02),
        (0, None, 0.02),
    ],
)
def test_depth_grades_by_hand(faithful: int, depth: int | None, grade: float) -> None:
    assert depth_grade(label("s", "r", faithful, depth=depth)) == pytest.approx(grade)


def test_turned_pronouns() -> None:
    assert turn_pronouns("i'm sick of my job, and I've said so.") == "You're sick of your job, and you've said so."
    assert turn_pronouns("It is mine.") == "It is yours." and turn_pronouns("") == ""


def test_reflection_by_hand() -> None:
    groups = drawn(reflection_groups)
    assert by_kind(groups) == {
        "warm start": {0.02, 0.225, 0.5, 0.4275},
        "high": {0.95},
        "medium": {0.5},
        "empathic": {0.8},
        "low": {0.02},
        "mismatch": {0.02},
        "copy": {0.02},
        "turned copy": {0.12},
        "contrast": {0.02},
        "formula": {0.2},
        "advice added": {0.3},
        "doubled": {0.3},
        "padded": {0.4},
        "half mismatched": {0.1},
        "broken off": {0.25},
    }
    good = {o.statement: ([o.complex], [o.simple]) for o in OWN} | {p.prompt: (p.high, p.medium) for p in PAIR}
    for g in itertools.chain(*groups):
        (best,), (simple,) = good[g.statement]
        made = {
            "high": g.reply == best,
            "medium": g.reply == simple,
            "copy": g.reply == g.statement,
            "turned copy": g.reply == turn_pronouns(g.statement),
            "formula": g.reply in FORMULAS,
            "advice added": any(g.reply == best + text for text in ADVICE),
            "doubled": g.reply == f"{best} {best}",
            "padded": any(g.reply == simple + text for text in FILLERS),
            "half mismatched": g.reply.startswith(simple + " "),
            "mismatch": g.reply not in (best, simple),
            "broken off": best.startswith(g.reply) and g.reply != best,
        }
        assert made.get(g.kind, True), g


# ---------------------------------------------------------------- empathy


@pytest.mark.parametrize(
    ("faithful", "empathy", "grade"),
    [
        (2, 2, 0.95),
        (2, 1, 0.45),
        (2, 0, 0.03),
        (1, 2, 0.665),
        (1, 1, 0.315),
        (0, 2, 0.03),
        (0, None, 0.03),
        (1, None, None),
        (2, None, None),
    ],
)
def test_empathy_grades_by_hand(faithful: int, empathy: int | None, grade: float | None) -> None:
    assert empathy_grade(label("s", "r", faithful, empathy=empathy)) == (grade and pytest.approx(grade))


def test_feelings_are_whole_words_and_the_first_counts() -> None:
    assert names_feeling("You're FED UP, and sad.") == "fed up"
    assert names_feeling("The sadness of it is hard.") is None and names_feeling("") is None


def test_empathy_by_hand() -> None:
    groups = drawn(empathy_groups)
    kinds = by_kind(groups)
    assert set(kinds) == {
        "warm start",
        "hollow",
        "empathic",
        "contrast",
        "no feeling",
        "hollow formula",
        "feeling alone",
        "hollow and plain",
        "low",
    }
    assert kinds["empathic"] == {0.95} and kinds["feeling alone"] == {0.45} and kinds["hollow and plain"] == {0.15}
    assert kinds["hollow"] == kinds["hollow formula"] == kinds["contrast"] == kinds["low"] == {0.03}
    for g in itertools.chain(*groups):
        if g.kind == "feeling alone":
            assert g.reply == "You feel lonely."
        if g.kind == "no feeling":
            assert names_feeling(g.reply) is None
        if g.kind == "hollow formula":
            assert g.reply in HOLLOW


def test_hollow_sympathy_is_lowest() -> None:
    seen = 0
    for group in drawn(empathy_groups):
        hollow = [g.grade for g in group if g.kind in ("hollow", "hollow formula")]
        seen += len(hollow)
        rest = [g.grade for g in group if g.kind in ("empathic", "feeling alone", "no feeling", "hollow and plain")]
        assert not hollow or not rest or max(hollow) < min(rest)
    assert seen > 12


# ---------------------------------------------------------------- fluency


def test_fluency_by_hand() -> None:
    groups = drawn(fluency_groups)
    assert by_kind(groups) == {"whole": {0.95}, "broken": {0.05}}
    true = {o.statement: o.replies for o in OWN} | {p.prompt: (*p.high, *p.medium) for p in PAIR}
    for group in groups:
        for whole, broken in itertools.pairwise(group):
            if broken.kind == "broken":
                assert whole.kind == "whole" and whole.reply in true[whole.statement] and broken.reply != whole.reply
