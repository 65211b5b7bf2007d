"""The mask by hand, as a property of every reply, and the same for all weights that write a prefix."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emorl.ensemble import Request
from emorl.ensemble.mask import WordRuns, forbid, no_run_twice, nothing
from tests.ensemble.naive import begins_a_repeat, repeats


@pytest.mark.parametrize(
    ("written", "forbidden"),
    [
        ([], []),
        ([7, 7], []),
        ([1, 2, 3], []),
        ([1, 2, 3, 1, 2], [3]),  # 1 2 3 stands there
        ([1, 2, 3, 1, 2, 4, 1, 2], [3, 4]),  # and 1 2 4
        ([1, 2, 3, 2, 1], []),
        ([7, 7, 7], [7]),  # a fourth would make the run 7 7 7 a second time
        ([1, 2, 1, 2], [1]),  # runs may overlap
    ],
)
def test_forbidden_tokens_are_those_worked_out_by_hand(written, forbidden):
    assert no_run_twice(written) == no_run_twice(tuple(written)) == forbidden
    assert nothing(written) == []


@given(st.lists(st.integers(0, 3), max_size=12))
def test_exactly_what_would_repeat_a_run_is_forbidden(written):
    assert no_run_twice(written) == [token for token in range(4) if repeats([*written, token])]


TEXTS = ["<end>", "You", " you", "'re", " not", " sure", ",", " and", " weak", "ness", "ening", ".", " You"]


def written_as(*pieces: str) -> list[int]:
    return [TEXTS.index(piece) for piece in pieces]


@pytest.mark.parametrize(
    ("pieces", "forbidden"),
    [
        ((), []),
        (("You", "'re", " not", " sure", ",", " and", " you", "'re"), []),  # three tokens, but two words
        (("You", "'re", " not", " sure", ",", " and", " you", "'re", " not"), [" sure"]),
        (("You", "'re", " not", " sure", ".", " You", "'re", " not"), [" sure"]),  # neither case nor full stops count
        (("You", " not", " weak", "ness", " and", " you", " not", " weak"), []),  # what has begun is finished
        (("You", " not", " weak", "ness", " and", " you", " not"), [" weak"]),
    ],
)
def test_a_run_of_words_is_forbidden_where_its_third_word_would_begin(pieces, forbidden):
    assert WordRuns(TEXTS)(written_as(*pieces)) == written_as(*forbidden)


@given(st.lists(st.sampled_from([1, 2, 3, 4, 6, 12]), max_size=14))
def test_exactly_the_beginnings_of_repeated_words_are_forbidden(written):
    would = begins_a_repeat(TEXTS)
    assert WordRuns(TEXTS)(written) == [token for token in range(len(TEXTS)) if would([*written, token])]


def test_forbidden_logits_become_minus_infinity():
    logits = torch.zeros(2, 3)
    assert forbid(logits, [[0, 2], []]).tolist() == [[-torch.inf, 0, -torch.inf], [0, 0, 0]]
    corners = forbid(torch.zeros(2, 2, 3), [[], [1]])  # (B, K, V)
    assert corners[1].tolist() == [[0, -torch.inf, 0]] * 2 and bool((corners[0] == 0).all())


@pytest.mark.parametrize("temperature", [0.0, 0.05, 1.0])
def test_no_reply_holds_a_run_twice(decoder, temperature):
    rng = random.Random(5)
    requests = [
        Request([rng.randrange(4, 40)], [rng.random() for _ in range(3)], 1.0, temperature, n, 60) for n in range(12)
    ]
    near = 0
    for reply in decoder.decode(requests):
        assert not any(repeats(reply.tokens[:end]) for end in range(len(reply.tokens) + 1))
        near += any(no_run_twice(reply.tokens[:end]) for end in range(len(reply.tokens)))
    assert near > 5 or temperature == 1  # the mask had something to forbid


def test_the_end_is_allowed_after_every_prefix(decoder):
    for reply in decoder.decode([Request([n], [1.0, 1.0, 0.0], max_tokens=60) for n in range(4, 24)]):
        assert all(2 not in no_run_twice(reply.tokens[:end]) for end in range(len(reply.tokens)))
