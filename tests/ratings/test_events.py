"""The journal's lines: a journal of the first version is read, played and written again word for word."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emorl.errors import RatingError
from emorl.ratings import RatingStore, load_items
from emorl.ratings.storage.events import (
    EVENTS,
    ConsentGiven,
    OldDeleted,
    QueueEntry,
    QueueLaidOut,
    read_event,
    write_event,
)
from emorl.ratings.storage.fields import to_json
from emorl.ratings.storage.journal import read_lines
from emorl.ratings.storage.record import StoredJudgement, fingerprint
from emorl.ratings.storage.restore import restore
from tests.ratings.conftest import MakeRating

DATA = Path(__file__).parent / "data"
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_every_line_of_the_first_version_is_read_and_written_again_with_later_fields_empty() -> None:
    lines = list(read_lines([DATA / "journal.jsonl"]))
    later = {name for name in EVENTS if name.startswith("study")}
    assert {line["event"] for line in lines} == set(EVENTS) - later and len(EVENTS) == 9 + len(later) == 15
    for line in lines:
        at, event = read_event(line)
        assert isinstance(event, EVENTS[str(line["event"])])
        written = write_event(event, at)
        if isinstance(event, StoredJudgement):
            answer, before = to_json(event.answer), line["answer"]
            assert isinstance(before, dict) and not any(answer[name] for name in answer.keys() - before.keys())
            written["answer"] = {name: answer[name] for name in before}
        assert {key: value for key, value in written.items() if key in line} == line
        assert all(written[key] is None for key in written.keys() - line.keys())


def test_a_journal_of_the_first_version_is_played(store: RatingStore) -> None:
    assert restore(store, [DATA / "journal.jsonl"], load_items(DATA / "items.jsonl")) == (17, 0)
    assert [(row.given.rater, row.given.edited) for row in store.all()] == [
        ("rater-a", "So it weighs on you."),
        ("rater-c", None),
    ]
    judged = store.judgements(withdrawn=True)
    assert Counter(judgement.rater for judgement in judged) == {"rater-a": 4, "rater-b": 1}
    assert [judgement.withdrawn for judgement in judged] == [False, False, True, False, False]
    assert [judgement.blind for judgement in judged] == [True, True, True, False, True]  # the fourth after a reveal
    assert [judgement.answer.skip for judgement in judged] == [None, None, None, "other", None]


def test_an_event_and_its_line_become_each_other_by_hand() -> None:
    consent = {"at": "2026-11-20T12:00:00+00:00", "event": "consent", "rater": "r", "version": 1}
    assert write_event(ConsentGiven("r", 1), AT) == consent
    assert read_event(consent) == (AT, ConsentGiven("r", 1))
    place = {"key": "k", "mark": "m", "place": 0, "repeated": False, "flipped": True}
    layout = {**consent, "event": "layout", "places": [place]}
    del layout["version"]
    assert read_event(layout) == (AT, QueueLaidOut("r", (QueueEntry("k", "m", 0, False, True),)))
    assert write_event(OldDeleted(AT), AT)["before"] == "2026-11-20T12:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event": "dance"}, "event: got 'dance', expected one of rating, judgement"),
        ({"event": None}, "event: got None"),
        ({"at": "yesterday"}, "at: got 'yesterday', expected a moment"),
        ({"version": "1"}, "version: got '1', expected a value of type int"),
        ({"version": True}, "version: got True"),
        ({"more": 1}, r"ConsentGiven: got \['more'\], expected only fields that this version knows"),
        ({"event": "purge", "before": "x"}, "expected only fields"),
        ({"event": "withdraw"}, "JudgementWithdrawn: got one that is not whole, expected token as well"),
    ],
)
def test_lines_that_cannot_be_read_say_why(change: dict[str, object], message: str) -> None:
    line = {"at": "2026-11-20T12:00:00+00:00", "event": "consent", "rater": "r", "version": 1}
    with pytest.raises(RatingError, match=message):
        read_event({**line, **change})


def test_a_rating_keeps_its_fingerprint(make: MakeRating) -> None:
    """Stored databases hold this very number: SHA-256 of the first version's JSON of these fields."""
    assert fingerprint(make()) == "b334eab526511801068e4d4739f0092d3827266fec95b830c052b566d90c36d2"
    assert fingerprint(make(comment="other", scores={}, rater="rater-b")) == fingerprint(make())
    assert fingerprint(make(seed=1)) != fingerprint(make())


def test_every_line_is_json(make: MakeRating) -> None:
    line = write_event(make(comment="naïve 🙂", statement="Words."), AT)
    assert read_event(json.loads(json.dumps(line)))[1] == read_event(line)[1]
