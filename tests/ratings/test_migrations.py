"""The history must lead to the tables in the code, from every revision, with what was stored; on a server too."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect, select, text
from sqlalchemy.schema import CreateTable

from emorl.errors import RatingError
from emorl.ratings import Answer, RatingQueue, load_items, open_store
from emorl.ratings.storage import migrations
from emorl.ratings.storage.connection import database_url, make_engine
from emorl.ratings.storage.opening import open_to_read
from emorl.ratings.storage.row_counts import count_rows
from emorl.ratings.storage.schema import Base
from tests.ratings.conftest import MakeRating, call, one_line
from tests.ratings.test_deletion import OWN, use


def test_up_equals_the_tables_and_down_leaves_nothing(any_url: str, make: MakeRating) -> None:
    store = open_store(any_url)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []
    store.add(make(statement="Words."))
    store.add(make(statement="Words.", empathy=0))
    assert (store.count(), store.count(revisions=True)) == (1, 2)
    assert store.forget("rater-a").ratings == 2
    migrations.downgrade(store.engine, "base")
    assert set(inspect(store.engine).get_table_names()) <= {"alembic_version"}
    migrations.upgrade(store.engine)
    assert store.count() == 0
    migrations.downgrade(store.engine, "base")
    store.close()


def test_a_database_of_the_first_form_keeps_its_ratings(url: str) -> None:
    """Rows are written as the first version wrote them, then each later step is taken, and undone."""
    from emorl.ratings.storage.connection import database_url, make_engine

    open(str(database_url(url).database), "w").close()
    engine = make_engine(database_url(url))
    migrations.upgrade(engine, "0001")
    assert {"rater", "generation", "rating"} == set(inspect(engine).get_table_names()) - {"alembic_version"}
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO rater VALUES ('rater-a', '2026-01-01 00:00:00')"))
        connection.execute(
            text(
                "INSERT INTO generation VALUES (1, 'f', :hash, NULL, 'You are tired.', '', "
                "'{\"empathy\": 1.0}', 1.0, 0.0, 0, '{\"base\": \"b\"}', '{}', '0.1.0', '2026-01-01 00:00:00')"
            ),
            {"hash": "ab" * 32},
        )
        connection.execute(
            text(
                "INSERT INTO rating VALUES (1, 1, 'rater-a', 1, 1, 'simple', 1, 2, 'yes', 'kept', 0, "
                "'2026-01-01 00:00:00', '2026-01-01 00:01:00', 'token')"
            )
        )
    engine.dispose()
    store = open_store(url)
    (kept,) = store.all()
    assert (kept.given.comment, kept.given.weights) == ("kept", {"empathy": 1.0})
    queue = RatingQueue(store, load_items())
    assert not queue.agreed("rater-a")
    queue.consent("rater-a")
    assert queue.next("rater-a") is not None
    migrations.downgrade(store.engine, "0001")
    assert "judgement" not in inspect(store.engine).get_table_names()
    migrations.upgrade(store.engine)
    assert store.all() == (kept,)
    store.close()


def test_check_and_constraint_names_are_the_same_too(url: str) -> None:
    store = open_store(url)
    found = inspect(store.engine)
    for table in Base.metadata.sorted_tables:
        made_by_code = str(CreateTable(table).compile(store.engine))
        names = [c["name"] for c in found.get_check_constraints(table.name) + found.get_unique_constraints(table.name)]
        names += [key["name"] for key in found.get_foreign_keys(table.name)] + [
            found.get_pk_constraint(table.name)["name"]
        ]
        assert all(str(name) in made_by_code for name in names)
        assert made_by_code.count("CONSTRAINT") == len(names)
    store.close()


def test_opening_twice_changes_nothing(url: str) -> None:
    open_store(url).close()
    store = open_store(url)
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == migrations.latest()
    store.close()


def test_a_database_from_the_future_is_refused(url: str) -> None:
    store = open_store(url)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(RatingError, match="does not know .*9999.*update the app"):
        open_store(url)


def test_a_step_that_fails_leaves_the_database_as_it_was(url: str, tmp_path: Path) -> None:
    store = open_store(url)
    migrations.downgrade(store.engine, "base")
    with store.engine.begin() as connection:
        connection.execute(text("CREATE TABLE rating (in_the_way INTEGER)"))
    store.close()
    with pytest.raises(RatingError, match="already exists"):
        open_store(url)
    from emorl.ratings.storage.connection import database_url, make_engine

    engine = make_engine(database_url(url))
    assert "rater" not in inspect(engine).get_table_names()
    engine.dispose()


REVISIONS = ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010"]
MOMENT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ROWS: dict[str, dict[str, Any]] = {
    "rater": {"id": "rater-a", "created_at": MOMENT, "consent_version": 1, "consent_at": MOMENT},
    "generation": {
        "id": 1,
        "fingerprint": "f" * 64,
        "statement_sha256": "ab" * 32,
        "statement": "Naïve 🙂 words.",
        "reflection": "You are tired.",
        "base_reflection": "",
        "weights": {"empathy": 0.1 + 0.2, "fluency": 0.7 - 1e-16},
        "strength": 1.3,
        "temperature": 0.7,
        "seed": 2**31 - 1,
        "model": {"base_sha256": "b"},
        "scores": {"empathy": 0.5},
        "app_version": "0.1.0",
        "created_at": MOMENT,
        "written": {"precision": "float16"},
    },
    "rating": {
        "id": 1,
        "generation_id": 1,
        "rater_id": "rater-a",
        "schema_version": 1,
        "revision": 1,
        "depth": "simple",
        "empathy": 1,
        "fluency": 2,
        "would_say": "yes",
        "comment": "kept",
        "consent": True,
        "shown_at": MOMENT,
        "submitted_at": MOMENT + timedelta(seconds=9),
        "client_token": "token",
        "edited": "Own words.",
        "best_of": 8,
    },
    "item": {"id": 1, "key": "k" * 64, "owner_id": "rater-a", "content": OWN.as_dict(), "created_at": MOMENT},
    "assignment": {
        "id": 1,
        "mark": "1" * 32,
        "rater_id": "rater-a",
        "item_id": 1,
        "place": 0,
        "repeated": False,
        "flipped": True,
        "draft": {"comment": "half"},
        "shown_at": MOMENT,
    },
    "judgement": {
        "id": 1,
        "assignment_id": 1,
        "schema_version": 1,
        "revision": 1,
        "choice": None,
        "depth": "none",
        "empathy": 0,
        "fluency": 1,
        "would_say": "no",
        "flags": ["parroting"],
        "skip": None,
        "comment": "said",
        "blind": True,
        "shown_at": MOMENT,
        "submitted_at": MOMENT + timedelta(seconds=9),
        "revealed_at": None,
        "withdrawn_at": None,
        "client_token": f"{'1' * 32}-1",
        "unsure": [],
        "marks": [],
    },
    "study": {"id": 1, "key": "s" * 32, "content": {"name": "A study"}, "created_at": MOMENT},
    "study_line": {
        "id": 1,
        "study_id": 1,
        "place": 0,
        "content": {"statement": "Naïve 🙂 words."},
        "written_at": MOMENT,
        "problem": "Why not.",
    },
    "study_item": {"id": 1, "study_id": 1, "item_id": 1, "training": False},
    "study_rater": {
        "id": 1,
        "study_id": 1,
        "rater_id": "rater-a",
        "number": 1,
        "label": "R 1",
        "code_sha256": "c" * 64,
        "created_at": MOMENT,
        "revoked_at": MOMENT,
    },
}
"""A row of each table, with a value in every column that any revision has."""


def everything(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """All rows, as the tables are now."""
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }


def test_the_rows_have_every_column_and_every_revision_is_tried(url: str) -> None:
    assert REVISIONS[-1] == migrations.latest()
    assert {t.name: set(t.c.keys()) for t in Base.metadata.sorted_tables} == {n: set(r) for n, r in ROWS.items()}


@pytest.mark.parametrize("revision", REVISIONS)
def test_data_of_each_revision_survives_the_way_up_and_down(revision: str, any_url: str) -> None:
    where = database_url(any_url)
    if where.get_backend_name() == "sqlite":
        Path(str(where.database)).touch()
    engine = make_engine(where)
    migrations.upgrade(engine, revision)
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for name in ROWS:
            if name in tables.tables:
                table = tables.tables[name]
                connection.execute(table.insert(), {key: ROWS[name][key] for key in table.c.keys()})
    before = everything(engine)
    assert {"rater", "generation", "rating"} <= before.keys() and all(len(rows) == 1 for rows in before.values())
    for _ in range(2):
        store = open_store(any_url)
        (rated,) = store.all()
        assert (rated.given.statement, rated.given.comment, rated.given.seed) == ("Naïve 🙂 words.", "kept", 2**31 - 1)
        assert dict(rated.given.weights) == ROWS["generation"]["weights"]
        assert rated.given.shown_at == MOMENT
        assert rated.given.best_of == (8 if revision >= "0004" else None)
        assert rated.given.written == ({"precision": "float16"} if revision >= "0005" else None)
        assert len(store.judgements()) == (revision >= "0002")
        store.close()
        migrations.downgrade(engine, revision)
        assert everything(engine) == before
    migrations.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()


def test_what_was_not_sure_or_marked_goes_down_without_it_and_older_answers_come_up_empty(any_url: str) -> None:
    store = open_store(any_url)
    queue = RatingQueue(store, [OWN], random.Random(1))
    queue.consent("rater-a")
    task = queue.next("rater-a")
    assert task is not None
    given = Answer(None, None, 1, 2, "yes", unsure=("depth",), marks=("first:0-3",))
    queue.submit("rater-a", task.assignment, task.token, given)
    assert store.judgements()[0].answer == given
    migrations.downgrade(store.engine, "0006")
    migrations.upgrade(store.engine)
    assert store.judgements()[0].answer == replace(given, unsure=(), marks=())
    store.close()


def test_a_server_does_all_that_a_file_does(server_url: str, make: MakeRating) -> None:
    store = open_store(server_url.replace("postgresql://", "postgres://"))
    queue = RatingQueue(store, load_items(), random.Random(1))
    for rater in ("rater-a", "rater-b"):
        store.add(make(rater=rater, statement="Words.", edited="Own."))
        store.add(make(rater=rater, statement="Words.", edited="Own.", comment="later"))
        use(queue, rater)
    assert (store.count(), store.count(revisions=True), len(store.judgements(withdrawn=True))) == (2, 4, 4)
    for command in (["export"], ["stats"], ["check"]):
        assert call(*command, "--db", server_url).exit_code == 0
    assert "2 ratings and 2 queue answers" in call("check", "--db", server_url).stdout
    assert "use the server's pg_dump" in one_line(call("backup", "copy.db", "--db", server_url))
    assert "2 ratings, 2 queue answers" in call("forget", "rater-a", "--db", server_url).stdout
    assert [row.given.rater for row in store.all()] == ["rater-b"]
    assert call("purge", "--older-than", "0", "--db", server_url).exit_code == 0
    assert (store.count(), count_rows(store).raters, len(store.judgements())) == (0, 1, 0)
    store.close()


def test_readers_of_a_server_change_and_migrate_nothing(server_url: str, make: MakeRating) -> None:
    store = open_store(server_url)
    store.add(make())
    reader = open_to_read(server_url)
    assert reader.count() == 1
    with pytest.raises(RatingError, match="read-only"):
        reader.forget("rater-a")
    reader.close()
    migrations.downgrade(store.engine, "0004")
    assert "at revision 0004: expected 0010; start the app once" in one_line(call("stats", "--db", server_url))
    assert migrations.current(store.engine) == "0004"
    store.close()


def test_a_server_that_refuses_is_one_line(server: str) -> None:
    with pytest.raises(RatingError, match="cannot be used .*does not exist") as caught:
        open_store(server.format("no_such_database"))
    assert "\n" not in str(caught.value)
    shown = one_line(call("stats", "--db", server.format("no_such_database") + "&nonsense=1"))
    assert "cannot be used" in shown
