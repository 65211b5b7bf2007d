"""Lets in whoever knows the password: sessions that end after an hour, and a pause after wrong passwords.

The pause is for the address that sent them: whoever guesses does not keep the people out who know the password. Each
process counts wrong passwords for itself; sessions are good in all processes that share a secret (`tokens.py`).
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
from emorl.ui.admin.tokens import Tokens

MAX_TRIES = 5
PAUSE_S = 60.0
MAX_PAUSE_S = 3600.0
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

    def __init__(self, secret: str, clock: Callable[[], float] = time.monotonic, tokens: Tokens | None = None) -> None:
        """Let in whoever knows a secret.

        Args:
            secret: The password, which is not empty.
            clock: In seconds.
            tokens: Those of the sessions; by default, none but this gate's own are good.
        """
        if not secret:
            raise ValueError("Got an empty password: expected one.")
        self._salt = secrets.token_bytes(16)
        self._secret = self._digest(secret)
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: dict[str, Tries] = {}  # by address, the last wrong one at the end
        self._tokens = tokens or Tokens(secrets.token_bytes(32), clock)

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
        return self._tokens.new()

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
        if not self._tokens.is_open(token):
            raise RatingError(strings.ERRORS["session"])

    def leave(self, token: object) -> None:
        """End a session; a token of none changes nothing."""
        self._tokens.close(token)

    def _digest(self, secret: str) -> bytes:
        return hashlib.sha256(self._salt + secret.encode("utf-8", "surrogatepass")).digest()
