"""An upgrade with both versions on one database: raters work with the old app while the new one starts and migrates.

The old version is what git has from before the newest migration. Raters of both work side by side, then the old app is
stopped. Started again it must say in one line that the database is newer, and change nothing.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
import time
from functools import partial
from pathlib import Path

from emorl.ratings.storage import migrations
from emorl.ratings.storage.snapshot import revision_of
from tests.soak.crowd import Crowd, stored_tokens
from tests.soak.record import Figures, Outcome
from tests.soak.serving import ROOT, served

AMOUNT = 10
RATERS = 4


class NoHistory(Exception):
    """These sources have no history in git."""


def old_sources(folder: Path) -> Path:
    """The sources from before the newest migration, in a new folder.

    Raises:
        NoHistory: Git has none.
    """
    (file,) = (ROOT / "emorl/ratings/storage/migrations/versions").glob(f"{migrations.latest()}_*.py")
    added = _git("log", "--diff-filter=A", "--format=%H", "--", str(file.relative_to(ROOT))).split()
    if not added:
        raise NoHistory(f"git does not know when {file.name} was added")
    packed = _git("archive", f"{added[-1].decode()}^", "app.py", "emorl", "tests", "data")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _git(*arguments: str) -> bytes:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError) as fault:
        raise NoHistory(f"git cannot say ({fault})") from fault


def run(amount: int, folder: Path, seed: int = 0) -> list[Outcome]:
    """Upgrade so many times, each time with an empty database.

    Raises:
        NoHistory: There is no older version.
    """
    began = time.monotonic()
    (folder / "old").mkdir()
    old = old_sources(folder / "old")
    acknowledged, beside, refused, lost, wrong = 0, 0, 0, 0, []
    for number in range(amount):
        place = folder / str(number)
        place.mkdir()
        with served(place, tree=old) as before:
            before.wait_for_models()
            with Crowd(partial(getattr, before, "url"), RATERS, seed + number) as on_old:
                on_old.wait_for(2)
                first = revision_of(place / "ratings.db")
                with served(place) as after:
                    after.wait_for_models()
                    with Crowd(partial(getattr, after, "url"), RATERS, seed + number) as on_new:
                        on_new.wait_for(5)
                        at = len(on_old.acknowledged)
                        on_old.wait_for(5)
                        beside += len(on_old.acknowledged) - at
                        on_old.stop()
                        if before.stop() != 0:
                            wrong.append(f"the old app ended badly: {before.tail()}")
                        on_new.wait_for(5)
                        on_new.stop()
                    if after.stop() != 0:
                        wrong.append(f"the new app ended badly: {after.tail()}")
        tokens = [*on_old.acknowledged, *on_new.acknowledged]
        acknowledged, refused = acknowledged + len(tokens), refused + len(on_old.refused) + len(on_new.refused)
        lost += len(set(tokens) - stored_tokens(f"sqlite:///{place / 'ratings.db'}"))
        if not first < migrations.latest() == revision_of(place / "ratings.db"):
            wrong.append(f"from revision {first} to {revision_of(place / 'ratings.db')}")
        wrong += _old_again(place, old)
    (folder / "faults.txt").write_text("\n\n".join(wrong), encoding="utf-8")
    figures: Figures = {
        "acknowledged": acknowledged,
        "of them by the old app beside the new": beside,
        "lost": lost,
        "refused in one line": refused,
        "other faults": len(wrong),
    }
    claim = (
        "no acknowledged rating or answer is lost, and the old app, started again, refuses the newer database in a line"
    )
    held = not lost and not wrong and beside > 0
    return [Outcome("upgrade", amount, "upgrades", claim, held, figures, "scripted", time.monotonic() - began)]


def _old_again(place: Path, old: Path) -> list[str]:
    """What is wrong with how the old app refuses the newer database."""
    before = stored_tokens(f"sqlite:///{place / 'ratings.db'}")
    (place / "app.log").write_text("", encoding="utf-8")
    try:
        with served(place, tree=old):
            return ["the old app started on the newer database"]
    except AssertionError:
        said = (place / "app.log").read_text(encoding="utf-8")
    faults = [] if "does not know" in said and "Traceback" not in said else [f"the old app said: {said}"]
    kept = stored_tokens(f"sqlite:///{place / 'ratings.db'}")
    return faults + ([] if kept == before else ["the old app changed the newer database"])
