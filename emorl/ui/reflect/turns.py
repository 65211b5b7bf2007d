"""Which run of Generate a page still waits for: a newer one replaces it, Stop ends it.

Gradio reports a run that was cancelled as failed some time later, perhaps when the next has begun. So no run is
cancelled: whoever writes asks before each step whether the page still wants it. Runs are numbered by the page, upwards,
because requests may arrive in another order than they were sent. Left out: maps, which are cancelled.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

Wanted = Callable[[], bool]
"""Whether the page still waits for a run."""

MAX_RUN = 2**53
"""Numbers of runs are whole numbers below this, which is where a browser stops counting in ones."""


@dataclass
class _Page:
    """What is known of one page.

    Attributes:
        newest: Number of its newest run.
        stopped: The runs up to this one were stopped.
    """

    newest: int = 0
    stopped: int = -1


class Turns:
    """The runs of the last `capacity` pages, by Gradio's session; safe to use from several threads."""

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._pages: OrderedDict[str, _Page] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, session: str, run: int) -> Wanted:
        """A run has begun: those before it are not wanted any more."""
        with self._lock:
            page = self._page(session)
            page.newest = max(page.newest, run)
        return lambda: page.stopped < run >= page.newest

    def stop(self, session: str, run: int) -> None:
        """Stop was pressed during this run: it ends. Later runs are not affected."""
        with self._lock:
            page = self._page(session)
            page.stopped = max(page.stopped, run)

    def _page(self, session: str) -> _Page:
        page = self._pages.setdefault(session, _Page())
        self._pages.move_to_end(session)
        while len(self._pages) > self._capacity:
            self._pages.popitem(last=False)
        return page


def run_number(shown: object) -> int:
    """Number of the run that a result widget's value belongs to; 0 where the page gives none."""
    run = shown.get("run") if isinstance(shown, dict) else None
    return run if isinstance(run, int) and not isinstance(run, bool) and 0 <= run < MAX_RUN else 0
