"""What tasks of the tests do: functions of a module, because other processes have to find them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from emorl.errors import ConfigError


def note(folder: Path, name: str, resume: bool, anew: bool) -> None:
    """Leave a line with what was asked for, the process and its variables."""
    with (folder / f"{name}.txt").open("a") as file:
        file.write(f"{resume} {anew} {os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES', '-')}\n")


def die(folder: Path, name: str, times: int, resume: bool, anew: bool) -> None:
    """As `note`, and then the process is killed, so many times."""
    note(folder, name, resume, anew)
    if len((folder / f"{name}.txt").read_text().splitlines()) <= times:
        os.kill(os.getpid(), signal.SIGKILL)


def refuse(folder: Path, name: str, resume: bool, anew: bool) -> None:
    """A user's error."""
    raise ConfigError.of(name, "something else", "change it")


class Odd(Exception):
    """An error that cannot be pickled."""

    def __init__(self, folder: Path, text: str) -> None:
        super().__init__(text)
        self.handle = (folder / "odd.txt").open("w")


def fail_oddly(folder: Path, name: str, resume: bool, anew: bool) -> None:
    """A fault of ours."""
    raise Odd(folder, name)


def wait_for(folder: Path, name: str, resume: bool, anew: bool) -> None:
    """As `note`, and then it takes a minute."""
    note(folder, name, resume, anew)
    time.sleep(60)
