"""Many raters for some minutes, on SQLite and on PostgreSQL, with restarts in between.

In the middle the app is stopped as a host stops it, and started again; the PostgreSQL server too is restarted, without
asking those who are connected, while the app runs. Left out: a server on another machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.ratings.server import new_database, postgres
from tests.soak.crowd import Crowd, stored_tokens
from tests.soak.record import Figures, Outcome
from tests.soak.serving import Served, served

AMOUNT = 600
RATERS, FEWEST = 50, 3
DATABASES = ("SQLite", "PostgreSQL")
PAUSE_S = (1.0, 3.0)
LONGEST_S = 1.0
"""To save, for 95 of 100."""


def run(amount: int, folder: Path, databases: Sequence[str] = DATABASES) -> list[Outcome]:
    """Let raters work for `amount` seconds on each database; in a shorter time, fewer of them.

    Raises:
        NoPostgres: It is not installed.
    """
    found = []
    for name in databases:
        place = folder / name
        place.mkdir()
        if name == "SQLite":
            found.append(_on(name, f"sqlite:///{place / 'ratings.db'}", amount, place))
            continue
        with postgres() as server:
            found.append(_on(name, new_database(server.url), amount, place, server.restart))
    return found


def _on(name: str, url: str, amount: int, folder: Path, restart_server: Callable[[], None] | None = None) -> Outcome:
    began, raters = time.monotonic(), min(RATERS, max(FEWEST, RATERS * amount // AMOUNT))
    running: list[Served] = []
    with served(folder, DATABASE_URL=url) as first:
        first.wait_for_models()
        running.append(first)
        with Crowd(lambda: running[-1].url, raters, 0, PAUSE_S) as crowd:
            _work(crowd, amount / 4)
            if restart_server is not None:
                restart_server()
            _work(crowd, amount / 4)
            code = first.stop()
            before = len(crowd.acknowledged)
            with served(folder, DATABASE_URL=url) as second:
                second.wait_for_models()
                running.append(second)
                _work(crowd, amount / 2)
                crowd.stop()
                second.stop()
    lost = set(crowd.acknowledged) - stored_tokens(url)
    *_, p95 = cuts = statistics.quantiles(crowd.seconds, n=20, method="inclusive")
    figures: Figures = {
        "acknowledged": len(crowd.acknowledged),
        "of them after the restart": len(crowd.acknowledged) - before,
        "lost": len(lost),
        "refused in one line": len(crowd.refused),
        "tries without a connection": crowd.broken,
        "saving, median s": cuts[9],
        "saving, p95 s": p95,
    }
    claim = "no acknowledged rating or answer is lost, the restart included"
    held = not lost and code == 0
    if amount >= AMOUNT:
        claim += f", and 95 of 100 are saved within {LONGEST_S:g} s"
        held = held and p95 <= LONGEST_S
    part = f"raters, {name}"
    return Outcome(part, amount, f"s of {raters} raters", claim, held, figures, "scripted", time.monotonic() - began)


def _work(crowd: Crowd, seconds: float) -> None:
    """So long, and until something was stored, which a busy machine may take longer for."""
    ends = time.monotonic() + seconds
    crowd.wait_for(1)
    time.sleep(max(0.0, ends - time.monotonic()))
