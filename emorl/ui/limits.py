"""How often one visitor may write, draw maps, rate and register in a minute: `count("generate")` before the act is all.

A visitor is an address, or a /64 network of IPv6 (`visitor.py`); people behind one router share a limit, which is why
the limits are wide. `settings()` has them; 0 stands for none. A refused act does not count, so whoever waits gets on.
The moments are of a clock that never goes back, and of the last minute only. They are in memory, of at most
`MAX_VISITORS` visitors for each act; beyond that, those who acted longest ago are forgotten.

A statement that speaks of a crisis is answered before anything is counted. Left out: what costs nothing that others
need (reading, drafts, the sliders), and limits over all visitors, which the queue sets.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from emorl.errors import LimitError
from emorl.settings import settings
from emorl.ui.strings import ACTS, ERRORS
from emorl.ui.visitor import visitor

if TYPE_CHECKING:
    from emorl.ratings import RatingStore

Act = Literal["generate", "map", "rate", "register"]
"""Let the models write; have an atlas grown; store a rating, an answer or an item; come in as a rater with a new id."""

WINDOW_S = 60.0
MAX_VISITORS = 1000


class Limiter:
    """Counts the acts of each visitor; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Use a clock in seconds that never goes back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._moments: dict[Act, dict[str, deque[float]]] = {}  # by act and visitor, the last to act at the end

    def count(self, act: Act, who: str, most: int) -> None:
        """Count one act.

        Args:
            act: Which kind.
            who: Whose act it is; from nobody, as outside a request, nothing is counted.
            most: Acts of this kind in a minute; 0 for no limit.

        Raises:
            LimitError: It is one too many.
        """
        if not who or not most:
            return
        with self._lock:
            now = self._clock()
            known = self._moments.setdefault(act, {})
            moments = known.pop(who, deque())
            while moments and moments[0] <= now - WINDOW_S:
                moments.popleft()
            wait_s = moments[len(moments) - most] + WINDOW_S - now if len(moments) >= most else 0.0
            if not wait_s:
                moments.append(now)
            known[who] = moments
            while len(known) > MAX_VISITORS:
                known.pop(next(iter(known)))
        if wait_s:
            raise LimitError(ERRORS["limit"].format(act=ACTS[act], most=most, seconds=math.ceil(wait_s)))


_limiter = Limiter()


def count(act: Act) -> None:
    """Count an act of the visitor who is being answered.

    Raises:
        LimitError: It is one too many in a minute; the message says how long to wait.
    """
    found = settings()
    most = {
        "generate": found.generate_per_minute,
        "map": found.map_per_minute,
        "rate": found.rate_per_minute,
        "register": found.register_per_minute,
    }
    _limiter.count(act, visitor(), most[act])


def count_rating(store: RatingStore, rater: str) -> None:
    """Count a rating, an answer or a sent item; where the rater's id is new, the registering too.

    Raises:
        LimitError: It is one too many of either.
        RatingError: The database cannot be read.
    """
    count("rate")
    count_rater(store, rater)


def count_rater(store: RatingStore, rater: str) -> None:
    """Count a rater's coming in, if the id is new.

    Raises:
        LimitError: It is one too many.
        RatingError: The database cannot be read.
    """
    if not store.knows(rater):
        count("register")
