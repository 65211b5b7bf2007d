"""A moved slider gives the reply a fresh decode gives, and takes over what has not changed."""

from __future__ import annotations

import random

import pytest

from emorl.ensemble import ContinuousBatch, Decoded, EnsembleDecoder, Request, SequenceStatus
from emorl.ensemble.mask import no_run_twice
from emorl.ensemble.reuse import remix

PROMPT = [5, 6, 7, 8]


def write(decoder, request):
    *_, results = decoder.stream([request], keep_states=True, keep_cache=True)
    return results[0]


def rewrite(decoder: EnsembleDecoder, old: Request, written: Decoded, new: Request) -> tuple[Decoded, int]:
    """The reply under new weights, written to its end, and how many of its tokens no expert had to run for."""
    result = remix(decoder, old, written, new)
    reused = len(result.tokens)
    batch = ContinuousBatch(decoder)
    batch.resume(new, result)
    while batch.step():
        pass
    return result, reused


def test_equal_to_a_fresh_decode_over_random_weights(decoder):
    rng = random.Random(7)
    old = Request(PROMPT, [1.0, 1.0, 1.0], max_tokens=30)
    written = write(decoder, old)
    reused, masked = [], 0
    for _ in range(25):
        new = Request(PROMPT, [rng.random() for _ in range(3)], rng.choice([0.5, 1.0, 1.5]), max_tokens=30)
        found, count = rewrite(decoder, old, written, new)
        fresh = write(decoder, new)
        assert found.tokens == fresh.tokens and found.status == fresh.status
        assert found.logps == pytest.approx(fresh.logps, abs=1e-4)
        assert found.states.shape == fresh.states.shape
        assert (found.states - fresh.states).abs().max() < 1e-4
        common = next(
            (i for i, (a, b) in enumerate(zip(fresh.tokens, written.tokens, strict=False)) if a != b),
            len(written.tokens),
        )
        assert count == min(common + 1, len(fresh.tokens))  # the word that flips needs no expert either
        reused.append(count)
        masked += any(no_run_twice(fresh.tokens[:end]) for end in range(len(fresh.tokens)))
        old, written = new, found  # and again from there
    assert len(set(reused)) > 1 and masked > 2


def test_the_old_result_stays_as_it_was(decoder):
    old = Request(PROMPT, [1.0, 0.0, 0.0], max_tokens=10)
    written = write(decoder, old)
    before = list(written.tokens), written.states.clone(), written.cache.read(2, 4, 8)[0].clone()
    rewrite(decoder, old, written, Request(PROMPT, [0.0, 1.0, 0.0], max_tokens=10))
    assert written.tokens == before[0] and bool((written.states == before[1]).all())
    assert bool((written.cache.read(2, 4, 8)[0] == before[2]).all())


def test_another_prompt_a_sampled_reply_or_one_without_states_is_refused(decoder):
    old = Request(PROMPT, [1.0, 0.0, 0.0], max_tokens=5)
    written = write(decoder, old)
    with pytest.raises(ValueError, match="expected the same prompt"):
        rewrite(decoder, old, written, Request([9], [1.0, 0, 0]))
    with pytest.raises(ValueError, match="expected the same prompt"):
        rewrite(decoder, old, written, Request(PROMPT, [1.0, 0, 0], temperature=1.0))
    with pytest.raises(ValueError, match="expected both to be kept"):
        rewrite(decoder, old, decoder.decode([old])[0], old)


def test_joining_and_cancelling_change_nothing(decoder):
    rng = random.Random(3)
    requests = [
        Request(
            [rng.randrange(4, 40) for _ in range(rng.randrange(2, 9))],
            [rng.random() for _ in range(3)],
            rng.choice([0.7, 1.0]),
            rng.choice([0.0, 0.9]),
            seed=n,
            max_tokens=rng.randrange(4, 12),
        )
        for n in range(7)
    ]
    alone = [decoder.decode([r], keep_states=True)[0] for r in requests]
    batch = ContinuousBatch(decoder)
    results = batch.join(requests[:2], keep_states=True)
    batch.step()
    results += batch.join(requests[2:3], keep_states=True)
    results += batch.join(requests[3:5], keep_states=True)
    stopped = results[1]
    batch.step()
    batch.cancel([stopped])
    length = len(stopped.tokens)
    results += batch.join(requests[5:], keep_states=True)
    batch.cancel([stopped])  # it has left: nothing happens
    while batch.step():
        pass
    for number, (result, expected) in enumerate(zip(results, alone, strict=True)):
        if number == 1:
            assert len(stopped.tokens) == length and stopped.tokens == expected.tokens[:length]
            assert stopped.status is SequenceStatus.CANCELLED
        else:
            assert result.tokens == expected.tokens and result.status == expected.status
            assert (result.states - expected.states).abs().max() < 1e-4
    assert not batch.step()


def test_a_new_sequence_may_be_cancelled_before_its_first_step(decoder):
    batch = ContinuousBatch(decoder)
    first = batch.join([Request(PROMPT, [1.0, 0, 0], max_tokens=4)])
    batch.step()
    batch.cancel(batch.join([Request([9, 8], [1.0, 0, 0], max_tokens=4)]))
    while batch.step():
        pass
    assert first[0].tokens == decoder.decode([Request(PROMPT, [1.0, 0, 0], max_tokens=4)])[0].tokens


def test_a_finished_sequence_cannot_be_cancelled_and_is_not_continued(decoder):
    request = Request(PROMPT, [1.0, 0, 0], max_tokens=3)
    written = write(decoder, request)
    finished = written.status
    batch = ContinuousBatch(decoder)
    batch.cancel([written])
    batch.resume(request, written)
    assert not batch.step() and written.status is finished is not SequenceStatus.RUNNING
