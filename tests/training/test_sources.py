"""What each role learns from: replies that were read for it, and nobody else's."""

from __future__ import annotations

import pytest

from tests.training.texts import NOUNS, corpora_with, label, own
from training import sources
from training.data import HollowReply

CORPORA = corpora_with([own(NOUNS[0]), own(NOUNS[1], "test")])
READ, JUDGED = label("s", "Read for rewards.", 2), label("s", "Read for the judge.", 0)
HOLLOW = HollowReply("s", "warm", "hollow", "train")


@pytest.fixture(autouse=True)
def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "load_labels", lambda: (READ, label("s", "Of the test split.", 1, "test")))
    monkeypatch.setattr(sources, "load_judge_labels", lambda: (JUDGED,))
    monkeypatch.setattr(sources, "load_hollow", lambda: (HOLLOW,))


def test_the_judge_learns_from_other_readings_than_what_rewards() -> None:
    assert sources.sources_of(CORPORA, "ship").read() == [READ]
    assert sources.sources_of(CORPORA, "judge").read() == [JUDGED]


@pytest.mark.parametrize("role", ["ship", "judge"])
def test_both_have_the_same_corpora_and_sympathy(role: str) -> None:
    found = sources.sources_of(CORPORA, role)
    assert (found.corpora, found.hollow(), found.split) == (CORPORA, [HOLLOW], "train")


def test_another_split_has_its_own_readings() -> None:
    found = sources.sources_of(CORPORA, "ship", "test")
    assert [r.reply for r in found.read()] == ["Of the test split."] and found.hollow() == []
    assert sources.sources_of(CORPORA, "judge", "test").read() == []
