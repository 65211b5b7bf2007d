"""Lets in whoever knows the password: sessions that end after an hour, and a pause after wrong passwords.

The pause is for the address that sent them: whoever guesses does not keep the people out who know the password.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from emorl.errors import RatingError
from emorl.ui.admin import strings

MAX_TRIES = 5
PAUSE_S = 60.0
MAX_PAUSE_S = 3600.0
SESSION_S = 3600.0
MAX_ADDRESSES = 1000
"""Addresses with wrong passwords that are remembered; beyond that, those that waited longest are forgotten."""


@dataclass
class Tries:
    """Wrong passwords from one address.

    Attributes:
        wrong: Number of them.
        shut_until: No password is tried before this, in seconds of the clock.
    """

    wrong: int = 0
    shut_until: float = 0.0


class Gate:
    """Lets in whoever knows the password; safe to use from several threads."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Use a password that is not empty, and a clock in seconds."""
        if not secret:
            raise ValueError("Got an empty password: expected one.")
        self._salt = secrets.token_bytes(16)
        self._secret = self._digest(secret)
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: dict[str, Tries] = {}  # by address, the last wrong one at the end
        self._sessions: dict[str, float] = {}  # by token: when the session ends

    def enter(self, tried: object, address: str = "") -> str:
        """A new session's token.

        Args:
            tried: The password.
            address: Where it comes from.

        Raises:
            RatingError: the password is wrong, or too many from this address were wrong a moment ago; then
                even the right one waits.
        """
        with self._lock:
            now, tries = self._clock(), self._tries.get(address, Tries())
            if now < tries.shut_until:
                wait = math.ceil(tries.shut_until - now)
                raise RatingError(strings.ERRORS["locked"].format(seconds=wait))
            given = self._digest(tried if isinstance(tried, str) else "")
            if not hmac.compare_digest(given, self._secret):
                self._count(address, tries, now)
                raise RatingError(strings.ERRORS["login"])
            self._tries.pop(address, None)
            self._sessions = {token: end for token, end in self._sessions.items() if end > now}
            token = secrets.token_urlsafe(32)
            self._sessions[token] = now + SESSION_S
            return token

    def _count(self, address: str, tries: Tries, now: float) -> None:
        """One more wrong password; from the fifth on each doubles the pause."""
        tries.wrong += 1
        if tries.wrong >= MAX_TRIES:
            tries.shut_until = now + min(MAX_PAUSE_S, PAUSE_S * 2.0 ** min(tries.wrong - MAX_TRIES, 60))
        self._tries.pop(address, None)
        self._tries[address] = tries
        while len(self._tries) > MAX_ADDRESSES:
            self._tries.pop(next(iter(self._tries)))

    def check(self, token: object) -> None:
        """Refuse a token that does not belong to a session of the last hour.

        Raises:
            RatingError: it does not.
        """
        with self._lock:
            end = self._sessions.get(token) if isinstance(token, str) else None
            if end is None or end <= self._clock():
                raise RatingError(strings.ERRORS["session"])

    def leave(self, token: object) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(str(token), None)

    def _digest(self, secret: str) -> bytes:
        return hashlib.sha256(self._salt + secret.encode("utf-8", "surrogatepass")).digest()
