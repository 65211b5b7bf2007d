"""The store: what goes in comes out, once, also from several threads, and only what was agreed to."""

from __future__ import annotations

import json
import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from emorl.errors import RatingError
from emorl.ratings import RatingStore, open_store, statement_sha256
from emorl.ratings.export.tables import records
from emorl.ratings.storage.connection import database_url
from emorl.ratings.storage.events import write_event
from emorl.ratings.storage.restore import restore
from tests.ratings.conftest import MakeRating, call, one_line

STATEMENT = "I keep putting the letter back in the drawer, and every day it gets heavier."


def test_what_goes_in_comes_out(store: RatingStore, make: MakeRating) -> None:
    given = make(comment="too long", statement=STATEMENT)
    number = store.add(given)
    (stored,) = store.all()
    assert stored.given == given
    assert (stored.id, stored.revision, stored.schema_version) == (number, 1, 1)
    assert store.count() == 1


def test_the_same_token_stores_once(store: RatingStore, make: MakeRating) -> None:
    given = make()
    assert store.add(given) == store.add(given)
    assert store.count(revisions=True) == 1


def test_a_token_of_another_rater_is_refused(store: RatingStore, make: MakeRating) -> None:
    store.add(make(client_token="same"))
    with pytest.raises(RatingError, match="another rater has used"):
        store.add(make(client_token="same", rater="rater-b"))


def test_an_edit_is_a_new_revision_and_the_old_one_stays(store: RatingStore, make: MakeRating) -> None:
    store.add(make(empathy=0))
    store.add(make(empathy=2))
    assert [(r.revision, r.given.empathy) for r in store.all(revisions=True)] == [(1, 0), (2, 2)]
    assert [(r.revision, r.given.empathy) for r in store.all()] == [(2, 2)]
    assert (store.count(), store.count(revisions=True)) == (1, 2)


def test_two_raters_share_a_reflection_but_other_weights_are_another(store: RatingStore, make: MakeRating) -> None:
    store.add(make(rater="rater-a", weights={"reflection": 1, "empathy": 0}))
    store.add(make(rater="rater-b", weights={"empathy": 0.0, "reflection": 1.0}))
    store.add(make(rater="rater-b", weights={"empathy": 1.0, "reflection": 0.0}))
    assert [r.generation_id for r in store.all()] == [1, 1, 2]


def test_chosen_from_several_or_written_alone_it_is_one_reflection(
    store: RatingStore, make: MakeRating, tmp_path: Path
) -> None:
    store.add(make(rater="rater-a", best_of=8))
    store.add(make(rater="rater-b"))
    assert [(row.generation_id, row.given.best_of) for row in store.all()] == [(1, 8), (1, None)]
    assert [row["best_of"] for row in records(store.all())] == [8, None]
    old = write_event(make(rater="rater-c"), datetime.now(UTC))
    del old["best_of"]  # of a journal from before it was kept
    (tmp_path / "old.jsonl").write_text(json.dumps(old) + "\n")
    assert restore(store, [tmp_path / "old.jsonl"]) == (1, 0)
    assert store.all()[-1].given.best_of is None


def test_it_is_still_there_after_a_restart(url: str, make: MakeRating) -> None:
    first = open_store(url)
    first.add(make())
    first.close()
    again = open_store(url)
    assert again.count() == 1
    again.close()


def test_times_come_back_in_utc(store: RatingStore, make: MakeRating) -> None:
    local = timezone(timedelta(hours=5))
    store.add(
        make(
            shown_at=datetime(2026, 1, 1, 2, 0, tzinfo=local),
            submitted_at=datetime(2026, 1, 1, 3, tzinfo=local),
        )
    )
    assert store.all()[0].given.submitted_at == datetime(2025, 12, 31, 22, 0, tzinfo=UTC)
    assert store.all()[0].given.submitted_at.utcoffset() == timedelta(0)


def test_sqlite_is_set_up_for_several_threads(store: RatingStore) -> None:
    wanted = {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 1,
        "busy_timeout": 10_000,
        "secure_delete": 1,
    }
    with store.engine.connect() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted} == wanted


