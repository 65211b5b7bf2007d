"""Kills of the app while raters work: what it said was stored is in the database, and after a clean end in its file.

Left out: the file without its log right after a kill. The log is written into it after each commit, unless somebody
reads an older state at that moment.
"""

from __future__ import annotations

import random
import shutil
import time
from functools import partial
from pathlib import Path

from emorl.ratings import open_store
from tests.soak.crowd import Crowd, stored_tokens
from tests.soak.record import Figures, Outcome
from tests.soak.serving import served

AMOUNT = 200
RATERS = 4


def run(amount: int, folder: Path, seed: int = 0) -> list[Outcome]:
    """Kill the app so many times."""
    rng, began = random.Random(seed), time.monotonic()
    acknowledged: list[str] = []
    lost: set[str] = set()
    url = f"sqlite:///{folder / 'ratings.db'}"
    for number in range(amount):
        with served(folder) as app:
            app.wait_for_models()
            with Crowd(partial(getattr, app, "url"), RATERS, seed + number) as crowd:
                crowd.wait_for(1)
                time.sleep(rng.uniform(0.0, 2.0))
                app.kill()
        acknowledged += crowd.acknowledged
        lost |= set(acknowledged) - stored_tokens(url)
    open_store(url).close()
    copy = Path(shutil.copy(folder / "ratings.db", folder / "copy.db"))
    kept = stored_tokens(f"sqlite:///{copy}")
    lost |= set(acknowledged) - kept
    figures: Figures = {"acknowledged": len(acknowledged), "lost": len(lost), "stored": len(kept)}
    claim = "no acknowledged rating or answer is lost, and after a clean end the file alone holds them"
    held = not lost and len(acknowledged) >= amount
    return [Outcome("kills", amount, "kills", claim, held, figures, "scripted", time.monotonic() - began)]
