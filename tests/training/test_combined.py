"""Graded replies of several objectives: what is known of a reply by hand, and what holds for every draw."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import pytest

from tests.training.texts import NOUNS, corpora_with, label, own, ranked
from training.data import HollowReply
from training.grades.combined import GROUPS, MultiGraded, combined_groups
from training.grades.empathy import FULL, NAMED, NONE
from training.grades.graded import Sources
from training.grades.reflection import HIGH, LOW, MEDIUM

OWN = [own(noun, "train" if i < 9 else "test") for i, noun in enumerate(NOUNS[:12])]
PAIR = [ranked(noun) for noun in NOUNS[:3]]
FIRST, SECOND = OWN[0], OWN[1]
LABELS = (
    label(FIRST.statement, "You sold it to please them.", 0, depth=2, empathy=2),
    label(FIRST.statement, "You sold it, and you lie awake.", 2, depth=2, empathy=1),
    label(
        FIRST.statement, "It went, and you can't sleep.", 2, depth=1, would_say=True, well_said=False
    ),  # empathy unknown
    label(SECOND.statement, SECOND.complex, 0, depth=2, empathy=2),  # a reader found it unfaithful
    label(OWN[-1].statement, "Of the test split.", 2, "test"),
)
HOLLOW = HollowReply(FIRST.statement, FIRST.empathic, "I'm sorry about that.", "train")
SOURCES = Sources(corpora_with(OWN, PAIR), LABELS, (HOLLOW,), "train")
FALSE = {"faithfulness": 0.0, "reflection": LOW, "empathy": NONE, "would_say": 0.0}
SAID = {"would_say": 1.0}  # some of our own reflections are drawn, with this grade
READ = {FIRST.statement, SECOND.statement}
SEEDS = range(15)


@cache
def drawn(share: float = 1.0, most: int = 100, seeds: Sequence[int] = SEEDS) -> list[list[MultiGraded]]:
    """The groups of many draws."""
    return [group for seed in seeds for group in combined_groups(SOURCES, random.Random(seed), share, most)]


def grades_of(statement: str, reply: str) -> list[dict[str, float]]:
    """What the draws say of one reply, each different answer once."""
    found: list[dict[str, float]] = []
    for group in drawn():
        found += [g.grades for g in group if (g.statement, g.reply) == (statement, reply) and g.grades not in found]
    return found


def test_read_replies_by_hand() -> None:
    false, true, unjudged = (grades_of(FIRST.statement, r.reply) for r in LABELS[:3])
    assert false == [FALSE]  # though deep and warm
    assert true == [{"faithfulness": 1.0, "reflection": HIGH, "empathy": NAMED}]
    assert unjudged == [{"faithfulness": 1.0, "reflection": MEDIUM, "would_say": 0.8}]


def test_our_own_reflections_are_faithful_and_graded_where_it_is_known() -> None:
    for grades in grades_of(FIRST.statement, FIRST.empathic):
        assert grades | SAID == {"faithfulness": 1.0, "reflection": 0.8, "empathy": FULL} | SAID
    for grades in grades_of(FIRST.statement, FIRST.complex):
        assert grades.get("empathy", 0.1) == 0.1  # it names no feeling, which half of the draws say
        assert grades | {"empathy": 0.1} | SAID == {"faithfulness": 1.0, "reflection": HIGH, "empathy": 0.1} | SAID
    assert grades_of(PAIR[0].prompt, PAIR[0].high[0]) == [{"faithfulness": 1.0, "reflection": HIGH}]


def test_the_readers_word_counts_more_than_the_writers() -> None:
    assert grades_of(SECOND.statement, SECOND.complex) == [FALSE]


def test_sympathy_is_hollow_and_nobody_says_that_it_is_false() -> None:
    assert grades_of(FIRST.statement, HOLLOW.hollow) == [{"empathy": NONE}]


def test_what_is_unfaithful_grades_lowest_in_every_objective() -> None:
    false = [g.grades for group in drawn() for g in group if g.grades.get("faithfulness") == 0.0]
    assert len(false) > 100
    assert all(grades == FALSE for grades in false)


def test_a_reply_to_somebody_else_is_unfaithful_whichever_objective_drew_it() -> None:
    mine = {o.statement: o.replies for o in OWN} | {p.prompt: (*p.high, *p.medium) for p in PAIR}
    elsewhere = 0
    for group in drawn():
        others = {reply for statement, replies in mine.items() if statement != group[0].statement for reply in replies}
        for item in group:
            if item.reply in others:
                elsewhere += 1
                assert item.grades["faithfulness"] == 0.0, item
    assert elsewhere > 50


def test_groups_hold_one_statement_each_reply_once_and_grades_in_range() -> None:
    for group in drawn():
        assert len({g.statement for g in group}) == 1
        assert len({g.reply for g in group}) == len(group)
        for item in group:
            assert item.grades and set(item.grades) <= set(GROUPS) and all(0 <= x <= 1 for x in item.grades.values())


def test_the_seed_decides_the_draw_and_other_splits_stay_closed() -> None:
    one, again, two = (combined_groups(SOURCES, random.Random(seed), 0.5, 3) for seed in (1, 1, 2))
    assert one == again != two
    held = {o.statement for o in OWN if o.split == "test"}
    assert not held & {group[0].statement for group in drawn()}
    assert combined_groups(Sources(corpora_with(), (), (), "train"), random.Random(0)) == []


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_at_most_so_many_replies_and_the_read_ones_come_first(most: int) -> None:
    read = {label.reply for label in LABELS if label.statement == FIRST.statement}
    groups = drawn(1.0, most)
    assert max(map(len, groups)) == most
    for group in groups:
        if group[0].statement == FIRST.statement:
            found = [g.reply in read for g in group]
            assert found == [True] * min(most, 3) + [False] * (most - 3)


def test_without_a_share_only_statements_with_read_replies_are_used() -> None:
    for seed in SEEDS:
        assert {group[0].statement for group in drawn(0.0, seeds=(seed,))} == READ


def test_with_the_whole_share_every_statement_is_used_and_with_half_about_half_of_the_unread() -> None:
    everything = {o.statement for o in OWN if o.split == "train"} | {p.prompt for p in PAIR}
    counts = []
    for seed in SEEDS:
        assert {group[0].statement for group in drawn(1.0, seeds=(seed,))} == everything
        some = {group[0].statement for group in drawn(0.5, seeds=(seed,))}
        assert READ <= some
        counts.append(len(some - READ))
    assert 0.35 < sum(counts) / len(counts) / len(everything - READ) < 0.65
