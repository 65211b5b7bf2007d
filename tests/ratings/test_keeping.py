"""The database file: whole by itself, backed up while in use, checked before it is opened, left alone by readers."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from emorl.errors import DamagedDatabase, RatingError
from emorl.ratings import RatingStore, load_items, open_kept_store, open_store
from emorl.ratings.queue.rating_queue import RatingQueue
from emorl.ratings.storage import migrations
from emorl.ratings.storage.connection import database_url, make_engine
from emorl.ratings.storage.damage import check_whole
from emorl.ratings.storage.opening import open_to_read
from emorl.ratings.storage.reserve import Reserve
from emorl.ratings.storage.snapshot import read, revision_of
from tests.ratings.conftest import MakeRating, call, make_ratings, one_line

ROOT = Path(__file__).parents[2]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def noise(file: Path, place: int, length: int = 4096, seed: int = 0) -> None:
    with file.open("rb+") as opened:
        opened.seek(place)
        opened.write(random.Random(seed).randbytes(length))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of several pages, at the newest revision."""
    made = tmp_path_factory.mktemp("pages") / "ratings.db"
    build = make_ratings()
    store = open_store(f"sqlite:///{made}")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
    for number in range(40):
        store.add(build(rater=f"rater-{number}", comment=f"remark {number} " * 20, seed=number))
    store.close()
    return made


@pytest.fixture
def file(pages: Path, url: str) -> Path:
    return Path(shutil.copy(pages, str(database_url(url).database)))


# The file alone


def test_the_file_alone_holds_every_rating_at_any_moment(store: RatingStore, make: MakeRating, tmp_path: Path) -> None:
    for number in range(1, 4):
        store.add(make(rater=f"rater-{number}"))
        copy = Path(shutil.copy(tmp_path / "ratings.db", tmp_path / f"copy-{number}.db"))
        assert open_store(f"sqlite:///{copy}").count() == number


