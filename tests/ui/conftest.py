"""What the tests of several screens start from: an empty store and a scripted reflector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emorl.ratings import RatingStore, open_store
from emorl.ui.limits import Limiter
from tests.ui.clock import Clock
from tests.ui.scripted import ScriptedReflector


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RatingStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'ratings.db'}")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reflector() -> ScriptedReflector:
    return ScriptedReflector()


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests choose themselves where they want the best of several, whatever the app's default is."""
    monkeypatch.setattr("emorl.ui.writing.asked.DEFAULT_BEST_OF", 1)


@pytest.fixture(autouse=True)
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tests come from one address, which would meet the limits of a minute."""
    monkeypatch.setattr("emorl.ui.limits._limiter", Limiter())
