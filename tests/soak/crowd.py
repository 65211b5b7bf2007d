"""Raters who work at the same time, and write down what the app said was stored."""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from emorl.ratings.storage.opening import open_to_read
from tests.ui.visiting import Visitor

STATEMENT = "I keep putting the letter back in the drawer."
RUBRIC = {"depth": "simple", "empathy": "1", "fluency": "2", "would_say": "yes"}
HELD = re.compile(r'"id":"([0-9a-f]{32})"')


class Crowd:
    """Raters in a thread each: they write a reflection, rate it, and answer an item of the queue, again and again.

    Attributes:
        acknowledged: Tokens of what the app said was stored.
        seconds: How long each of these took to be saved.
        refused: Messages in place of such an answer.
        broken: Connections that were lost, or never made.
    """

    def __init__(self, url: Callable[[], str], raters: int, seed: int, pause_s: tuple[float, float] = (0, 0)) -> None:
        """Args: says where the app is now; how many; for their pauses; from and to how long these are."""
        self._url, self._pause_s, self._seed = url, pause_s, seed
        self._done = threading.Event()
        self._configs: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(raters)]
        self.acknowledged: list[str] = []
        self.seconds: list[float] = []
        self.refused: list[str] = []
        self.broken = 0

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let everybody end what they are at."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count: int, seconds: float = 900.0) -> None:
        """Wait until so many more are acknowledged."""
        goal, deadline = len(self.acknowledged) + count, time.monotonic() + seconds
        while len(self.acknowledged) < goal:
            assert time.monotonic() < deadline, (self.refused[-3:], self.broken)
            time.sleep(0.01)

    def _work(self, number: int) -> None:
        rng, rater = random.Random(f"{self._seed} {number}"), uuid.uuid4().hex
        address = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
        while not self._done.is_set():
            try:
                visitor = self._visitor(address)
                while not self._done.is_set():
                    self._rate(visitor, rater)
                    rater = self._answer(visitor, rater)
                    self._done.wait(rng.uniform(*self._pause_s))
            except (httpx.HTTPError, ValueError, KeyError):  # the second and third: an answer that was cut off
                with self._lock:
                    self.broken += 1
                self._done.wait(0.2)

    def _visitor(self, address: str) -> Visitor:
        url = self._url()
        with self._lock:
            config = self._configs.get(url)
        visitor = Visitor(url, address, config)
        with self._lock:
            self._configs[url] = visitor.config
        return visitor

    def _rate(self, visitor: Visitor, rater: str) -> None:
        got = visitor.event("generate", [STATEMENT, {}, {}])
        held = HELD.findall(got)
        if not held:
            self.refused.append(got[-300:])
            return
        opening = f"{random.getrandbits(32):x}"
        form = {"id": held[-1], "opening": opening, "comment": "", "consent": False, **RUBRIC}
        began = time.monotonic()
        got = visitor.event("rate", [rater], form)
        self._note('"phase":"saved"' in got, f"{held[-1]}-{opening}", time.monotonic() - began, got[-300:])

    def _answer(self, visitor: Visitor, rater: str) -> str:
        """Answer an item; returns who comes next, somebody new after the last one."""
        shown = visitor.asked("queue", "next_item", {"rater": rater})
        if shown.get("phase") == "consent":
            visitor.event("start", [rater])
            shown = visitor.asked("queue", "next_item", {"rater": rater})
        if shown.get("phase") == "done":
            return uuid.uuid4().hex
        if shown.get("phase") != "item":
            self.refused.append(str(shown)[:300])
            return rater
        answers = {"choice": "left"} if len(shown["texts"]) == 2 else RUBRIC
        form = {**{name: shown[name] for name in ("rater", "assignment", "token")}, "answers": answers}
        began = time.monotonic()
        got = visitor.asked("queue", "submit_answer", form)
        self._note(got.get("phase") == "submitted", shown["token"], time.monotonic() - began, str(got)[:300])
        return rater

    def _note(self, stored: bool, token: str, seconds: float, got: str) -> None:
        with self._lock:
            if stored:
                self.acknowledged.append(token)
                self.seconds.append(seconds)
            else:
                self.refused.append(got)


def stored_tokens(url: str) -> set[str]:
    """Tokens of all ratings and answers in a database, which is checked first."""
    store = open_to_read(url)
    try:
        ratings = {one.given.client_token for one in store.all(revisions=True)}
        return ratings | {one.token for one in store.judgements(withdrawn=True)}
    finally:
        store.close()
