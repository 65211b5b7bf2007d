from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emorl.ratings import NewRating, RatingStore, open_store, statement_sha256

STATEMENT = "I keep putting the letter back in the drawer, and every day it gets heavier."
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

MakeRating = Callable[..., NewRating]


@pytest.fixture(autouse=True)
def _no_outside_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("EMORL_DATA", raising=False)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ratings.db'}"


@pytest.fixture
def store(url: str) -> Iterator[RatingStore]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def make() -> MakeRating:
    """A valid rating with some fields changed; every call has a token of its own."""
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
