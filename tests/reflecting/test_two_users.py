"""Two users at once: one writes, reads and scores while the other's reply is being scored."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import torch

from emorl.ensemble import Setting
from emorl.reflecting.reflection import Draft
from emorl.reflecting.reflector import Reflector

EVEN = Setting((1, 1, 1))
WAIT_S = 60


class Slow:
    """A scorer that holds the first reply it is given until `go`."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        self.begun.set()
        assert self.go.wait(WAIT_S)
        return torch.zeros(len(replies))


@pytest.fixture
def slow(reflector: Reflector) -> Slow:
    scorer = Slow()
    reflector.writer.scorers.by_objective["empathy"] = scorer
    return scorer


@pytest.fixture
def first(reflector: Reflector, slow: Slow) -> Iterator[Future[Any]]:
    """The first user's reflection, which is being scored."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(reflector.reflect, "I am tired.", EVEN)
        try:
            assert slow.begun.wait(WAIT_S)
            yield asked
        finally:
            slow.go.set()


def test_the_second_users_drafts_come_while_the_first_users_reply_is_scored(reflector, slow, first):
    steps = reflector.stream("I am torn.", Setting((1, 1, 1), temperature=1.0))
    drafts = [next(steps) for _ in range(3)]
    assert all(isinstance(draft, Draft) for draft in drafts) and drafts[-1].text
    assert not first.done()
    slow.go.set()
    *_, last = steps
    assert last.reflection.startswith(drafts[-1].text) and first.result(WAIT_S).reflection


def test_tokens_and_memory_are_free_while_a_reply_is_scored(reflector, first):
    writer = reflector.writer
    assert writer.prompt("Hello") == [5, 6, 7, 8] and writer.text([3, 4]) == "w3 w4"
    request = writer.request(writer.prompt("Hello"), EVEN)
    assert writer.memory.recall(writer.decoder, [request])[0].tokens  # the first user's reply, known before its scores
    assert not first.done()


def test_scores_wait_for_their_turn(reflector, slow, first):
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(reflector.writer.scores, "I am torn.", ["Hm."])
        with pytest.raises(TimeoutError):
            second.result(0.2)
        slow.go.set()
        assert set(second.result(WAIT_S)) == {"reflection", "empathy", "fluency"}
