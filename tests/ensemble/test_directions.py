"""Many weight vectors at once write what each writes alone."""

from __future__ import annotations

import random

import pytest

from emorl.ensemble import Request, decode_directions
from emorl.ensemble.mask import no_run_twice
from emorl.errors import WeightError

PROMPTS = [[5, 6, 7, 8], [9, 10, 11], [5, 6, 7, 12, 13, 14]]


def vectors(n: int) -> list[list[float]]:
    rng = random.Random(4)
    corners = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
    return corners + [[rng.random() for _ in range(3)] for _ in range(n)]


@pytest.mark.parametrize("strength", [1.0, 1.7])
def test_equal_to_decoding_each_pair_alone(decoder, strength):
    weights = vectors(14)
    found = decode_directions(decoder, PROMPTS, weights, strength, max_tokens=30)
    for prompt, row in zip(PROMPTS, found.tokens, strict=True):
        for w, tokens in zip(weights, row, strict=True):
            assert tokens == decoder.decode([Request(prompt, w, strength, max_tokens=30)])[0].tokens
    every = [tokens for row in found.tokens for tokens in row]
    assert any(no_run_twice(tokens[:end]) for tokens in every for end in range(len(tokens)))  # the mask was asked


def test_counts_what_it_saves(decoder):
    same = decode_directions(decoder, PROMPTS[:1], [[1.0, 0, 0], [2.0, 0, 0], [3.0, 0, 0]], max_tokens=8)
    assert same.tokens[0][0] == same.tokens[0][1] == same.tokens[0][2]
    written = len(same.tokens[0][0])
    assert same.steps == written - 1  # the first word comes from the prefill
    assert same.alone == 3 * (written - 1)
    many = decode_directions(decoder, PROMPTS, vectors(14), max_tokens=8)
    prefixes = {(p, tuple(t[:n])) for p, row in enumerate(many.tokens) for t in row for n in range(1, len(t))}
    assert many.steps == len(prefixes) < many.alone


def test_bad_weights_and_prompts_are_refused(decoder):
    with pytest.raises(WeightError, match="expected 3"):
        decode_directions(decoder, PROMPTS, [[1.0, 1.0]])
    refused: list[list[list[int]]] = [[], [[]], [[1] * 5000]]
    for prompts in refused:
        with pytest.raises(ValueError, match="Got prompts of"):
            decode_directions(decoder, prompts, [[1.0, 1.0, 1.0]])
