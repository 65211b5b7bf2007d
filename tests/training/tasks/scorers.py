"""Scorers for runs in other processes; one of them can be made to kill the process that asks it.

They find their folder beside the base model, whose place every worker is told.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

CALL = 5
"""The call at which an armed scorer kills: after the validation of the warm start and three updates."""

calls = 0


def folder() -> Path:
    """Where the scorers keep what they know."""
    return Path(os.environ["EMORL_BASE"]).with_name("scorers")


def steady(statements: Sequence[str], replies: Sequence[str]) -> list[float]:
    """The share of a reply's characters in the lower half of ASCII."""
    return [sum(ord(c) < 80 for c in reply) / max(1, len(reply)) for reply in replies]


def deadly(statements: Sequence[str], replies: Sequence[str]) -> list[float]:
    """The length of a reply; where a file `armed` lies, the process is killed once, in the middle of an update."""
    global calls
    calls += 1
    with (folder() / "calls.txt").open("a") as file:
        file.write(f"{os.getpid()}\n")
    if calls == CALL and (folder() / "armed").exists():
        (folder() / "armed").unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return [min(1.0, len(reply) / 8) for reply in replies]
