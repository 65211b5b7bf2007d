"""Replay across a restart: one process writes and stores, another finds it in the database and writes it again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from emorl.building.build import Parts, build
from emorl.ensemble import Setting
from emorl.ensemble.products import PRECISIONS
from emorl.ratings import Item, RatingQueue, Side, open_store
from emorl.reflecting.reflection import Reflection
from emorl.reflecting.reflector import Reflector
from tests.scoring.tiny import write_adapter

STATEMENTS = [f"I am tired, for {days} days now." for days in range(2, 40)]
SETTINGS = [Setting((0.3, 0.7)), Setting((0.5, 0.5), 1.2, 0.8, 7)]
AGAIN = "import sys; from pathlib import Path; from emorl import cli; db, models, *keys = sys.argv[1:]\n"
AGAIN += "for key in keys: cli.write_again(key, db=db, models=Path(models))"


def side(written: Reflection, name: str) -> Side:
    """What is stored of a reflection."""
    kept = {key: getattr(written.setting, key) for key in ("strength", "temperature", "seed")}
    return Side(written.reflection, name, written.weights, {**kept, "model": written.model, "written": written.written})


def pair(reflector: Reflector, beside: bool) -> tuple[str, list[Reflection]]:
    """A statement with two reflections, written beside each other or one after the other.

    The tiny base says anything at all; the first pair is taken whose texts a database can hold.
    """
    for statement in STATEMENTS:
        if beside:
            *_, last = reflector.side_by_side(statement, SETTINGS, explain=False)
            both = [one for one in last if isinstance(one, Reflection)]
        else:
            both = [reflector.reflect(statement, setting, explain=False) for setting in SETTINGS]
        if not any("\0" in one.reflection for one in both):
            return statement, both
    raise AssertionError("every reply of the tiny base has a NUL")


def test_a_new_process_writes_the_same_in_every_precision(tiny_base: Path, tmp_path: Path, monkeypatch) -> None:
    adapters = {name: write_adapter(tmp_path / name, tiny_base, seed) for seed, name in enumerate(("calm", "brief"))}
    models = build(tmp_path / "models", Parts(adapters, tiny_base))
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as in this process: see tests/conftest.py
    url = f"sqlite:///{tmp_path / 'ratings.db'}"
    store, keys, texts = open_store(url), [], []
    for precision in PRECISIONS:
        reflector = Reflector.load(models, precision)
        statement, both = pair(reflector, beside=precision == "float32")
        item = Item(statement, side(both[0], "A"), side(both[1], "B"), source="compare")
        RatingQueue(store, ()).send("rater-a", item)
        keys.append(item.key)
        texts += [f"identical in {precision}: {one.reflection}" for one in both]
    store.close()
    command = [sys.executable, "-c", AGAIN, url, str(models), *keys]
    env = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, capture_output=True, env=env, timeout=300, check=False)
    assert (done.returncode, done.stdout.decode()) == (0, "".join(f"{text}\n" for text in texts))
    assert not any(line in done.stderr.decode() for line in (" then, ", "difference"))
