"""Starts of the app on a machine whose processor is busy: each comes up, answers, and ends in order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.soak.record import Figures, Outcome
from tests.soak.serving import served

AMOUNT = 45
BUSY = 2 * (os.cpu_count() or 1)
"""Processes that do nothing but keep the processor busy."""


@contextmanager
def busy(count: int) -> Iterator[None]:
    """A processor that others use too."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in others:
            one.kill()
            one.wait()


def run(amount: int, folder: Path, others: int = BUSY) -> list[Outcome]:
    """Start the app so many times."""
    began, seconds, failed = time.monotonic(), [], []
    with busy(others):
        for number in range(amount):
            place = folder / str(number)
            place.mkdir(parents=True)
            started = time.monotonic()
            try:
                with served(place) as app:
                    seconds.append(time.monotonic() - started)
                    if (code := app.stop()) != 0:
                        failed.append(f"exit code {code}: {app.tail()}")
            except AssertionError as fault:
                failed.append(str(fault))
    (folder / "faults.txt").write_text("\n\n".join(failed), encoding="utf-8")
    figures: Figures = {
        "failed": len(failed),
        "busy processes beside it": others,
        "slowest start, s": max(seconds, default=0.0),
    }
    claim = "every start comes up and ends in order, however busy the processor is"
    return [Outcome("starts", amount, "starts", claim, not failed, figures, "scripted", time.monotonic() - began)]
