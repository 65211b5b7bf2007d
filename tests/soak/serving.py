"""Starts, asks, stops and kills the app as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from emorl.building.build import Parts, build
from tests.browser.conftest import free_port
from tests.scoring.tiny import write_adapter
from tests.tiny import write_tiny_base

ROOT = Path(__file__).parents[2]
START_S = 900.0
"""How long a start may take, on a machine that is busy with other things."""

UNUSED = re.compile(r"EMORL_\w+|DATABASE_URL|HF_TOKEN|GRADIO_\w+|\w+_proxy", re.I)
"""Variables of the caller's environment that the app does not get."""


@dataclass
class Served:
    """An app that runs.

    Attributes:
        url: Its address.
        process: Its process.
        log: All that it has printed, of earlier starts too.
        answers: Where it answers.
        asked: How often it was asked.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    answers: Path
    asked: int = field(default=0)

    def wait_for_page(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                if httpx.get(self.url, timeout=30, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            assert self.process.poll() is None, f"the app ended: {self.tail()}"
            assert time.monotonic() < deadline, f"the app does not answer: {self.tail()}"
            time.sleep(0.1)

    def wait_for_models(self) -> None:
        """Wait until it can write."""
        deadline = time.monotonic() + START_S
        while (state := self.about()["models"]) == "loading":
            assert time.monotonic() < deadline, self.tail()
            time.sleep(0.2)
        assert state == "ready", self.tail()

    def about(self) -> dict[str, Any]:
        """What it says of itself; see `served.py`."""
        self.asked += 1
        assert self.process.stdin is not None
        self.process.stdin.write(f"{self.asked}\n".encode())
        self.process.stdin.flush()
        deadline = time.monotonic() + START_S
        while True:
            lines = self.answers.read_text(encoding="utf-8").splitlines() if self.answers.exists() else []
            if lines and lines[0] == str(self.asked):
                return dict(json.loads(lines[1]))
            assert self.process.poll() is None, f"the app ended: {self.tail()}"
            assert time.monotonic() < deadline, f"the app does not answer: {self.tail()}"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)

    def stop(self) -> int:
        """End it as a host does; returns the exit code."""
        self.process.terminate()
        return self.process.wait(60)

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]


@contextmanager
def served(folder: Path, kind: str = "scripted", tree: Path = ROOT, **environment: str) -> Iterator[Served]:
    """An app that answers, with its ratings in a folder; it has ended afterwards, whatever happened.

    Args:
        folder: For the ratings, the log and answers.
        kind: See `served.py`.
        tree: The app's sources.
        environment: More variables.
    """
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not UNUSED.fullmatch(name)}
    settings = {
        "EMORL_DATA": str(folder),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_NUM_PORTS": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(tree),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        **environment,
    }
    log, answers = folder / "app.log", folder / f"answers-{port}"
    command = [sys.executable, "-P", str(ROOT / "tests" / "soak" / "served.py"), kind, str(answers)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=tree, env={**kept, **settings}, stdin=subprocess.PIPE, stdout=output, stderr=output
        )
    app = Served(f"http://127.0.0.1:{port}/", process, log, answers)
    try:
        app.wait_for_page()
        yield app
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(60)
        if process.stdin is not None:
            process.stdin.close()


def tiny_models(folder: Path) -> dict[str, str]:
    """Tiny models with two objectives in a new folder: the environment that names them."""
    base = write_tiny_base(folder / "base")
    adapters = {name: write_adapter(folder / name, base, seed) for seed, name in enumerate(("calm", "brief"))}
    return {"EMORL_BASE": str(base), "EMORL_MODELS": str(build(folder / "models", Parts(adapters, base)))}
