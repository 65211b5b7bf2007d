"""Turns: whoever changes the ratings and writes the change into a journal does both alone.

All threads and processes whose journals are in one folder take turns. What a journal says about the others (`journal`)
is only true if none of them grows at that moment, and a deletion by command must not come between a change that the app
makes and its line. The turn is a lock on the folder itself, so there is no file that could be left behind: the system
gives it back when a process ends, however it ends.

Whoever waits for a lock of the database may have the turn; whoever has such a lock never waits for the turn. So no two
wait for each other. Left out: processes on other machines.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emorl.errors import RatingError

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

PATIENCE_S = 30.0
"""How long somebody waits for the turn. Others need it for milliseconds, unless the database keeps them waiting."""

PAUSE_S = 0.02
"""Between two attempts to lock the folder."""


class Turn:
    """The turn in one folder; a thread that has it may take it again."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, for this account alone: whoever can open it can keep the turn.

        Raises:
            RatingError: it cannot be made, or the system has no such locks.
        """
        if fcntl is None:
            raise RatingError.of(
                "a journal on a system that cannot lock folders",
                "Linux or macOS",
                "unset EMORL_JOURNAL_DATASET, and set EMORL_DATA to a folder without a journal",
            )
        self._folder = folder
        self._lock = threading.RLock()
        self._depth = 0
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as fault:
            raise RatingError.of(
                f"{folder}, which cannot be created ({fault.strerror})", "a writable folder", "set EMORL_DATA"
            ) from fault

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the turn, and have it within the block.

        Raises:
            RatingError: somebody else has it for longer than `PATIENCE_S`, or the folder cannot be locked.
        """
        deadline = time.monotonic() + PATIENCE_S
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise self._taken()
        try:
            handle = None if self._depth else self._lock_folder(deadline)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if handle is not None:
                    os.close(handle)  # gives the turn back
        finally:
            self._lock.release()

    def _lock_folder(self, deadline: float) -> int:
        """The folder, open and locked; the lock goes when it is closed."""
        try:
            handle = os.open(self._folder, os.O_RDONLY)
            try:
                while not _lock_at_once(handle):
                    if time.monotonic() > deadline:
                        raise self._taken()
                    time.sleep(PAUSE_S)
            except BaseException:
                os.close(handle)
                raise
        except OSError as fault:
            raise RatingError.of(
                f"{self._folder}, which cannot be locked ({fault.strerror})",
                "a folder on a disk of this machine that this account may read",
                "set EMORL_DATA",
            ) from fault
        return handle

    def _taken(self) -> RatingError:
        return RatingError.of(
            f"the journals in {self._folder}, which have been locked for {PATIENCE_S:g} seconds",
            "another change, deletion or restore to be finished by then",
            "please try again",
        )


def _lock_at_once(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
