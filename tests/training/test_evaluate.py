"""Intervals by hand, replies beside those of one request at a time, and the table of measures."""

from __future__ import annotations

import pytest
import torch

from emorl.models.template import END, prompt_text
from emorl.scoring.score_cache import ScoreCache
from tests.ensemble.naive import merged_models, naive_decode
from training.evaluate import Interval, bootstrap, gain, greedy_replies, measure, reply_writer

STATEMENTS = ["I sold my violin and I regret it now.", "He left.", "Nobody asks me how it went."]
WEIGHTS = [[0.0, 0.0], [1.0, 0.0], [0.3, 0.7]]
TOKENS = 7


# ---------------------------------------------------------------- intervals


def test_values_that_are_all_alike_have_no_width() -> None:
    assert bootstrap([0.25] * 7) == Interval(0.25, 0.25, 0.25)


def test_an_interval_by_hand() -> None:
    # of two values, a quarter of the resamples holds the first twice and a quarter the second
    assert bootstrap([0.0, 1.0]) == Interval(0.5, 0.0, 1.0)


def test_the_interval_holds_the_mean_shrinks_with_more_values_and_the_seed_decides_it() -> None:
    few = bootstrap([0.0, 0.2, 0.4, 0.9])
    many = bootstrap([0.0, 0.2, 0.4, 0.9] * 25)
    assert few.low < few.mean < few.high and many.mean == pytest.approx(few.mean)
    assert many.high - many.low < (few.high - few.low) / 3
    assert bootstrap([0.0, 0.2, 0.4, 0.9], seed=1) != few == bootstrap([0.0, 0.2, 0.4, 0.9])


def test_a_gain_is_paired() -> None:
    # the values differ widely, but each of them rises by a quarter
    assert gain([0.0, 0.5, 0.75], [0.25, 0.75, 1.0]) == Interval(0.25, 0.25, 0.25)
    assert gain([0.5, 0.5], [0.5, 0.25]).mean == pytest.approx(-0.125)


# ---------------------------------------------------------------- replies


@pytest.fixture(scope="module")
def expected(model, adapters, tokenizer) -> list[list[str]]:
    """Replies by weights and statement, by the naive twin of the decoder."""
    models, end = merged_models(model, adapters), [tokenizer.plain.convert_tokens_to_ids(END)]

    def reply(statement: str, weights: list[float]) -> str:
        tokens = naive_decode(models, tokenizer.ids(prompt_text(statement)), weights, 1.0, TOKENS, end)
        return tokenizer.text(tokens)

    return [[reply(statement, weights) for statement in STATEMENTS] for weights in WEIGHTS]


def test_the_writer_gives_replies_in_the_order_of_the_statements_in_batches_of_any_size(
    decoder, tokenizer, expected
) -> None:
    for batch in (1, 2, 24):
        write = reply_writer(decoder, tokenizer, prompt_text, TOKENS, batch)
        assert [write(STATEMENTS, weights) for weights in WEIGHTS] == expected
    assert reply_writer(decoder, tokenizer, prompt_text, TOKENS)([], WEIGHTS[1]) == []


def test_a_sampled_reply_depends_on_its_place_and_on_nothing_that_is_written_beside_it(decoder, tokenizer) -> None:
    together = reply_writer(decoder, tokenizer, prompt_text, TOKENS)(STATEMENTS, WEIGHTS[1], 1.0)
    one_by_one = reply_writer(decoder, tokenizer, prompt_text, TOKENS, 1)(STATEMENTS, WEIGHTS[1], 1.0)
    assert together == one_by_one
    twice = reply_writer(decoder, tokenizer, prompt_text, TOKENS)([STATEMENTS[1]] * 2, WEIGHTS[1], 1.0)
    assert twice[0] != twice[1]


def test_equal_words_are_decoded_once_and_give_the_same_replies(decoder, tokenizer, expected) -> None:
    for chunk in (1, 2, 8):
        found, cost = greedy_replies(decoder, tokenizer, prompt_text, STATEMENTS, WEIGHTS, TOKENS, chunk)
        assert found == expected
        assert 0 < cost["steps"] <= cost["alone"] <= len(WEIGHTS) * len(STATEMENTS) * TOKENS
    same, cost = greedy_replies(decoder, tokenizer, prompt_text, STATEMENTS, [WEIGHTS[2]] * 3, TOKENS)
    assert same == [expected[2]] * 3 and cost["alone"] == 3 * cost["steps"]  # nothing is written twice


# ---------------------------------------------------------------- measures


def test_the_measures_of_replies_by_hand() -> None:
    cache = ScoreCache({"short": lambda statements, replies: torch.tensor([1.0 / len(r) for r in replies])})
    found = measure(["i am so tired of work", "he left"], ["You say I am so tired", "Gone gone"], cache)
    assert found["short"] == pytest.approx([1 / 21, 1 / 9])
    assert found["copy_rate"] == pytest.approx([4 / 6, 0.0])
    assert found["edit_rate"] == pytest.approx([4 / 6, 1.0])  # two words more in front, two fewer behind
    assert found["diversity_2"] == pytest.approx([5 / 6, 1 / 2]) and found["words"] == [6.0, 2.0]
