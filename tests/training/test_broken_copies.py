"""Each fault of a broken copy by itself, and that no reply is too short to be broken."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from training.grades.fluency import FUNCTION_WORDS, break_off, corrupt, double, drop, inflect, intrude, shuffle, swap

WORDS = "you miss the sound of an old violin in there".split()
SEEDS = range(80)


def draws(fault, words=WORDS, *more):
    return [fault(list(words), random.Random(seed), *more) for seed in SEEDS]


def is_subsequence(short: list[str], long: list[str]) -> bool:
    rest = iter(long)
    return all(word in rest for word in short)


def test_drop_takes_one_or_two_function_words_or_any_where_there_are_none() -> None:
    for left in draws(drop):
        gone = Counter(WORDS) - Counter(left)
        assert is_subsequence(left, WORDS) and sum(gone.values()) in (1, 2) and set(gone) <= FUNCTION_WORDS
    assert {len(left) for left in draws(drop, ["old", "violin", "sound"])} == {1, 2}


def test_swap_exchanges_two_neighbours() -> None:
    assert {tuple(made) for made in draws(swap, "a b c".split())} == {("b", "a", "c"), ("a", "c", "b")}


def test_double_says_a_run_twice() -> None:
    assert {" ".join(made) for made in draws(double, "a b".split())} == {"a a b", "a b a b", "a b b"}


def test_inflect_changes_the_ending_of_one_long_word() -> None:
    assert {" ".join(made) for made in draws(inflect, "it hurts".split())} == {"it hurt"}
    assert {" ".join(made) for made in draws(inflect, "it violin".split())} == {
        "it violins",
        "it violining",
        "it violined",
    }


def test_shuffle_keeps_the_words() -> None:
    assert all(Counter(made) == Counter(WORDS) for made in draws(shuffle))
    assert any(made != WORDS for made in draws(shuffle))


def test_break_off_keeps_half_at_least() -> None:
    assert {len(made) for made in draws(break_off)} == {5, 6, 7, 8}  # of 10
    assert all(made == WORDS[: len(made)] for made in draws(break_off))
    assert draws(break_off, "a b".split())[0] == ["a", "b"]


def test_intrude_brings_words_of_another_reply() -> None:
    for made in draws(intrude, WORDS, "strange matter"):
        assert 1 <= sum(word in ("strange", "matter") for word in made) <= 2 and len(made) - len(WORDS) in (0, 1, 2)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 10])
def test_a_reply_of_any_length_can_be_broken(length: int) -> None:
    made = [corrupt(" ".join(WORDS[:length]), "strange matter", random.Random(seed)) for seed in range(400)]
    assert length < 2 or sum(text != " ".join(WORDS[:length]) for text in made) > 300
