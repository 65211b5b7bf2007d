"""What `make bench` finds and prints."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.__main__ import benchmark_names, table
from tests.benchmarks._page import INTRODUCTION, PAGE, browser_part, memory_part


def test_benchmarks_are_the_modules_without_underscore(tmp_path: Path) -> None:
    for name in ("search.py", "decode.py", "__main__.py", "_timing.py", "notes.md"):
        (tmp_path / name).touch()
    assert benchmark_names(tmp_path) == ["decode", "search"]


def test_table_aligns_columns_and_leaves_gaps() -> None:
    rows = [{"name": "one", "ms": 12.3456}, {"name": "longer", "tokens": 48}]
    assert table(rows) == "name    ms     tokens\none     12.35\nlonger         48"


def test_waits_in_the_browser_are_held_to_their_goals() -> None:
    rows = [
        {"name": "page_s", "median": 4.2, "spread": [4.0, 5.0], "n": 3, "goal": 10.0, "within_goal": True},
        {"name": "first_word_s", "median": 1.5, "spread": [1.0, 2.0], "n": 9, "goal": 1.0, "within_goal": False},
        {"name": "slider_to_text_ms", "median": 0.4, "spread": [0.2, 1.0], "n": 30, "goal": None, "within_goal": None},
    ]
    lines = browser_part({"rows": rows}).splitlines()
    assert "| from `python app.py` to the statement box, s | 4.2 | 4 to 5 | 3 | at most 10 |" in lines
    assert "| from the click on Generate to the first word, s | 1.5 | 1 to 2 | 9 | at most 1 (not reached) |" in lines
    assert lines[-1] == "| from a slider's move to the changed text in the page, ms | 0.4 | 0.2 to 1 | 30 |  |"


def test_memory_is_held_to_its_goal() -> None:
    rows = [{"name": "page built", "resident_mb": 400, "peak_mb": 410}]
    text = memory_part({"rows": rows, "goal_mb": 2500, "most_mb": 400})
    assert "Goal: at most 2500 resident.\n" in text and "| page built | 400 | 410 |" in text
    assert "Goal: at most 300 resident (not reached)." in memory_part({"rows": rows, "goal_mb": 300, "most_mb": 400})


def test_the_page_begins_as_the_command_writes_it() -> None:
    assert PAGE.read_text(encoding="utf-8").startswith("# What a reflection costs\n\n" + INTRODUCTION)
