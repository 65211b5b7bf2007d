"""A reserve of disk space beside the database, so that a full disk cannot stop a deletion.

SQLite needs space even to delete: first the changed pages go to its log. Once the disk is full, the reserve is given
up for that, and made again afterwards. It is as large as the database, because a deletion can touch every page.

Left out: databases on a server, and whatever fills the disk again in the same moment.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

SLACK_BYTES = 2**18
MAX_BYTES = 2**26
FREE_SHARE = 2
"""The disk must have this many times the reserve before one is made."""


class Reserve:
    """The reserve of one database file."""

    def __init__(self, database: Path) -> None:
        """Name the database; nothing is written yet."""
        self._database = database
        self.file = database.with_name(f"{database.name}-reserve")

    def fill(self) -> None:
        """Make the reserve, or make it larger. Without enough space there is none, which is no error."""
        with suppress(OSError):
            wanted = min(MAX_BYTES, self._database.stat().st_size + SLACK_BYTES)
            there = self.file.stat().st_size if self.file.exists() else 0
            if there >= wanted or shutil.disk_usage(self.file.parent).free < FREE_SHARE * wanted:
                return
            handle = os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                _allocate(handle, wanted + SLACK_BYTES)
            except OSError:
                self.file.unlink()
                raise
            finally:
                os.close(handle)

    def release(self) -> bool:
        """Give the space back; returns whether there was any."""
        try:
            self.file.unlink()
        except OSError:
            return False
        return True


def _allocate(handle: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
        return
    for _ in range(0, size, SLACK_BYTES):  # random, because some file systems store zeros as nothing
        os.write(handle, os.urandom(SLACK_BYTES))
