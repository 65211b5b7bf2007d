"""Many threads share one batch: each reads what it would have read alone; stopping, errors and a full queue."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from emorl.ensemble import ContinuousBatch, Request, Scheduler
from emorl.ensemble.reuse import remix
from emorl.errors import BusyError, WeightError, WritingStopped


def request(n: int, max_tokens: int = 14) -> Request:
    rng = random.Random(n)
    prompt = [rng.randrange(4, 40) for _ in range(rng.randrange(2, 9))]
    return Request(prompt, [rng.random() for _ in range(3)], 1.0, rng.choice([0.0, 0.8]), n, max_tokens)


LONG = Request([5, 6, 7], [1.0, 1.0, 1.0], max_tokens=120)


@pytest.fixture
def unhurried(decoder, monkeypatch):
    """The decoder with steps of at least 20 ms and no end token, so that a long request really lasts."""
    step = ContinuousBatch.step

    def slowly(batch: ContinuousBatch) -> bool:
        time.sleep(0.02)
        return step(batch)

    monkeypatch.setattr(ContinuousBatch, "step", slowly)
    monkeypatch.setattr(decoder, "end_tokens", frozenset())
    return decoder


def test_every_user_reads_what_it_would_alone(decoder):
    scheduler = Scheduler(decoder, max_sequences=6)
    jobs = [[request(10 * n), request(10 * n + 1)][: 1 + n % 2] for n in range(12)]

    def ask(job):
        steps = [[len(r.tokens) for r in results] for results in scheduler.stream(job)]
        *_, results = scheduler.stream(job)
        return steps, [r.tokens for r in results]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, jobs))
    for job, (steps, tokens) in zip(jobs, answers, strict=True):
        assert tokens == [decoder.decode([r])[0].tokens for r in job]
        assert steps[-1] == [len(t) for t in tokens]
        assert all(
            a <= b for before, after in zip(steps, steps[1:], strict=False) for a, b in zip(before, after, strict=True)
        )
    assert scheduler.load() == (0, 0)


def test_a_new_job_joins_the_batch_of_a_running_one(unhurried):
    scheduler = Scheduler(unhurried)
    long = scheduler.stream([LONG])
    next(long)
    *_, results = scheduler.stream([request(1, 6)])  # ends while the long one is still being written
    assert results[0].tokens == unhurried.decode([request(1, 6)])[0].tokens
    assert scheduler.load()[0] == 1
    long.close()
    wait_until(lambda: scheduler.load() == (0, 0))


def test_a_full_queue_says_so_and_stopping_makes_room(unhurried):
    scheduler = Scheduler(unhurried, max_sequences=1, max_waiting=1)
    first = scheduler.stream([LONG])
    next(first)
    found: list[list[int]] = []
    second = threading.Thread(target=lambda: found.extend(r.tokens for r in [*scheduler.stream([request(2, 5)])][-1]))
    second.start()
    wait_until(lambda: scheduler.load() == (1, 1))
    with pytest.raises(BusyError, match=r"^Got a request while 1 others are waiting: expected fewer than 1; try again"):
        next(scheduler.stream([request(3)]))
    first.close()
    second.join(60)
    assert found == [unhurried.decode([request(2, 5)])[0].tokens]


def test_bad_requests_are_refused_before_they_wait(decoder):
    scheduler = Scheduler(decoder)
    with pytest.raises(WeightError):
        next(scheduler.stream([Request([5], [1.0, -1.0, 0.0])]))
    with pytest.raises(ValueError, match="Got prompts of .0. tokens"):
        next(scheduler.stream([Request([], [1.0, 1.0, 0.0])]))
    assert scheduler.load() == (0, 0)


def test_an_error_in_the_worker_reaches_the_caller_and_the_next_request_works(decoder, monkeypatch):
    scheduler = Scheduler(decoder)
    with monkeypatch.context() as broken:
        broken.setattr(type(decoder), "prefill", lambda *_: (_ for _ in ()).throw(MemoryError("no room")))
        with pytest.raises(MemoryError, match="no room"):
            list(scheduler.stream([request(4)]))
    *_, results = scheduler.stream([request(4)])
    assert results[0].tokens == decoder.decode([request(4)])[0].tokens


def test_a_request_that_cannot_be_started_ends_alone(unhurried):
    """A seed that PyTorch refuses, past all checks: somebody else's reply goes on."""
    scheduler = Scheduler(unhurried)
    other = scheduler.stream([Request([5, 6, 7], [1.0, 1.0, 1.0], max_tokens=30)])
    next(other)
    with pytest.raises((RuntimeError, ValueError, OverflowError)):
        list(scheduler.stream([Request([5, 6], [1.0, 1.0, 1.0], temperature=1.0, seed=2**70)]))
    *_, (written,) = other
    assert len(written.tokens) == 30
    assert scheduler.load() == (0, 0)


def test_a_dead_thread_is_told_logged_and_started_again(unhurried, monkeypatch, caplog):
    scheduler = Scheduler(unhurried, max_sequences=1)
    running = scheduler.stream([LONG])
    next(running)
    found: list[list[int]] = []
    waiting = threading.Thread(target=lambda: found.extend(r.tokens for r in [*scheduler.stream([request(2, 5)])][-1]))
    waiting.start()
    wait_until(lambda: scheduler.load() == (1, 1))
    step, broken = ContinuousBatch.step, [True]

    def dies(batch: ContinuousBatch) -> bool:
        if broken.pop() if broken else False:
            raise SystemExit("the cause")
        return step(batch)

    monkeypatch.setattr(ContinuousBatch, "step", dies)
    with pytest.raises(WritingStopped, match="started again"):
        list(running)
    waiting.join(60)
    assert found == [unhurried.decode([request(2, 5)])[0].tokens]  # who waited is written all the same
    assert "SystemExit" in caplog.text and "the cause" in caplog.text


def test_who_hears_nothing_from_a_dead_thread_is_told(decoder, monkeypatch):
    monkeypatch.setattr("emorl.ensemble.scheduler.CHECK_S", 0.05)
    scheduler = Scheduler(decoder)
    monkeypatch.setattr(scheduler, "_run", lambda: None)  # ends at once, and says nothing
    with pytest.raises(WritingStopped):
        list(scheduler.stream([request(4)]))


def wait_until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_reply_taken_over_goes_on_beside_others(decoder):
    """Moved weights: only the rest is written, in the same batch as a stranger's reply; equal to writing afresh."""
    scheduler = Scheduler(decoder)
    old = Request([5, 6, 7, 8], [1.0, 1.0, 1.0], max_tokens=10)
    *_, (written,) = scheduler.stream([old], keep_states=True, keep_cache=True)
    stranger = Request([9, 4, 4], [0.0, 1.0, 0.0], max_tokens=7)
    taken = []
    for weights in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.2], [0.1, 0.0, 1.0], [2.0, 2.0, 2.0]):
        new = Request(old.prompt, weights, max_tokens=10)
        partial = remix(decoder, old, written, new)
        taken.append(len(partial.tokens))
        *_, (other, found) = scheduler.stream([stranger, new], True, True, {1: partial})
        fresh = decoder.decode([new], keep_states=True)[0]
        assert found.tokens == fresh.tokens and found.status == fresh.status
        assert (found.states - fresh.states).abs().max() < 1e-4
        assert other.tokens == decoder.decode([stranger])[0].tokens
    assert taken[-1] == len(written.tokens) and len(set(taken)) > 1
