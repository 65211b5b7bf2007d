"""The last few greedy replies with their states and caches, so that moved weights do not write them anew.

One reply for each prompt, the latest last. Left out: sampled replies, whose draws would have to be repeated.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from emorl.ensemble import Decoded, EnsembleDecoder, Request
from emorl.ensemble.rewrite import remix

MAX_REMEMBERED = 4


@dataclass(frozen=True)
class Remembered:
    """A greedy reply, what asked for it, and the base's own reply to the same prompt."""

    request: Request
    written: Decoded
    base: Decoded


class Memory:
    """The last replies; safe to use from several threads."""

    def __init__(self, size: int = MAX_REMEMBERED) -> None:
        """Args: how many replies are kept."""
        self._size = size
        self._last: list[Remembered] = []
        self._lock = threading.Lock()

    def keep(self, request: Request, written: Decoded, base: Decoded) -> None:
        """Remember a reply in place of an older one to the same prompt; the base's keeps no cache."""
        latest = Remembered(request, written, replace(base, cache=None))
        with self._lock:
            others = [one for one in self._last if one.request.prompt != request.prompt]
            self._last = [*others[max(0, len(others) - self._size + 1) :], latest]

    def begun(self, decoder: EnsembleDecoder, requests: list[Request]) -> dict[int, Decoded]:
        """What is known of these requests already, by their place in the list.

        Args:
            decoder: The ensemble that wrote what is remembered.
            requests: A greedy one, then the base's own where that is another.
        """
        with self._lock:
            found = next((one for one in self._last if one.request.prompt == requests[0].prompt), None)
        if found is None or requests[0].temperature:
            return {}
        taken = remix(decoder, found.request, found.written, requests[0])
        begun = {0: replace(taken, kept=list(taken.kept))}
        if len(requests) > 1:
            begun[1] = found.base
        return begun

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._last = []
