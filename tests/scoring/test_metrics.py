"""Metrics against numbers worked out by hand."""

from __future__ import annotations

import pytest

from emorl.scoring.metrics import copy_rate, corpus_distinct_2, diversity_2, edit_rate, repetition, words


def test_words_are_lower_cased_and_keep_apostrophes_and_digits():
    assert words("You're tired, it's 10 o'clock!") == ["you're", "tired", "it's", "10", "o'clock"]


def test_diversity_counts_distinct_bigrams_over_words():
    assert diversity_2(["one two three four"]) == 3 / 4
    assert diversity_2(["a b a b"]) == 2 / 4  # ab, ba, ab
    assert diversity_2(["one two", ""]) == pytest.approx(0.25)
    assert diversity_2([]) == 0


def test_corpus_distinct_falls_when_replies_repeat_each_other():
    assert corpus_distinct_2(["a b c", "d e f"]) == 1
    assert corpus_distinct_2(["a b c", "a b c"]) == 0.5
    assert corpus_distinct_2([]) == 0


def test_copy_rate_counts_words_in_runs_of_three():
    assert copy_rate("i am so tired of work", "You say I am so tired") == pytest.approx(4 / 6)
    assert copy_rate("i am so tired", "so am i") == 0
    assert copy_rate("i am", "") == 0


def test_repetition_is_the_share_of_bigrams_that_occurred_before():
    assert repetition("a b c d") == 0
    assert repetition("a b a b") == pytest.approx(1 / 3)
    assert repetition("a") == 0


def test_edit_rate_is_levenshtein_over_the_longer_text():
    assert edit_rate("a b c", "a b c") == 0
    assert edit_rate("a b c d", "a x c") == pytest.approx(2 / 4)
    assert edit_rate("", "") == 0 and edit_rate("a", "") == 1