def test_a_store_that_was_closed_leaves_no_log(store: RatingStore, make: MakeRating, tmp_path: Path) -> None:
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")
    store.add(make())
    assert (tmp_path / "ratings.db-wal").stat().st_size
    store.close()
    log = tmp_path / "ratings.db-wal"
    assert not log.exists() or not log.stat().st_size


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
def test_the_file_alone_survives_the_end_of_the_process(way: signal.Signals, url: str, tmp_path: Path) -> None:
    script = f"""
        import signal, sys, time
        from emorl.ratings import RatingQueue, load_items, open_store
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        RatingQueue(open_store({url!r}), load_items()).consent("rater-a")
        print("ready", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        process.send_signal(way)
    copy = Path(shutil.copy(tmp_path / "ratings.db", tmp_path / "copy.db"))
    assert RatingQueue(open_store(f"sqlite:///{copy}"), load_items()).agreed("rater-a")


# Backups


def test_a_backup_is_one_whole_file_while_the_app_writes(
    store: RatingStore, make: MakeRating, url: str, tmp_path: Path
) -> None:
    store.add(make(rater="rater-0"))
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            store.add(make(rater=f"rater-{number}"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        target = tmp_path / "backups"
        target.mkdir()
        result = call("backup", str(target / "copy.db"), "--db", url)
    finally:
        done.set()
        writer.join()
    assert result.exit_code == 0 and "queue answers are in" in result.stderr
    assert [file.name for file in target.iterdir()] == ["copy.db"]
    assert stat.S_IMODE((target / "copy.db").stat().st_mode) == 0o600
    check_whole(target / "copy.db")
    restored = open_store(f"sqlite:///{target / 'copy.db'}")
    assert restored.count() >= 1
    restored.close()


def test_a_backup_replaces_nothing_and_says_where_it_cannot_be_written(file: Path, url: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    assert "is there already" in one_line(call("backup", str(tmp_path / "taken"), "--db", url))
    assert (tmp_path / "taken").read_text() == "mine"
    assert "cannot be written" in one_line(call("backup", str(tmp_path / "no" / "copy.db"), "--db", url))
    missing = f"sqlite:///{tmp_path}/none.db"
    assert "no ratings database" in one_line(call("backup", str(tmp_path / "copy.db"), "--db", missing))
    assert not (tmp_path / "copy.db").exists() and not list(tmp_path.glob(".*"))


# Damage


def test_check_says_that_a_database_is_whole_and_what_it_holds(file: Path, url: str) -> None:
    result = call("check", "--db", url)
    assert result.exit_code == 0
    assert result.stdout == f"whole: {url}, revision {migrations.latest()}, 40 ratings and 0 queue answers\n"


@pytest.mark.parametrize("seed", range(12))
def test_noise_in_any_page_is_found_before_the_file_is_opened(seed: int, file: Path, url: str) -> None:
    noise(file, random.Random(seed).randrange(0, file.stat().st_size - 4096), seed=seed)
    before = file.read_bytes()
    with pytest.raises(DamagedDatabase, match=r"cannot be used \(damaged: .*expected a whole one"):
        open_store(url)
    for command in (["check"], ["export"], ["stats"], ["forget", "rater-1"], ["purge", "--older-than", "1"]):
        assert "damaged" in one_line(call(*command, "--db", url))
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE rating SET comment = CAST(X'ff41' AS TEXT) WHERE id = 7", "UTF-8"),
        ("UPDATE generation SET weights = '{\"empathy\": ' WHERE id = 7", "weights of generation 7 is not JSON"),
    ],
)
def test_texts_that_no_longer_are_any_count_as_damage(change: str, message: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(change)
        connection.commit()
    with pytest.raises(DamagedDatabase, match=message):
        check_whole(file)


def test_the_app_sets_a_damaged_file_aside_and_writes_out_what_can_be_read(
    file: Path, url: str, make: MakeRating, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_rating_rater_id'").fetchone()
    noise(file, 4096 * (page - 1))
    damaged = file.read_bytes()
    store = open_kept_store(url)
    assert store.count() == 0
    store.add(make())
    store.close()
    (aside,) = file.parent.glob("ratings.db.damaged-*[0-9]")
    assert aside.read_bytes() == damaged
    rows = [json.loads(line) for line in aside.with_name(f"{aside.name}.jsonl").read_text().splitlines()]
    assert {row["comment"][:9] for row in rows if row["table"] == "rating"} >= {"remark 1 ", "remark 39"}
    assert sum(row["table"] == "rating" for row in rows) == 40  # only an index was damaged
    (line,) = [record.getMessage() for record in caplog.records if "damaged" in record.getMessage()]
    assert aside.name in line and f"the {len(rows)} rows that can be read" in line and "\n" not in line


def test_rows_before_and_behind_a_damaged_page_are_rescued(file: Path, url: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        leaf = "SELECT pageno FROM dbstat WHERE name = 'rating' AND pagetype = 'leaf' ORDER BY path"
        try:
            pages = [page for (page,) in connection.execute(leaf)]
        except sqlite3.OperationalError:  # built without dbstat
            (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'rating'").fetchone()
            content = file.read_bytes()[4096 * (root - 1) :]
            cells = int.from_bytes(content[3:5], "big")
            starts = [int.from_bytes(content[12 + 2 * n : 14 + 2 * n], "big") for n in range(cells)]
            pages = [int.from_bytes(content[start : start + 4], "big") for start in starts]
    assert len(pages) > 2
    noise(file, 4096 * (pages[len(pages) // 2] - 1))
    open_kept_store(url).close()
    (rows_file,) = file.parent.glob("ratings.db.damaged-*.jsonl")
    ids = [row["id"] for row in map(json.loads, rows_file.read_text().splitlines()) if row["table"] == "rating"]
    assert ids == sorted(ids) and {1, 40} <= set(ids) and 20 < len(ids) < 40


def test_a_file_that_was_named_by_mistake_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database at all, just some notes " * 40)
    with pytest.raises(RatingError, match="not a database"):
        open_kept_store(f"sqlite:///{tmp_path}/notes.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_default_file_without_even_its_header_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_DATA", str(tmp_path))
    (tmp_path / "ratings.db").write_bytes(random.Random(0).randbytes(9000))
    open_kept_store().close()
    assert len(list(tmp_path.glob("ratings.db.damaged-*"))) == 2


# Readers change nothing


@pytest.mark.parametrize("command", [["export"], ["stats"], ["check"], ["backup"]])
def test_reading_commands_migrate_nothing_and_write_nothing(command: list[str], file: Path, url: str) -> None:
    engine = make_engine(database_url(url))
    migrations.downgrade(engine, "0003")
    engine.dispose()
    folder = file.parent
    before = contents(folder)
    more = [str(folder.parent / f"{folder.name}-copy.db")] if command == ["backup"] else []
    result = call(*command, *more, "--db", url)
    assert result.exit_code == 0
    assert contents(folder) == before
    assert revision_of(file) == "0003"
    if command == ["check"]:
        assert "revision 0003, 40 ratings" in result.stdout
    if more:
        assert revision_of(Path(more[0])) == "0003"


def test_what_is_read_cannot_be_written_and_does_not_disturb_who_writes(
    store: RatingStore, make: MakeRating, url: str
) -> None:
    store.add(make())
    copy = open_to_read(url)
    with pytest.raises(RatingError, match="cannot be used .*readonly"):
        copy.add(make())
    store.add(make(rater="rater-b"))
    assert (copy.count(), store.count(), open_to_read(url).count()) == (1, 2, 2)


def test_a_copy_that_somebody_writes_to_meanwhile_is_made_again(file: Path, url: str, make: MakeRating) -> None:
    asked = 0

    def work(connection: sqlite3.Connection) -> int:
        nonlocal asked
        asked += 1
        if asked == 1:
            open_store(url).add(make(rater="newcomer", client_token="newcomer-1"))
        return connection.execute("SELECT count(*) FROM rating").fetchone()[0]

    assert (read(file, work), asked) == (41, 2)


def test_a_folder_in_which_nothing_can_be_made_can_be_read(file: Path, url: str) -> None:
    """As on a mounted backup: readers make no file beside the database while nobody has it open."""
    asked = [read(file, lambda _: sorted(file.parent.iterdir())) for _ in range(2)]
    assert asked == [[file], [file]]
    file.with_name("ratings.db-wal").write_bytes(b"")  # left by a reader of an older version
    assert "40 ratings" in call("stats", "--db", url).stdout
    file.with_name("ratings.db-wal").unlink()
    file.unlink()
    file.mkdir()
    with pytest.raises(RatingError, match="cannot be read "):
        read(file, lambda _: None)


# Deleted means gone


def left_of(folder: Path, word: bytes) -> list[str]:
    return [name for name, content in contents(folder).items() if word in content]


def test_rows_that_were_moved_within_the_file_leave_no_copy(file: Path, url: str) -> None:
    """What SQLite's `secure_delete` misses: pages that were split keep old copies of the rows that moved."""
    store = open_store(url)
    for number in range(0, 40, 2):
        store.forget(f"rater-{number}")
    for number in range(0, 40, 2):
        assert left_of(file.parent, b"remark %d " % number) == []
    assert left_of(file.parent, b"remark 1 ") == ["ratings.db"]
    store.close()