def test_threads_rating_the_same_reflection_lose_nothing(store: RatingStore, make: MakeRating) -> None:
    batches = [[make(rater=f"rater-{worker % 2}") for _ in range(4)] for worker in range(4)]
    threads = [threading.Thread(target=lambda batch=batch: [store.add(r) for r in batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    revisions = sorted((r.given.rater, r.revision) for r in store.all(revisions=True))
    assert revisions == [(f"rater-{w}", n) for w in range(2) for n in range(1, 9)]


def test_stores_that_open_one_new_file_at_once_all_work(url: str) -> None:
    faults: list[Exception] = []

    def start() -> None:
        try:
            open_store(url).close()
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


# What may be kept


def test_the_statement_is_kept_only_with_consent(store: RatingStore, make: MakeRating, tmp_path: Path) -> None:
    store.add(make())
    assert store.all()[0].given.statement is None
    store.add(make(rater="rater-b", statement=STATEMENT))
    assert {r.given.statement for r in store.all()} == {STATEMENT}


def test_a_revision_without_consent_takes_the_statement_back(store: RatingStore, make: MakeRating) -> None:
    store.add(make(statement=STATEMENT))
    store.add(make())
    assert store.all()[0].given.statement is None


def test_forget_takes_the_rater_and_the_words_only_they_agreed_to(store: RatingStore, make: MakeRating) -> None:
    store.add(make(rater="rater-a", statement=STATEMENT))
    store.add(make(rater="rater-a", statement=STATEMENT))
    store.add(make(rater="rater-b"))
    assert store.forget("rater-a").ratings == 2
    (left,) = store.all(revisions=True)
    assert (left.given.rater, left.given.statement) == ("rater-b", None)
    assert not store.forget("rater-a")
    assert store.forget("rater-b").ratings == 1
    with store.engine.connect() as connection:
        for table in ("rater", "generation", "rating"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def test_forgotten_words_are_gone_from_the_files(store: RatingStore, make: MakeRating, tmp_path: Path) -> None:
    store.add(make(statement=STATEMENT, comment="a very particular remark"))
    store.forget("rater-a")
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"putting the letter" not in left
    assert b"particular remark" not in left


def test_purge_deletes_by_age(store: RatingStore, make: MakeRating) -> None:
    now = datetime.now(UTC)
    for days in (10, 40):
        moment = now - timedelta(days=days)
        store.add(make(rater=f"rater-{days}", shown_at=moment, submitted_at=moment))
    assert store.purge(30).ratings == 1
    assert [r.given.rater for r in store.all()] == ["rater-10"]


@pytest.mark.parametrize("days", [-1, float("inf"), float("nan"), 1e12])
def test_purge_refuses_impossible_ages(store: RatingStore, days: float) -> None:
    with pytest.raises(RatingError, match="days: expected"):
        store.purge(days)


# Where the database is


def test_the_database_is_looked_for_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert database_url().render_as_string() == "sqlite:///var/ratings.db"
    monkeypatch.setenv("EMORL_DATA", "/data")
    assert database_url().database == "/data/ratings.db"
    monkeypatch.setenv("DATABASE_URL", "postgres://me@host/ratings")
    assert database_url().render_as_string() == "postgresql+psycopg://me@host/ratings"
    assert database_url("sqlite://").render_as_string() == "sqlite://"


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/deep/down/ratings.db").close()
    assert stat.S_IMODE((tmp_path / "deep/down/ratings.db").stat().st_mode) == 0o600


def test_memory_database_keeps_its_tables(make: MakeRating) -> None:
    store = open_store("sqlite://")
    store.add(make())
    assert store.count() == 1
    assert set(inspect(store.engine).get_table_names()) >= {"rater", "generation", "rating"}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("nonsense", "URL that cannot be read"),
        ("postgresql://a:secret@b:port/c", "URL that cannot be read"),
        ("mysql://a:secret@b/c", "expected sqlite or postgresql"),
        ("postgresql+asyncpg://a:secret@b/c", "Got the driver 'asyncpg' .*expected psycopg or none"),
        ("sqlite+aiosqlite:///c.db", "Got the driver 'aiosqlite' .*expected pysqlite or none"),
        ("sqlite:///c.db?secret=1", "Got options or a host in an SQLite URL"),
        ("sqlite://secret/c.db", "Got options or a host in an SQLite URL"),
    ],
)
def test_bad_urls_are_refused_without_their_password(bad: str, message: str) -> None:
    with pytest.raises(RatingError, match=message) as caught:
        open_store(bad)
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
    assert message.split(" .*")[0] in one_line(call("stats", "--db", bad))


@pytest.mark.parametrize("short", ["postgres", "postgresql", "postgres+psycopg", "postgresql+psycopg"])
def test_a_server_is_named_in_any_of_the_usual_ways(short: str) -> None:
    assert database_url(f"{short}://me@host/ratings").render_as_string() == "postgresql+psycopg://me@host/ratings"


def test_a_missing_file_is_named_not_created(tmp_path: Path) -> None:
    with pytest.raises(RatingError, match="no ratings database at .*gone.db"):
        open_store(f"sqlite:///{tmp_path}/gone.db", must_exist=True)
    assert not (tmp_path / "gone.db").exists()


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database at all, just some notes " * 40)
    with pytest.raises(RatingError, match="notes.db, which cannot be used .*not a database"):
        open_store(f"sqlite:///{tmp_path}/notes.db")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RatingError, match="which cannot be created .*EMORL_DATA"):
        open_store(f"sqlite:///{tmp_path}/file/ratings.db")


def test_a_server_without_driver_or_answer_is_one_line() -> None:
    with pytest.raises(RatingError, match="no driver|cannot be used") as caught:
        open_store("postgresql://someone:hush@127.0.0.1:1/none?connect_timeout=2")
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_that_break_the_rules_are_refused_by_the_database_too(store: RatingStore, make: MakeRating) -> None:
    from sqlalchemy.exc import IntegrityError

    store.add(make())
    for change in ("depth = 'deep'", "empathy = 3", "would_say = 'maybe'", "rater_id = 'nobody'"):
        with pytest.raises(IntegrityError), store.engine.begin() as connection:
            connection.execute(text(f"UPDATE rating SET {change}"))


def test_the_hash_is_of_the_words_as_typed() -> None:
    # sha256 of the three bytes "abc", FIPS 180-2 appendix B.1
    assert statement_sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
