"""Each part of the soak at a small amount; how fast or how small anything is, is not asserted here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.soak import kills, record
from tests.soak.__main__ import PARTS, main
from tests.soak.crowd import stored_tokens
from tests.soak.record import Outcome


def told(outcome: Outcome, folder: Path) -> str:
    """What went wrong, for a test that fails."""
    faults = folder / "faults.txt"
    return f"{outcome.figures} {faults.read_text(encoding='utf-8')[:3000] if faults.exists() else ''}"


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    (outcome,) = kills.run(1, tmp_path)
    assert outcome.holds, told(outcome, tmp_path)


# The record


def test_the_page_is_written_from_the_newest_line_of_each_part() -> None:
    lines = record.LINES.read_text(encoding="utf-8")
    assert record.PAGE.read_text(encoding="utf-8") == record.page(lines)
    assert {json.loads(line)["part"].split(",")[0] for line in lines.splitlines()} <= set(PARTS)


def test_a_line_replaces_an_older_one_on_the_page_and_names_no_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "LINES", tmp_path / "soak.jsonl")
    monkeypatch.setattr(record, "PAGE", tmp_path / "soak.md")
    figures: dict[str, float | int | str] = {"lost": 0, "p95, s": 0.1234, "memory, MB": "1, 2", "stored": 12_345}
    record.write([Outcome("kills", 3, "kills", "none is lost", False, figures, "scripted", 5.0)])
    record.write([Outcome("kills", 2000, "kills", "none is lost", True, figures, "scripted", 300.0)])
    page = (tmp_path / "soak.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith("| kills")]
    assert row.startswith("| kills | 2,000 kills | none is lost | yes | lost: 0; p95, s: 0.123; memory, MB: 1, 2; ")
    assert "stored: 12,345 | scripted | 5 min | 2" in row and " cores, " in row and "Python 3." in row
    assert len((tmp_path / "soak.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_the_command_fails_where_a_claim_does_and_writes_it_down_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(record, "LINES", tmp_path / "soak.jsonl")
    monkeypatch.setattr(record, "PAGE", tmp_path / "soak.md")
    held = {"kills": True, "starts": False}

    def part(name: str):
        return lambda amount, folder: [Outcome(name, amount, "x", "claim", held[name], {}, "none", 1.0)]

    monkeypatch.setitem(PARTS, "kills", (7, part("kills")))
    monkeypatch.setitem(PARTS, "starts", (7, part("starts")))
    assert main(["--part", "kills"]) == 0
    assert main(["--part", "kills", "--part", "starts", "--amount", "2"]) == 1
    assert "failed: starts" in capsys.readouterr().err
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
