"""What `make bench` finds and prints."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.__main__ import benchmark_names, table


def test_benchmarks_are_the_modules_without_underscore(tmp_path: Path) -> None:
    for name in ("search.py", "decode.py", "__main__.py", "_timing.py", "notes.md"):
        (tmp_path / name).touch()
    assert benchmark_names(tmp_path) == ["decode", "search"]


def test_table_aligns_columns_and_leaves_gaps() -> None:
    rows = [{"name": "one", "ms": 12.3456}, {"name": "longer", "tokens": 48}]
    assert table(rows) == "name    ms     tokens\none     12.35\nlonger         48"
