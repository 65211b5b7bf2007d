"""The history must lead to the tables in the code.

PostgreSQL too where EMORL_TEST_POSTGRES names an empty one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.schema import CreateTable

from emorl.errors import RatingError
from emorl.ratings import RatingQueue, load_items, open_store
from emorl.ratings.storage import migrations
from emorl.ratings.storage.schema import Base
from tests.ratings.conftest import MakeRating

URLS = [
    "sqlite",
    pytest.param(
        "postgresql",
        marks=pytest.mark.skipif(
            "EMORL_TEST_POSTGRES" not in os.environ, reason="set EMORL_TEST_POSTGRES to an empty database"
        ),
    ),
]


@pytest.fixture(params=URLS)
def any_url(request: pytest.FixtureRequest, url: str) -> str:
    return url if request.param == "sqlite" else os.environ["EMORL_TEST_POSTGRES"]


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
