"""Each part of the soak at a small amount, where it judges neither times nor memory."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.ratings.server import NoPostgres
from tests.soak import generations, kills, malformed, memory, raters, record, starts, upgrade
from tests.soak.__main__ import FULL, PARTS, main
from tests.soak.crowd import stored_tokens
from tests.soak.record import Outcome
from tests.soak.serving import ROOT
from tests.soak.upgrade import NoHistory


def told(outcome: Outcome, folder: Path) -> str:
    """What went wrong, for a test that fails."""
    faults = folder / "faults.txt"
    return f"{outcome.figures} {faults.read_text(encoding='utf-8')[:3000] if faults.exists() else ''}"


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    (outcome,) = kills.run(1, tmp_path)
    assert outcome.holds, told(outcome, tmp_path)


def test_raters_meet_a_restart_of_the_app_and_of_the_server(tmp_path: Path) -> None:
    try:
        (outcome,) = raters.run(2, tmp_path, databases=["PostgreSQL"])
    except NoPostgres as reason:
        pytest.skip(str(reason))
    assert outcome.part == "raters, PostgreSQL" and outcome.holds, told(outcome, tmp_path)


def test_malformed_requests_are_refused_and_not_written_down(tmp_path: Path) -> None:
    (outcome,) = malformed.run(400, tmp_path, seed=random.randrange(10**6))
    assert outcome.holds, told(outcome, tmp_path)


def test_an_answer_that_must_not_be_is_a_fault() -> None:
    faults = ((500, ""), (503, ""), (200, f"{ROOT}/app.py"), (400, "Traceback (most recent call last):"))
    assert all(malformed.is_fault(*one) for one in faults)
    assert not any(malformed.is_fault(*one) for one in ((200, "{}"), (404, ""), (503, "Queue is full.")))


def test_nothing_of_a_cancelled_reflection_goes_on(tmp_path: Path) -> None:
    (outcome,) = generations.run(30, tmp_path)
    assert outcome.holds, told(outcome, tmp_path)
    assert {way: outcome.figures[way] for way in generations.WAYS} == dict.fromkeys(generations.WAYS, 5)


def test_an_upgrade_with_both_versions_on_one_database(tmp_path: Path) -> None:
    try:
        (outcome,) = upgrade.run(1, tmp_path)
    except NoHistory as reason:
        pytest.skip(str(reason))
    assert outcome.holds, told(outcome, tmp_path)


def test_a_start_that_fails_or_ends_badly_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = iter((0, 1, None))

    @contextmanager
    def played(folder: Path) -> Iterator[SimpleNamespace]:
        code = next(codes)
        if code is None:
            raise AssertionError("the app ended")
        yield SimpleNamespace(stop=lambda: code, tail=lambda: "a traceback")

    monkeypatch.setattr(starts, "served", played)
    (outcome,) = starts.run(1, tmp_path / "first", others=1)
    assert outcome.holds and outcome.figures["failed"] == 0
    (outcome,) = starts.run(2, tmp_path / "second", others=1)
    assert not outcome.holds and outcome.figures["failed"] == 2
    said = (tmp_path / "second" / "faults.txt").read_text(encoding="utf-8")
    assert said == "exit code 1: a traceback\n\nthe app ended"


# The record


def test_memory_is_flat_if_the_last_three_fifths_add_little() -> None:
    assert memory.fifths(7) == [range(0, 1), range(1, 2), range(2, 4), range(4, 5), range(5, 7)]
    assert memory.is_flat([100, 300, 310, 305, 324]) and not memory.is_flat([100, 300, 310, 320, 325])
    assert memory.shown([100.4, 300.6]) == "100, 301"


def test_the_page_is_written_from_the_newest_line_of_each_part() -> None:
    lines = record.LINES.read_text(encoding="utf-8")
    assert record.PAGE.read_text(encoding="utf-8") == record.page(lines, FULL)


def test_a_line_replaces_an_older_one_on_the_page_and_names_no_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "LINES", tmp_path / "soak.jsonl")
    monkeypatch.setattr(record, "PAGE", tmp_path / "soak.md")
    figures: record.Figures = {"lost": 0, "p95, s": 0.1234, "memory, MB": "1, 2", "stored": 12_345}
    full = {"kills": 2000, "raters": 600, "starts": 45}
    record.write([Outcome("kills", 3, "kills", "none is lost", False, figures, "scripted", 5.0)], full)
    record.write([Outcome("kills", 2000, "kills", "none is lost", True, figures, "scripted", 300.0)], full)
    record.write([Outcome("raters, SQLite", 20, "s", "none is lost", False, {}, "scripted", 30.0)], full)
    page = (tmp_path / "soak.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith("| kills")]
    assert row.startswith(
        "| kills | 2,000 kills | yes | none is lost | yes | lost: 0; p95, s: 0.123; memory, MB: 1, 2; "
    )
    assert "stored: 12,345 | scripted | 5 min | 2" in row and " cores, " in row and "Python 3." in row
    assert "| raters, SQLite | 20 s | no, of 600 | none is lost | **no** |  |" in page
    assert page.endswith("\n\nNever run: starts.\n")
    assert len((tmp_path / "soak.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_the_command_fails_where_a_claim_does_and_writes_it_down_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(record, "LINES", tmp_path / "soak.jsonl")
    monkeypatch.setattr(record, "PAGE", tmp_path / "soak.md")
    held = {"kills": True, "starts": False}

    def part(name: str):
        return lambda amount, folder: [Outcome(name, amount, "x", "claim", held[name], {}, "none", 1.0)]

    def missing(amount: int, folder: Path) -> list[Outcome]:
        raise NoPostgres("not installed")

    monkeypatch.setitem(PARTS, "kills", (7, part("kills")))
    monkeypatch.setitem(PARTS, "starts", (7, part("starts")))
    monkeypatch.setitem(PARTS, "raters", (7, missing))
    assert main(["--part", "kills"]) == 0
    assert main(["--part", "kills", "--part", "starts", "--amount", "2"]) == 1
    assert "failed: starts" in capsys.readouterr().err
    assert main(["--part", "raters"]) == 1 and "not run: not installed" in capsys.readouterr().err
    rows = [json.loads(line) for line in (tmp_path / "soak.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["part"], one["amount"]) for one in rows] == [("kills", 7), ("kills", 2), ("starts", 2)]
    assert main(["--part", "kills", "--dry"]) == 0
    assert len((tmp_path / "soak.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    with pytest.raises(SystemExit):
        main(["--amount", "0"])


def test_what_is_lost_would_be_seen(tmp_path: Path) -> None:
    from emorl.ratings import open_store
    from tests.ratings.conftest import make_ratings

    url = f"sqlite:///{tmp_path / 'ratings.db'}"
    store = open_store(url)
    store.add(make_ratings()(client_token="one"))
    store.close()
    assert {"one", "two"} - stored_tokens(url) == {"two"}
