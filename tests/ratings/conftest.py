"""What tests of the ratings share: a store, a valid rating, a judgement, a host that loses its disk, the command."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from emorl.ratings import (
    Answer,
    Item,
    NewRating,
    RatingQueue,
    RatingStore,
    Side,
    load_items,
    open_kept_store,
    open_store,
    statement_sha256,
)
from emorl.ratings.cli import ratings
from emorl.ratings.storage.record import StoredJudgement
from tests.ratings.server import NoPostgres, new_database, postgres

STATEMENT = "I keep putting the letter back in the drawer, and every day it gets heavier."
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

MakeRating = Callable[..., NewRating]
Judge = Callable[..., StoredJudgement]
Restart = Callable[[], tuple[RatingStore, RatingQueue]]
ITEMS = load_items()


def call(*arguments: str) -> Result:
    """What `python -m emorl ratings` says."""
    return CliRunner().invoke(ratings, list(arguments))


def one_line(result: Result) -> str:
    """The single line of a command that was refused."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


class FolderHub:
    """A folder in the hub's place; `close` copies what has been written, as a last push would."""

    def __init__(self, folder: Path) -> None:
        self.remote = folder
        self.remote.mkdir(exist_ok=True)
        self.kept: Path | None = None

    def fetch(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(file, folder)) for file in sorted(self.remote.glob("*.jsonl"))]

    def keep(self, folder: Path) -> None:
        self.kept = folder

    def push(self, file: Path) -> None:
        shutil.copy(file, self.remote)

    def close(self) -> None:
        assert self.kept is not None
        for file in self.kept.glob("*.jsonl"):
            shutil.copy(file, self.remote)


@pytest.fixture
def restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Restart:
    """Start the store as on a host whose disk is wiped each time; only the hub's folder stays."""
    disk = tmp_path / "disk"
    monkeypatch.setenv("EMORL_DATA", str(disk))
    running: list[tuple[FolderHub, RatingStore]] = []

    def start() -> tuple[RatingStore, RatingQueue]:
        for hub, store in running:
            hub.close()
            store.close()
        running.clear()
        shutil.rmtree(disk, ignore_errors=True)
        hub = FolderHub(tmp_path / "hub")
        store = open_kept_store(hub=hub, shared=ITEMS)
        running.append((hub, store))
        return store, RatingQueue(store, ITEMS, random.Random(1))

    return start


@pytest.fixture(autouse=True)
def _no_outside_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("EMORL_DATA", raising=False)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ratings.db'}"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server of the tests' own: the URL of a database, `{}` for its name."""
    try:
        with postgres() as found:
            yield found.url
    except NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture
def server_url(server: str) -> str:
    """An empty database on the server."""
    return new_database(server)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest) -> str:
    """An empty database of either kind."""
    return str(request.getfixturevalue("url" if request.param == "sqlite" else "server_url"))


@pytest.fixture
def store(url: str) -> Iterator[RatingStore]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def make() -> MakeRating:
    """A valid rating with some fields changed; every call has a token of its own."""
    return make_ratings()


def make_ratings() -> MakeRating:
    """What the fixture `make` gives, for other scopes and processes."""
    made = 0

    def build(**changes: Any) -> NewRating:
        nonlocal made
        made += 1
        rating = NewRating(
            rater="rater-a",
            client_token=f"token-{made}",
            statement=None,
            statement_sha256=statement_sha256(STATEMENT),
            reflection="Every day that letter stays in the drawer it weighs a little more.",
            base_reflection="You have a letter.",
            weights={"reflection": 0.5, "empathy": 0.3, "fluency": 0.2},
            strength=1.0,
            temperature=0.0,
            seed=0,
            model={"base_sha256": "ab" * 32, "adapters": {"empathy": "cd" * 32}},
            scores={"reflection": 0.8, "empathy": 0.6, "fluency": 0.9},
            app_version="0.1.0",
            depth="complex",
            empathy=2,
            fluency=1,
            would_say="edits",
            comment=None,
            shown_at=NOW - timedelta(seconds=20),
            submitted_at=NOW,
        )
        if changes.get("statement") is not None:
            changes.setdefault("statement_sha256", statement_sha256(changes["statement"]))
        return replace(rating, **changes)

    return build


@pytest.fixture
def judge() -> Judge:
    """A blind first judgement of a pair ("A" beside "B"), or of a single reflection where no choice is given."""
    made = 0

    def build(
        choice: str | None = None,
        rater: str = "rater-a",
        statement: str = "I am tired.",
        first: str = "A",
        second: str = "B",
        weights: Any = None,
        gold: Any = None,
        seconds: float = 10.0,
        answer: Answer | None = None,
        **changes: Any,
    ) -> StoredJudgement:
        nonlocal made
        made += 1
        mixes = weights or (None, None)
        sides = Side("one", first, mixes[0]), Side("two", second, mixes[1])
        given = answer or Answer(choice=choice) if choice else answer or Answer(None, "simple", 1, 2, "yes")
        is_pair = choice is not None or given.choice is not None or "choice" in given.unsure
        item = Item(statement, sides[0], sides[1] if is_pair else None, gold)
        plain = StoredJudgement(
            id=made,
            rater=rater,
            item=item,
            repeat=False,
            flipped=False,
            place=made,
            revision=1,
            answer=given,
            blind=True,
            withdrawn=False,
            shown_at=NOW - timedelta(seconds=seconds),
            submitted_at=NOW,
            token=f"{made:032x}-1",
        )
        return replace(plain, **changes)

    return build
