"""The app with every shipped model loaded and used stays small enough for a machine with 4 GB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.memory import GOAL_MB

pytestmark = pytest.mark.shipped
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="the resident set is read from /proc")
def test_the_whole_app_stays_within_its_memory() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.memory", "--json"]  # alone in a process: nothing else counts
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)["rows"]
    assert [row["name"] for row in rows][-1] == "every coalition"
    assert rows[0]["resident_mb"] + 500 < rows[1]["resident_mb"]  # the models are really there
    assert max(row["resident_mb"] for row in rows) < GOAL_MB, rows
