"""Tokens of sessions, signed and with their end inside, so that every process that has the key can check them.

Nothing is kept of a token that was given out. One that was closed is remembered by the process that was told, until it
would have ended by itself. Left out: whose session it is; there is one password, and whoever knows it is in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable

SESSION_S = 3600.0
_TOKEN = re.compile(r"(([0-9]{1,16})\.[\w-]{22})\.([0-9a-f]{64})", re.ASCII)


class Tokens:
    """Gives out tokens and checks them; safe to use from several threads."""

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        """Use a key that nobody else knows, and a clock in seconds, which all who share the key have to share too."""
        self._key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._closed: dict[str, float] = {}  # by token: when it would have ended

    def new(self) -> str:
        """A token of a session that ends in an hour."""
        end_ms = int((self._clock() + SESSION_S) * 1000)
        signed = f"{end_ms}.{secrets.token_urlsafe(16)}"
        return f"{signed}.{self._signature(signed)}"

    def is_open(self, token: object) -> bool:
        """Whether a token was given out with this key, has not ended and was not closed here."""
        end = self._end(token)
        with self._lock:
            return end is not None and end > self._clock() and token not in self._closed

    def close(self, token: object) -> None:
        """End a session, here; anything else that is given changes nothing."""
        end = self._end(token)
        if end is None:
            return
        with self._lock:
            now = self._clock()
            self._closed = {known: until for known, until in self._closed.items() if until > now}
            self._closed[str(token)] = end

    def _end(self, token: object) -> float | None:
        """When a token ends; None where it was not signed with this key."""
        found = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        if found is None or not hmac.compare_digest(found[3], self._signature(found[1])):
            return None
        return int(found[2]) / 1000

    def _signature(self, signed: str) -> str:
        return hmac.new(self._key, signed.encode("ascii"), hashlib.sha256).hexdigest()


def shared_key(secret: str, password: str) -> bytes:
    """The key of all processes that were started with this secret and this password."""
    return hmac.digest(secret.encode("utf-8"), b"emorl session " + password.encode("utf-8", "surrogatepass"), "sha256")
