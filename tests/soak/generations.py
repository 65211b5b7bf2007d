"""Reflections that are cancelled, stopped, or whose reader is lost: nothing of them goes on or stays in memory.

Each visitor has a session of their own and does one of six things with a reflection: reads it to its end, stops it with
the page's Stop, cancels it as Gradio does when a page is left, loses the connection in the middle, never listens, or
calls a public function and goes.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from emorl.ui.sessions import SESSIONS
from tests.soak import memory
from tests.soak.crowd import HELD
from tests.soak.record import Figures, Outcome
from tests.soak.serving import ROOT, Served, served, tiny_models
from tests.ui.visiting import Visitor, given

AMOUNT = 2000
AT_ONCE = 6
WAYS = ("read", "stopped", "cancelled", "lost", "never heard", "called")
WAIT_S = 600.0


def one(url: str, config: Any, number: int) -> tuple[str, bool]:
    """One reflection: what was done with it, and whether it was read to its end."""
    way, rng = WAYS[number % len(WAYS)], random.Random(number)
    visitor = Visitor(url, f"10.1.{number // 250 % 250}.{number % 250}", config)
    statement = f"I am tired, for {number} days now."
    with visitor.web:
        if way == "called":
            event = visitor.web.post("/gradio_api/call/stream", json={"data": given(statement)}).json()["event_id"]
            with visitor.web.stream("GET", f"/gradio_api/call/stream/{event}") as answer:
                next(answer.iter_lines())
            return way, False
        mix = {"weights": {"calm": 1, "brief": rng.random()}, "strength": 1.0, "temperature": 0.0, "seed": 0}
        session, event = visitor.join("generate", [statement, mix, {"run": 1}])
        if way == "never heard":
            return way, False
        lines = visitor.heard(session)
        if way == "read":
            return way, HELD.search("\n".join(lines)) is not None
        for _ in zip(range(rng.randrange(2, 20)), lines, strict=False):
            pass
        if way == "stopped":
            visitor.stop(session, 1)
        elif way == "cancelled":
            visitor.cancel("generate", session, event)
        lines.close()
    return way, False


def quiet(app: Served) -> dict[str, Any]:
    """What the app says once nothing is being written, or after a long wait."""
    deadline = time.monotonic() + WAIT_S
    while True:
        found = app.about()
        if not found["rows"] and not found["jobs"] or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def run(amount: int, folder: Path) -> list[Outcome]:
    """Begin so many reflections."""
    began = time.monotonic()
    ways, read = Counter[str](), 0
    models = folder / "models"
    models.mkdir()
    with served(folder, "tiny", ROOT, EMORL_GENERATE_PER_MINUTE="0", **tiny_models(models)) as app:
        app.wait_for_models()
        config = httpx.get(f"{app.url}config", trust_env=False).json()
        found = []
        for numbers in memory.fifths(amount):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for way, to_its_end in pool.map(lambda number: one(app.url, config, number), numbers):
                    ways[way] += 1
                    read += to_its_end
            found.append(quiet(app))
        code = app.stop()
    resident_mb = [now["rss_mb"] for now in found]
    log = app.log.read_text(encoding="utf-8", errors="replace")
    figures: Figures = {
        **ways,
        "read to the end": read,
        "rows left": max(now["rows"] for now in found),
        "requests left": max(now["jobs"] for now in found),
        "sessions kept": found[-1]["sessions"],
        "threads": found[-1]["threads"],
        "exit code": code,
        "memory after each fifth, MB": memory.shown(resident_mb),
    }
    claim = f"who listens gets the reflection, every row is freed, no request is left, at most {SESSIONS} sessions are"
    held = not any(now["rows"] or now["jobs"] for now in found) and read == ways["read"]
    held = held and 0 < found[-1]["sessions"] <= SESSIONS and code == 0 and "Traceback" not in log
    if amount >= AMOUNT:
        claim += memory.CLAIM
        held = held and memory.is_flat(resident_mb)
    return [Outcome("generations", amount, "reflections", claim, held, figures, "tiny", time.monotonic() - began)]
