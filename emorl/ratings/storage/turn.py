"""Turns: of all threads and processes with a journal in one folder, one at a time changes and writes down something.

What a journal says about the other ones (`journal`) holds only if none of them grows at that moment, and a deletion by
command must not come between a change of the running app and its line. The system takes a turn back when its process
ends, however it ends. Left out: processes on other machines.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emorl.errors import RatingError

PATIENCE_S = 30.0
"""How long another process is waited for, which takes milliseconds unless the database lets it wait."""

PAUSE_S = 0.02
"""Between two looks at whether it is our turn."""


class Turn:
    """The turn in one folder; a thread that has it may take it again."""

    def __init__(self, folder: Path) -> None:
        """Make the folder.

        Raises:
            RatingError: it cannot be made.
        """
        self._folder = folder
        self._lock = threading.RLock()
        self._depth = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise RatingError.of(
                f"{folder}, which cannot be created ({fault.strerror})", "a writable folder", "set EMORL_DATA"
            ) from fault

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the turn, and have it within the block.

        Raises:
            RatingError: another process has it for too long, or the folder is gone.
        """
        with self._lock:
            handle = None if self._depth else self._wait()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if handle is not None:
                    os.close(handle)  # gives the turn back

    def _wait(self) -> int:
        import fcntl  # here: Windows lacks it, and has no journal

        deadline = time.monotonic() + PATIENCE_S
        handle = None
        try:
            handle = os.open(self._folder, os.O_RDONLY)
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return handle
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(PAUSE_S)
        except OSError as fault:
            if handle is not None:
                os.close(handle)
            raise RatingError.of(
                f"the journals in {self._folder}, which cannot be used ({fault.strerror})",
                f"a folder that no other program holds for more than {PATIENCE_S:g} seconds",
                "please try again",
            ) from fault
