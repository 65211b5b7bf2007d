"""An append-only journal of all that is rated, for hosts whose disk does not outlive a restart.

JSON lines (see `events`), one file for each start of a process (its name is random), written after the database has
committed. A line that is written twice does no harm: `restore` goes by tokens. A deletion is a line too, so a deleted
rating does not come back; the older lines stay in the files until a person removes those.

Left out: pushing the files, which `emorl.ratings.export.hub` does.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from emorl.errors import RatingError
from emorl.ratings.storage.events import Event, write_event


class Journal:
    """One process's journal file in a folder; `append` may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; the file appears with the first line."""
        self.folder = folder
        self.file = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex}.jsonl"
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise RatingError.of(
                f"{folder}, which cannot be created ({fault.strerror})", "a writable folder", "set EMORL_DATA"
            ) from fault

    def append(self, event: Event) -> None:
        """Write one line and flush it to the disk.

        Raises:
            RatingError: the file cannot be written.
        """
        text = json.dumps(write_event(event, datetime.now(UTC)), ensure_ascii=False, allow_nan=False) + "\n"
        try:
            with self._lock, open(os.open(self.file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise RatingError.of(
                f"the journal {self.file}, which cannot be written ({fault.strerror})",
                "room on a writable disk",
                "please try again",
            ) from fault


def read_lines(files: Iterable[Path]) -> Iterator[Mapping[str, object]]:
    """All whole lines of some journals in the order of their moments; a line torn by a crash is left out."""
    lines: list[dict[str, object]] = []
    for path in sorted(files):
        for raw in path.read_bytes().split(b"\n"):
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if isinstance(line, dict) and isinstance(line.get("at"), str):
                lines.append(line)
    yield from sorted(lines, key=lambda line: str(line["at"]))  # stable: one process's lines keep their order
