"""Runs every benchmark in a process of its own: JSON under var/bench, a table on screen.

python -m tests.benchmarks                # all of them
python -m tests.benchmarks.decode --json  # one of them
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = Path("var/bench")


def benchmark_names(folder: Path = HERE) -> list[str]:
    """Modules of this folder that are benchmarks: every one whose name does not begin with an underscore."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as aligned columns: those of the first row first, floats with four figures."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns, *([_cell(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(line[number]) for line in cells) for number in range(len(columns))]
    lines = ("  ".join(map(str.ljust, line, widths)) for line in cells)
    return "\n".join(line.rstrip() for line in lines)


def main() -> int:
    """0 when every benchmark ran, else 1."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in benchmark_names():
        print(f"== {name}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{name}", "--json"], stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            failed.append(name)
            continue
        (RESULTS / f"{name}.json").write_text(done.stdout, encoding="utf-8")
        result = json.loads(done.stdout)
        print(table(result["rows"]))
        for ratio, value in result.get("ratios", {}).items():
            print(f"{ratio}: {_cell(value)}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