def test_deleted_is_said_only_when_no_reader_holds_the_old_state(
    store: RatingStore, make: MakeRating, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emorl.ratings.storage import connection as connections

    monkeypatch.setattr(connections, "BUSY_TIMEOUT_MS", 100)
    store.add(make(comment="a very particular remark"))
    with closing(sqlite3.connect(Path(str(database_url(url).database)))) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM rating").fetchone() == (1,)
        shown = one_line(call("forget", "rater-a", "--db", url))
        assert "another program that reads the ratings still holds a copy" in shown and "run the command again" in shown
        reader.rollback()
    assert "Got rater 'rater-a'" in one_line(call("forget", "rater-a", "--db", url))  # cleans up, then finds nobody
    assert left_of(Path(str(database_url(url).database)).parent, b"particular remark") == []


# A full disk

FULL_DISK = """
    import os, sqlite3, sys
    from pathlib import Path
    from emorl.ratings import open_store
    from emorl.ratings.storage.journal import Journal
    from tests.ratings.conftest import call, make_ratings

    folder = Path(sys.argv[1])
    url = f"sqlite:///{folder}/ratings.db"
    build = make_ratings()
    store = open_store(url)
    for number in range(300):
        store.add(build(rater=f"rater-{number % 3}", comment=f"remark of {number % 3} " * 30, seed=number))
    if sys.argv[2] == "stopped":
        store.close()
        os.sync()
    else:
        store.journal = Journal(folder / "journal")
    with open(folder / "filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4096)
        except OSError as fault:
            print(fault.errno)
    if sys.argv[2] == "stopped":
        os.environ["EMORL_DATA"] = str(folder)
        result = call("forget", "rater-1", "--db", url)
        print(result.stdout, result.stderr)
    else:
        print(store.forget("rater-1"))
        print([line.decode() for line in store.journal.file.read_bytes().splitlines()][-1])
    for file in folder.iterdir():
        if file.is_file():
            print(file.name, b"remark of 1 " in file.read_bytes())
"""


def in_a_small_disk(tmp_path: Path, *arguments: str) -> str:
    """What the script prints in a tmpfs of 4 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(FULL_DISK))
    enter = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    try:
        subprocess.run([*enter, f"mount -t tmpfs none {disk}"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this host does not let a process mount a tmpfs of its own")
    run = f'mount -t tmpfs -o size=4m none {disk} && exec "$@"'
    ended = subprocess.run(
        [*enter, run, "sh", sys.executable, str(script), str(disk), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("app", ["running", "stopped"])
def test_a_full_disk_does_not_stop_a_deletion(app: str, tmp_path: Path) -> None:
    said = in_a_small_disk(tmp_path, app)
    assert said.splitlines()[0] == str(errno.ENOSPC)
    assert "100 ratings, 0 queue answers" in said
    if app == "running":
        assert '"event": "forget"' in said
    assert "ratings.db False" in said and " True" not in said


def test_the_reserve_grows_with_the_database_and_is_left_out_where_the_disk_is_nearly_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "ratings.db"
    database.write_bytes(bytes(1000))
    reserve = Reserve(database)
    reserve.fill()
    first = reserve.file.stat()
    assert first.st_size >= 2**18 + 1000 and first.st_blocks * 512 >= first.st_size
    assert stat.S_IMODE(first.st_mode) == 0o600
    database.write_bytes(bytes(3 * 2**20))
    reserve.fill()
    assert reserve.file.stat().st_size >= 3 * 2**20 + 2**18
    assert reserve.release() and not reserve.release()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**22))
    reserve.fill()
    assert not reserve.file.exists()
    monkeypatch.undo()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    reserve.fill()
    assert not reserve.file.exists()
