"""Finished reflections that can still be rated, kept in memory only.

The page gets a random id and sends it back with a rating, so that what is stored (reply, weights, model
hashes, scores) comes from the server and not from the browser. The oldest are dropped first; nothing is
written to disk.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from emorl.ui.writing.asked import Asked

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Reflection


LiveText = tuple[str, tuple[float, ...]]
"""Id of a finished reflection, and the shares that the sliders have been moved to since."""


@dataclass(frozen=True)
class CachedReflection:
    """A finished reflection that was shown.

    Attributes:
        reflection: As it was written; its setting is the one that wrote it.
        shown_at: When (UTC).
        asked: What had been asked for.
        edited: The counsellor's own version of it, if one was kept.
    """

    reflection: Reflection
    shown_at: datetime
    asked: Asked
    edited: str | None = None


class ReflectionCache:
    """The last `capacity` finished reflections by id; safe to use from several threads."""

    def __init__(self, capacity: int = 256) -> None:
        self._capacity = capacity
        self._items: OrderedDict[str, CachedReflection] = OrderedDict()
        self._live: OrderedDict[LiveText, str] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, reflection: Reflection, asked: Asked | None = None, live_of: LiveText | None = None) -> str:
        """Keep a reflection and return its id, 32 hexadecimal digits that cannot be guessed.

        Args:
            reflection: As it was written.
            asked: What was asked for; the reflection's own setting by default.
            live_of: Of what it is the live text, for `live`.
        """
        result_id = secrets.token_hex(16)
        found = CachedReflection(reflection, datetime.now(UTC), asked or Asked(reflection.setting))
        with self._lock:
            self._items[result_id] = found
            if live_of is not None:
                self._live[live_of] = result_id
            while len(self._items) > self._capacity:
                self._items.popitem(last=False)
            while len(self._live) > self._capacity:
                self._live.popitem(last=False)
        return result_id

    def live(self, result_id: str, shares: tuple[float, ...]) -> str | None:
        """Id of the text that was written for a reflection's statement with other shares, or None."""
        with self._lock:
            return self._live.get((result_id, shares))

    def edit(self, result_id: str, edited: str | None) -> bool:
        """Keep the counsellor's version beside a reflection (None takes it back); False if it was dropped."""
        with self._lock:
            cached = self._items.get(result_id)
            if cached is not None:
                self._items[result_id] = replace(cached, edited=edited)
        return cached is not None

    def get(self, result_id: str) -> CachedReflection | None:
        """The reflection with this id, or None if it is unknown or was dropped."""
        with self._lock:
            return self._items.get(result_id)
