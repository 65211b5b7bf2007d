"""An append-only journal of all that is rated, for hosts whose disk does not outlive a restart.

JSON lines (see `events`), one file for each start of a process (its name is random), written after the database has
committed. A line that is written twice does no harm: `restore` goes by tokens. A deletion is a line too, so a deleted
rating does not come back; the older lines stay in the files until a person removes those. A line that could not be
written whole (a full disk) spoils no other: the next one starts on a line of its own.

Order does not go by the clock, which can step back. Within a file it is the position. Between files it is what a file
says: before its first line, and before each deletion, a line with `"event": "order"` names the other journals and how
long they were in that moment. What lies before those places is older than what follows here; what lies behind them is
newer. Only where no file says anything does the clock decide. Whoever changes something keeps the turn (`turn`) until
its line is written, so the lines have the order of the changes.

Left out: pushing the files, which `emorl.ratings.export.hub` does.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from emorl.errors import RatingError
from emorl.ratings.storage.events import Deletion, Event, write_event
from emorl.ratings.storage.turn import Turn

ORDER = "order"
"""Name of the lines that say where this journal stands among the others; they change nothing."""


class Journal:
    """One process's journal file in a folder; `append` may be called from any thread.

    Attributes:
        folder: where the file is.
        file: the file, which appears with the first line.
        turn: to be held from a change to its line.
    """

    def __init__(self, folder: Path, known: Iterable[Path] = ()) -> None:
        """Make the folder; the file appears with the first line.

        Args:
            folder: where the file goes; other journals in it are older, or of other processes that still write.
            known: journals elsewhere that are older than this one.

        Raises:
            RatingError: the folder cannot be made, a journal cannot be read, or the system cannot lock folders.
        """
        self.folder = folder
        self.file = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex}.jsonl"
        self._lock = threading.Lock()
        self._placed = False
        self.turn = Turn(folder)
        try:
            self._sizes = self._sizes_here()  # first: what another process adds meanwhile is then seen to have grown
            self._ends = _ends([*known, *folder.glob("*.jsonl")])
        except OSError as fault:
            raise RatingError.of(
                f"the journals in {folder}, which cannot be read ({fault.strerror})",
                "files that this account may read",
                "set EMORL_DATA",
            ) from fault

    def append(self, event: Event) -> None:
        """Write one line and flush it to the disk.

        Raises:
            RatingError: the file cannot be written.
        """
        now = datetime.now(UTC)
        lines: list[Mapping[str, object]] = [write_event(event, now)]
        try:
            with self._lock:
                handle = os.open(self.file, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
                try:
                    if not self._placed or isinstance(event, Deletion):
                        after = self._places()
                        if after:
                            lines.insert(0, {"at": now.isoformat(), "event": ORDER, "after": after})
                    _write_whole(handle, lines)
                    self._placed = True
                finally:
                    os.close(handle)
        except OSError as fault:
            raise RatingError.of(
                f"the journal {self.file}, which cannot be written ({fault.strerror})",
                "room on a writable disk",
                "please try again",
            ) from fault

    def _places(self) -> dict[str, int]:
        """How long the other journals are now; those that another one follows need not be named."""
        grown = {name: size for name, size in self._sizes_here().items() if self._sizes.get(name) != size}
        return {**self._ends, **grown}

    def _sizes_here(self) -> dict[str, int]:
        return {file.name: file.stat().st_size for file in self.folder.glob("*.jsonl") if file != self.file}


def read_lines(files: Iterable[Path]) -> Iterator[Mapping[str, object]]:
    """All whole lines of some journals, the oldest first; a line torn by a crash or a full disk is left out."""
    journals = [_read(path) for path in sorted(files)]
    bars = _Bars(journals)
    while journals := [journal for journal in journals if journal.lines]:
        free = [journal for journal in journals if bars.let_pass(journal)]
        journal, *others = sorted(free or journals, key=lambda journal: journal.lines[0].at)
        until = others[0].lines[0].at if others else None
        while True:
            yield from bars.take(journal)
            if not journal.lines or (until is not None and journal.lines[0].at > until) or not bars.let_pass(journal):
                break


@dataclass(frozen=True)
class _JournalLine:
    """One line of a journal.

    Attributes:
        start: its first byte.
        at: its moment.
        content: the whole of it.
        after: of an order line, the places in other journals that it comes after.
    """

    start: int
    at: str
    content: Mapping[str, object]
    after: Mapping[str, int] | None


@dataclass(frozen=True)
class _Journal:
    name: str
    size: int
    lines: deque[_JournalLine]


class _Bars:
    """The order lines that are still to come, each of which bars what lies behind the places that it names."""

    def __init__(self, journals: Iterable[_Journal]) -> None:
        self._journals: dict[str, list[_Journal]] = {}
        self._places: dict[str, list[int]] = {}
        for journal in journals:
            self._journals.setdefault(journal.name, []).append(journal)
            for line in journal.lines:
                for name, place in (line.after or {}).items():
                    self._places.setdefault(name, []).append(place)

    def let_pass(self, journal: _Journal) -> bool:
        """Whether everything that a journal's next line comes after was taken."""
        line = journal.lines[0]
        if any(place <= line.start for place in self._places.get(journal.name, ())):
            return False
        return not any(
            other.lines and other.lines[0].start < place
            for name, place in (line.after or {}).items()
            for other in self._journals.get(name, ())
        )

    def take(self, journal: _Journal) -> Iterator[Mapping[str, object]]:
        """The next line; after an order line the one that it was written for."""
        line = journal.lines.popleft()
        while line.after is not None:
            for name, place in line.after.items():
                self._places[name].remove(place)
            if not journal.lines:
                return
            line = journal.lines.popleft()
        yield line.content


def _read(path: Path) -> _Journal:
    lines: deque[_JournalLine] = deque()
    content, start = path.read_bytes(), 0
    for raw in content.split(b"\n"):
        line = _parse(raw, start)
        start += len(raw) + 1
        if line is not None:
            lines.append(line)
    return _Journal(path.name, len(content), lines)


def _parse(raw: bytes, start: int) -> _JournalLine | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(line, dict) or not isinstance(line.get("at"), str):
        return None
    after = line.get("after") if line.get("event") == ORDER else None
    if after is not None and not (isinstance(after, dict) and all(type(place) is int for place in after.values())):
        return None
    return _JournalLine(start, line["at"], line, after)


def _ends(files: Iterable[Path]) -> dict[str, int]:
    """Sizes of journals by name, without those that another journal follows from their end on."""
    journals = [_read(path) for path in files]
    sizes: dict[str, int] = {}
    for journal in journals:
        sizes[journal.name] = max(journal.size, sizes.get(journal.name, 0))
    for journal in journals:
        for line in journal.lines:
            for name, place in (line.after or {}).items():
                if place >= sizes.get(name, place + 1):
                    del sizes[name]
    return sizes


def _write_whole(handle: int, lines: Iterable[Mapping[str, object]]) -> None:
    """Append lines and flush them to the disk; what an earlier attempt left behind stays a line of its own."""
    text = "".join(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in lines).encode("utf-8")
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        text = b"\n" + text
    left = memoryview(text)
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)
