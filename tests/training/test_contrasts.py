"""False replies by rule: hand-worked exchanges, and what holds for every draw."""

from __future__ import annotations

import random

import pytest

from tests.training.texts import NOUNS, own
from training.grades.contrasts import contrast, half_of_another, of_another, opposite, other_person

SEEDS = range(60)


def every(make, *arguments) -> set[str | None]:
    """What a draw gives over many seeds."""
    return {make(*arguments, random.Random(seed)) for seed in SEEDS}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nobody sees it.", {"Everybody sees it."}),  # the capital stays
        ("You can go on.", {"You can't go on."}),  # read both ways
        ("You can't go on.", {"You can go on."}),  # and never "can't't"
        ("You're not hungry.", {"You're hungry."}),  # never "You're not not"
        ("It is not ready.", {None}),
        ("You want to rest.", {"You don't want to rest."}),
        ("You feel tired and STUCK.", {"You feel full of energy and STUCK.", "You feel tired and Free."}),
        ("You feel free.", {"You feel stuck."}),
        ("The stillness there.", {None}),  # whole words only
        ("You are still there.", {"You are no longer there.", "You aren't still there."}),
    ],
)
def test_one_word_becomes_its_opposite(text: str, expected: set[str | None]) -> None:
    assert every(opposite, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It hurts that he left.", {"It hurts that you left."}),
        ("He left.", {None}),  # the first word stays
        ("It hurts that she thinks so.", {None}),  # no "you thinks"
        ("It's what you're after.", {None}),  # no contraction is broken
        ("So you stay.", {"So they stay."}),
        ("It was for your mother.", {"It was for your father."}),
        ("You told him.", {"You told you."}),
        ("The rain was loud.", {None}),
    ],
)
def test_another_person_does_it(text: str, expected: set[str | None]) -> None:
    assert every(other_person, text) == expected


def test_a_part_is_joined_to_a_part_of_another_reflection() -> None:
    def joined(text: str, other: str) -> set[str | None]:
        return every(half_of_another, text, other)

    assert joined("You sold it, and it hurts.", "He left. You stay.") == {
        "You sold it, You stay.",
        "He left. and it hurts.",
    }
    assert joined("One part only.", "He left. You stay.") == joined("He left. You stay.", "One part only.") == {None}


def test_of_another_never_gives_a_true_one() -> None:
    assert every(of_another, ["a", "b", "c"], {"a"}) == {"b", "c"}
    assert every(of_another, ["a", "a"], {"a"}) == {None}


def test_a_contrast_is_another_text_and_never_a_true_one() -> None:
    records = [own(noun) for noun in NOUNS[:4]]
    others = [reply for record in records for reply in record.replies]
    for record in records:
        for text in record.replies:
            for seed in SEEDS:
                made = contrast(text, others, random.Random(seed), record.replies)
                assert made and made not in record.replies


def test_all_four_ways_are_taken() -> None:
    text, others = "You can't sleep, and your boss is loud.", ["It rains here, so you wait."]
    made = every(contrast, text, others)
    assert {
        "You can sleep, and your boss is loud.",
        "You can't sleep, and your husband is loud.",
        "You can't sleep, so you wait.",
        "It rains here, so you wait.",
    } <= made


def test_where_nothing_applies_and_there_is_no_other_there_is_no_contrast() -> None:
    assert every(contrast, "Hm.", ["Hm."]) == {None}
    assert {contrast("Hm.", ["Hm.", "Yes."], random.Random(seed), ("Hm.", "Yes.")) for seed in SEEDS} == {None}
