"""The commands under `ratings`: what they write, what they count, and the one line in which they refuse."""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emorl.ratings import RatingStore
from tests.ratings.conftest import MakeRating, call, one_line

BASE_ONLY = {"reflection": 0.0, "empathy": 0.0, "fluency": 0.0}


def test_csv_is_flat_and_has_no_comments(store: RatingStore, make: MakeRating, url: str) -> None:
    store.add(make(comment="private words", statement="=1+1"))
    store.add(make(rater="rater-b", weights=BASE_ONLY, scores={}))
    result = call("export", "--db", url)
    assert result.exit_code == 0
    first, second = csv.DictReader(io.StringIO(result.stdout))
    assert "comment" not in first
    assert "client_token" not in first
    assert first["statement"] == "'=1+1"
    assert (first["weight_empathy"], first["score_empathy"]) == ("0.3", "0.6")
    assert (second["weight_empathy"], second["score_empathy"]) == ("0.0", "")
    assert json.loads(first["model"])["base_sha256"] == "ab" * 32
    assert datetime.fromisoformat(first["submitted_at"]).tzinfo is not None
    assert "private words" not in result.stdout


def test_comments_and_revisions_are_exported_when_asked_for(store: RatingStore, make: MakeRating, url: str) -> None:
    store.add(make(comment="@SUM(A1)"))
    store.add(make(comment="later\nwords"))
    found = list(
        csv.DictReader(io.StringIO(call("export", "--comments", "--revisions", "--db", url).stdout, newline=""))
    )
    assert [(row["revision"], row["comment"]) for row in found] == [("1", "'@SUM(A1)"), ("2", "later\nwords")]


def test_json_lines_hold_the_ratings_exactly(store: RatingStore, make: MakeRating, url: str, tmp_path: Path) -> None:
    wanted = make(comment="=1+1 naïve 🙂")
    store.add(wanted)
    out = tmp_path / "ratings.jsonl"
    result = call("export", "--format", "jsonl", "--comments", "--out", str(out), "--db", url)
    assert result.exit_code == 0
    assert "1 ratings and 0 queue answers written" in result.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    row = json.loads(out.read_text(encoding="utf-8"))
    assert row["comment"] == wanted.comment
    assert row["weights"] == wanted.weights
    assert row["model"] == wanted.model
    assert datetime.fromisoformat(row["shown_at"]) == wanted.shown_at


def test_an_empty_store_is_exported_as_a_header_or_nothing(store: RatingStore, url: str) -> None:
    assert call("export", "--db", url).stdout.strip() == "kind,id,revision"
    assert call("export", "--format", "jsonl", "--db", url).stdout == ""


def test_stats_count_and_average_by_hand(store: RatingStore, make: MakeRating, url: str) -> None:
    high, low = {"empathy": 0.8, "fluency": 0.2}, {"empathy": 0.2, "fluency": 0.8}
    store.add(make(weights=high, empathy=2, depth="complex", would_say="yes"))
    store.add(make(weights=high, empathy=1, depth="none", would_say="no", rater="rater-b"))
    store.add(make(weights=low, empathy=0, depth="simple", would_say="edits"))
    store.add(make(weights=BASE_ONLY, empathy=0, depth="none", would_say="no"))
    found = json.loads(call("stats", "--json", "--db", url).stdout)
    assert (found["ratings"], found["revisions"], found["raters"], found["reflections"]) == (4, 4, 2, 3)
    groups = {
        (g["objective"], g["third"]): (g["ratings"], g["means"]["empathy"], g["means"]["depth"])
        for g in found["groups"]
    }
    assert groups == {
        ("empathy", "share below 1/3"): (1, 0.0, 1.0),
        ("empathy", "share above 2/3"): (2, 1.5, 1.0),
        ("fluency", "share below 1/3"): (2, 1.5, 1.0),
        ("fluency", "share above 2/3"): (1, 0.0, 1.0),
        ("", "base model alone"): (1, 0.0, 0.0),
    }
    shown = call("stats", "--db", url).stdout
    assert "4 ratings (4 with earlier revisions) of 3 reflections by 2 raters" in shown
    assert "unanimous" in shown  # both raters said fluency 1


def test_stats_of_an_empty_store_say_that_there_are_none(store: RatingStore, url: str) -> None:
    result = call("stats", "--db", url)
    assert result.exit_code == 0
    assert "0 ratings" in result.stdout


def test_forget_and_purge_say_what_they_deleted(store: RatingStore, make: MakeRating, url: str) -> None:
    old = datetime.now(UTC) - timedelta(days=100)
    store.add(make(rater="old", shown_at=old, submitted_at=old))
    now = datetime.now(UTC)
    store.add(make(rater="new", shown_at=now, submitted_at=now))
    assert "deleted: 1 ratings, 0 queue answers" in call("purge", "--older-than", "90", "--db", url).stdout
    assert "deleted: 1 ratings, 0 queue answers" in call("forget", "new", "--db", url).stdout
    assert store.count() == 0


@pytest.mark.parametrize("command", [["export"], ["stats"], ["purge", "--older-than", "1"], ["forget", "x"]])
def test_a_missing_database_is_one_line(command: list[str], tmp_path: Path) -> None:
    shown = one_line(call(*command, "--db", f"sqlite:///{tmp_path}/none.db"))
    assert "no ratings database at" in shown
    assert "DATABASE_URL" in shown
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_rater_and_a_negative_age_are_one_line(store: RatingStore, url: str) -> None:
    assert "Got rater 'nobody'" in one_line(call("forget", "nobody", "--db", url))
    assert "expected 0 or more" in one_line(call("purge", "--older-than", "-3", "--db", url))


def test_an_export_that_cannot_be_written_is_one_line(store: RatingStore, url: str, tmp_path: Path) -> None:
    assert "cannot be written" in one_line(call("export", "--out", str(tmp_path / "no/such/file.csv"), "--db", url))
    (tmp_path / "taken").mkdir()
    assert "cannot be written" in one_line(call("export", "--out", str(tmp_path / "taken"), "--db", url))
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".taken")]
