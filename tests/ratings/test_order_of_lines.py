"""The journal on a full disk and beside a clock that is set back: nothing acknowledged is lost, nobody comes back."""

from __future__ import annotations

import errno
import json
import os
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emorl.errors import RatingError
from emorl.ratings import Answer, NewRating, RatingQueue, RatingStore, load_items, open_kept_store, open_store
from emorl.ratings.export import hub as hubs
from emorl.ratings.export.hub import open_for_deletion
from emorl.ratings.queue import rating_queue
from emorl.ratings.statistics.quality import median_seconds
from emorl.ratings.storage import journal as journals
from emorl.ratings.storage import turn
from emorl.ratings.storage.events import write_event
from emorl.ratings.storage.journal import Journal, read_lines
from emorl.ratings.storage.restore import restore
from emorl.ratings.storage.turn import Turn
from tests.ratings.conftest import NOW, FolderHub, Judge, MakeRating, call

ITEMS = load_items()
SetClock = Callable[[float], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets the clock to so many seconds after `NOW`."""
    moment = [NOW]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return moment[0]

    for module in (journals, rating_queue):
        monkeypatch.setattr(module, "datetime", Clock)

    def set_to(seconds: float) -> None:
        moment[0] = NOW + timedelta(seconds=seconds)

    return set_to


def raters(*files: Path) -> set[str]:
    store = open_store("sqlite://")
    assert restore(store, files)[1] == 0
    return {row.given.rater for row in store.all()}


# A full disk


@pytest.mark.parametrize("written", [0, 1, 40])
def test_a_line_after_a_failed_one_is_not_lost(
    written: int, store: RatingStore, make: MakeRating, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full in the middle of a line: its rating was not acknowledged, the next one was."""
    journal = store.journal = Journal(tmp_path / "journal")
    store.add(make(rater="before"))
    real, calls = os.write, 0

    def full(handle: int, data: Any) -> int:
        nonlocal calls
        calls += 1
        if calls == 1 and written:
            return real(handle, bytes(data)[:written])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    refused = make(rater="refused")
    with pytest.raises(RatingError, match="the journal .*, which cannot be written .*No space left.*try again"):
        store.add(refused)
    monkeypatch.undo()
    store.add(make(rater="after"))
    assert raters(journal.file) == {"before", "after"}
    store.add(refused)  # sent again
    assert raters(journal.file) == {"before", "after", "refused"}


def test_a_deletion_that_could_not_be_journalled_is_not_said_to_be_done(
    store: RatingStore, make: MakeRating, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMORL_DATA", str(tmp_path))
    (tmp_path / "journal").mkdir()
    store.add(make())
    store._reserve.release()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pread", full)
    monkeypatch.setattr(os, "fsync", full)
    result = call("forget", "rater-a", "--db", url)
    assert (result.exit_code, result.stdout) == (2, "") and "No space left" in result.stderr


def test_a_rater_who_is_forgotten_before_the_line_of_their_rating_is_written_stays_forgotten(
    store: RatingStore, make: MakeRating, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rating is in the database, its line is not written yet, and another thread forgets the rater."""
    journal = store.journal = Journal(tmp_path / "journal")
    forgotten = threading.Thread(target=store.forget, args=["rater-a"])
    real = journal.append

    def slow(event: Any) -> None:
        if isinstance(event, NewRating):
            forgotten.start()
            forgotten.join(0.5)  # it has to wait
        real(event)

    monkeypatch.setattr(journal, "append", slow)
    store.add(make())
    forgotten.join()
    assert (raters(journal.file), store.count()) == (set(), 0)


@pytest.mark.parametrize("act", ["a rating", "a consent", "an answer"])
def test_a_rater_whom_another_process_forgets_before_the_line_is_written_stays_forgotten(
    act: str, url: str, make: MakeRating, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app has stored something and not yet written it down; the command has a store and a journal of its own."""
    monkeypatch.setenv("EMORL_DATA", str(tmp_path))
    app = open_store(url)
    journal = app.journal = Journal(tmp_path / "journal")
    queue = RatingQueue(app, ITEMS[:2], random.Random(1))
    app.add(make(rater="rater-b"))
    queue.consent("rater-c")
    task = queue.next("rater-c")
    assert task is not None
    answer = Answer(choice="tie") if task.item.is_pair else Answer(None, "simple", 1, 2, "yes")
    acts: dict[str, tuple[str, Callable[[], object]]] = {
        "a rating": ("rater-a", lambda: app.add(make(rater="rater-a"))),
        "a consent": ("rater-a", lambda: queue.consent("rater-a")),
        "an answer": ("rater-c", lambda: queue.submit("rater-c", task.assignment, task.token, answer)),
    }
    rater, do = acts[act]

    def forget() -> None:
        with open_for_deletion(url) as store:
            store.forget(rater)

    command = threading.Thread(target=forget)
    real = journal.append

    def slow(event: Any) -> None:
        if command.ident is None:
            command.start()
            command.join(0.3)  # it has to wait
        real(event)

    monkeypatch.setattr(journal, "append", slow)
    do()
    command.join()
    files = list((tmp_path / "journal").glob("*.jsonl"))
    restored = open_store("sqlite://")
    restore(restored, files, ITEMS)
    assert len(files) == 2 and not app.knows(rater)
    assert restored.knows("rater-b") and not restored.knows(rater)
    app.close()


def test_a_rater_whom_a_command_forgets_while_the_app_restores_stays_forgotten(
    make: MakeRating, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first start after the disk was wiped: the database is there, and what the hub has is played into it."""
    monkeypatch.setenv("EMORL_DATA", str(tmp_path / "disk"))
    folder = FolderHub(tmp_path / "hub")
    lines = [write_event(make(rater=rater), NOW) for rater in ("rater-a", "rater-b")]
    (folder.remote / "old.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def forget() -> None:
        with open_for_deletion() as store:
            store.forget("rater-a")

    command = threading.Thread(target=forget)

    def slow(*given: Any) -> tuple[int, int]:
        command.start()
        command.join(0.3)  # it has to wait
        return restore(*given)

    monkeypatch.setattr(hubs, "restore", slow)
    app = open_kept_store(hub=folder)
    command.join()
    assert {row.given.rater for row in app.all()} == {"rater-b"}
    folder.close()
    assert raters(*folder.remote.glob("*.jsonl")) == {"rater-b"}


def test_what_grows_while_a_command_looks_at_the_journals_comes_before_its_deletion(
    store: RatingStore, make: MakeRating, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = store.journal = Journal(tmp_path / "journal")
    store.add(make(rater="rater-b"))
    real = journals._ends

    def meanwhile(files: Any) -> dict[str, int]:
        found = real(files)
        store.add(make(rater="rater-a"))
        return found

    monkeypatch.setattr(journals, "_ends", meanwhile)
    command = Journal(tmp_path / "journal")
    store.journal = command
    store.forget("rater-a")
    assert raters(app.file, command.file) == {"rater-b"}


def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "journal" / "old.jsonl").mkdir(parents=True)
    with pytest.raises(RatingError, match=r"the journals in .*, which cannot be read .*: expected files that this"):
        Journal(tmp_path / "journal")


def test_a_turn_is_for_one_at_a_time_and_is_waited_for_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "PATIENCE_S", 0.05)
    one, other = Turn(tmp_path / "journal"), Turn(tmp_path / "journal")
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o700  # another account cannot keep the turn
    found: list[object] = []

    def take() -> None:
        try:
            with one.held():
                found.append("taken")
        except RatingError as fault:
            found.append(str(fault))

    with one.held():
        with one.held():
            pass
        with pytest.raises(RatingError, match=r"the journals in .*, which have been locked for 0\.05 seconds: exp"):
            other.held().__enter__()
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    with other.held():
        pass
    take()
    assert "which have been locked" in str(found[0]) and found[1:] == ["taken"]


def test_a_folder_that_cannot_be_locked_or_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Turn(tmp_path / "data" / "journal")
    (tmp_path / "data" / "journal").rmdir()
    with pytest.raises(
        RatingError, match=r"journal, which cannot be locked \(No such file.*\): expected a folder on a"
    ):
        gone.held().__enter__()
    again = Turn(tmp_path / "data" / "journal")
    handles = set(os.listdir("/dev/fd"))

    def unable(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with monkeypatch.context() as patched:
        patched.setattr("fcntl.flock", unable)
        with pytest.raises(
            RatingError, match=r"cannot be locked \(No locks available\).*: expected a folder on a disk"
        ):
            again.held().__enter__()
    assert set(os.listdir("/dev/fd")) <= handles
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "journal"):
        with pytest.raises(RatingError, match=r"which cannot be created \(.*\): expected a writable folder"):
            Turn(folder)


def test_a_system_without_locks_keeps_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_DATA", str(tmp_path / "disk"))
    monkeypatch.setattr(turn, "fcntl", None)
    with pytest.raises(RatingError, match=r"a system that cannot lock folders: expected Linux or macOS; unset EMORL_J"):
        open_kept_store(hub=FolderHub(tmp_path / "hub"))
    assert not (tmp_path / "disk").exists()


# The clock


def test_lines_of_one_file_keep_their_places_whatever_the_clock_says(
    store: RatingStore, make: MakeRating, tmp_path: Path, set_clock: SetClock
) -> None:
    journal = store.journal = Journal(tmp_path / "journal")
    store.add(make(rater="rater-a"))
    set_clock(-5)
    store.forget("rater-a")
    set_clock(-10)
    store.add(make(rater="rater-b"))
    assert raters(journal.file) == {"rater-b"}
    assert [line["event"] for line in read_lines([journal.file])] == ["rating", "forget", "rating"]


def test_a_deletion_by_command_covers_what_lies_before_it_in_every_file_and_nothing_after(
    make: MakeRating, tmp_path: Path, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMORL_DATA", str(tmp_path))
    hub = FolderHub(tmp_path / "hub")
    first = open_kept_store(hub=hub)
    for rater in ("rater-a", "rater-b"):
        first.add(make(rater=rater))
    set_clock(-100)  # set back before the app starts again
    second = open_kept_store(hub=hub)
    second.add(make(rater="rater-a", seed=1))
    second.add(make(rater="rater-c"))
    set_clock(-200)  # and again before the command
    assert call("forget", "rater-a").exit_code == 0
    set_clock(-300)
    second.add(make(rater="rater-b", seed=2))
    files = sorted((tmp_path / "journal").glob("*.jsonl"))
    assert len(files) == 3
    assert raters(*files) == raters(*reversed(files)) == {"rater-b", "rater-c"}
    assert [line["event"] for line in read_lines(files)] == ["rating"] * 4 + ["forget", "rating"]
    second.add(make(rater="rater-a", seed=3))  # somebody who was forgotten may begin anew
    assert raters(*files) == {"rater-a", "rater-b", "rater-c"}
    third = open_kept_store(hub=hub)
    set_clock(-400)
    third.forget("rater-a")
    assert raters(*(tmp_path / "journal").glob("*.jsonl")) == {"rater-b", "rater-c"}


def test_a_start_after_the_disk_was_wiped_comes_after_all_that_was_fetched(
    make: MakeRating, tmp_path: Path, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        monkeypatch.setenv("EMORL_DATA", str(tmp_path / f"disk-{number}"))
        hub = FolderHub(tmp_path / "hub")
        set_clock(-100 * number)
        store = open_kept_store(hub=hub)
        store.add(make(rater="rater-a", seed=number))
        if number == 1:
            store.forget("rater-a")
        hub.close()
        store.close()
    files = list((tmp_path / "hub").glob("*.jsonl"))
    lines = list(read_lines(files))
    assert [line["event"] for line in lines] == ["rating", "rating", "forget", "rating"]
    orders = [json.loads(line) for file in files for line in file.read_text().splitlines() if '"order"' in line]
    assert sorted(len(order["after"]) for order in orders) == [1, 1, 1]  # only the last one, which names the one before


def test_files_that_contradict_each_other_are_played_all_the_same(tmp_path: Path) -> None:
    """Two commands at the same moment, each before the other's file was there to be measured; and a broken line."""
    for name, other, at in (("a", "b", 2), ("b", "a", 1)):
        moment = f"2026-01-01T00:00:0{at}+00:00"
        order = {"at": moment, "event": "order", "after": {f"{other}.jsonl": 0}}
        lines = [order, {"at": moment, "event": name}, {**order, "after": {"x": "far"}}]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [line["event"] for line in read_lines(tmp_path.glob("*.jsonl"))] == ["b", "a"]


def test_an_order_line_as_the_last_of_a_file_changes_nothing(tmp_path: Path) -> None:
    order = {"at": "2026-01-01T00:00:01+00:00", "event": "order", "after": {"b.jsonl": 0}}
    (tmp_path / "a.jsonl").write_text(json.dumps(order) + "\n" + '{"at": "2026')  # then the disk was full
    (tmp_path / "b.jsonl").write_text(json.dumps({"at": "2026-01-01T00:00:00+00:00", "event": "x"}) + "\n")
    assert [line["event"] for line in read_lines(tmp_path.glob("*.jsonl"))] == ["x"]


def test_a_clock_that_steps_back_refuses_no_rating(store: RatingStore, make: MakeRating) -> None:
    store.add(make(submitted_at=NOW - timedelta(hours=1), shown_at=NOW))
    (stored,) = store.all()
    assert stored.given.submitted_at == stored.given.shown_at == NOW


def test_a_clock_that_steps_back_gives_no_negative_time_in_the_queue(
    store: RatingStore, set_clock: SetClock, tmp_path: Path, judge: Judge
) -> None:
    queue = RatingQueue(store, ITEMS, random.Random(1))
    store.journal = Journal(tmp_path / "journal")
    set_clock(0)
    queue.consent("rater-a")
    task = queue.next("rater-a")
    set_clock(-3600)
    answer = Answer(choice="tie") if task.item.is_pair else Answer(None, "simple", 1, 2, "yes")
    stored = queue.submit("rater-a", task.assignment, task.token, answer)
    assert stored.submitted_at == stored.shown_at == NOW
    assert median_seconds([judge(seconds=-3600)]) == 0  # stored by an earlier version
    old = judge(seconds=-3600)
    line = write_event(old, datetime.now(UTC))
    (tmp_path / "old.jsonl").write_text(json.dumps(line) + "\n")
    fresh = open_store("sqlite://")
    assert restore(fresh, [tmp_path / "old.jsonl"]) == (1, 0)
    (played,) = fresh.judgements()
    assert played.submitted_at == played.shown_at
