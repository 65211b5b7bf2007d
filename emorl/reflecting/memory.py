"""The last few greedy replies with their states and caches, so that new weights do not write them from the start.

One reply for each prompt, the latest last. Left out: sampled replies, whose random draws would have to be repeated.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from emorl.ensemble import Decoded, EnsembleDecoder, Request
from emorl.ensemble.reuse import remix

MAX_REMEMBERED = 4


@dataclass(frozen=True)
class Remembered:
    """A greedy reply, its request, and the base's own reply to the same prompt."""

    request: Request
    written: Decoded
    base: Decoded


class Memory:
    """The last replies; safe to use from several threads."""

    def __init__(self, size: int = MAX_REMEMBERED) -> None:
        """Args: the number of replies that are kept."""
        self._size = size
        self._last: list[Remembered] = []
        self._lock = threading.Lock()

    def keep(self, request: Request, written: Decoded, base: Decoded) -> None:
        """Remember a reply instead of an older one to the same prompt; the base's without its cache."""
        latest = Remembered(request, written, replace(base, cache=None))
        with self._lock:
            others = [one for one in self._last if one.request.prompt != request.prompt]
            self._last = [*others[max(0, len(others) - self._size + 1) :], latest]

    def recall(self, decoder: EnsembleDecoder, requests: list[Request]) -> dict[int, Decoded]:
        """What is already known of the replies to these requests, by index in the list.

        Args:
            decoder: The ensemble that wrote what is remembered.
            requests: A greedy one, then the base's own if that is a different one.
        """
        with self._lock:
            found = next((one for one in self._last if one.request.prompt == requests[0].prompt), None)
        if found is None or requests[0].temperature:
            return {}
        partial = {0: remix(decoder, found.request, found.written, requests[0])}
        if len(requests) > 1:
            partial[1] = found.base
        return partial
