"""What a part found: one JSON line in docs/soak.jsonl, from whose newest lines docs/soak.md is written."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Figures = dict[str, float | int | str]

DOCS = Path(__file__).parents[2] / "docs"
LINES, PAGE = DOCS / "soak.jsonl", DOCS / "soak.md"
INTRODUCTION = """\
# Soak

Long trials of `python app.py` as a process of its own, on one machine, over the loopback interface alone. Each part
makes a claim, and fails where that does not hold. `make soak` runs all of them in full, which takes hours. One part at
another amount:

    python -m tests.soak --part kills --amount 20

`make test` runs each part at a small amount. Below the full amount, times and memory are shown and not judged. A run
adds a line to [soak.jsonl](soak.jsonl) and writes this page from the newest line of each part, so the table says what
was really run, where and when, and how far that is from the full amount. *Load* is how many processes wanted the
processor, on average over the last five minutes of a run, the trial's own among them: above the number of cores, times
say more about the other processes than about the app. The models are toys: *scripted* writes always the same words
without a model, *tiny* is the whole engine on random weights of three layers. Nothing here says how fast the shipped
models write ([cost.md](cost.md) does).
"""


def machine() -> str:
    """What kind of machine this is, without its name, and how busy."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kind = f"{os.cpu_count()} cores, {memory_gb:.0f} GB, {platform.system()}, Python {platform.python_version()}"
    return f"{kind}, load {os.getloadavg()[1]:.1f}"


@dataclass(frozen=True)
class Outcome:
    """What one run of a part found.

    Attributes:
        part: Its name.
        amount: How much was run.
        unit: Of the amount.
        claim: What was claimed.
        holds: Whether the claim held.
        figures: What was counted and measured, by what it is.
        models: Which toys wrote.
        seconds: How long it took.
        date: When it ended (UTC).
        machine: Where it ran.
    """

    part: str
    amount: int
    unit: str
    claim: str
    holds: bool
    figures: Figures
    models: str
    seconds: float
    date: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())
    machine: str = field(default_factory=machine)


def write(outcomes: Iterable[Outcome], full: Mapping[str, int]) -> None:
    """Add lines, and write the page anew; `full` says how much each part is meant to run."""
    with LINES.open("a", encoding="utf-8") as file:
        for outcome in outcomes:
            file.write(json.dumps(asdict(outcome)) + "\n")
    PAGE.write_text(page(LINES.read_text(encoding="utf-8"), full), encoding="utf-8")


def page(lines: str, full: Mapping[str, int]) -> str:
    """The page for these lines: the newest of each part."""
    newest: dict[str, dict[str, Any]] = {}
    for line in lines.splitlines():
        found = json.loads(line)
        newest[found["part"]] = found
    rows = ["| part | run | in full | claim | holds | found | models | time | date | machine |", "|" + "---|" * 10]
    rows += [
        "| "
        + " | ".join(
            [
                name,
                f"{one['amount']:,} {one['unit']}",
                "yes" if one["amount"] >= full[_part(name)] else f"no, of {full[_part(name)]:,}",
                one["claim"],
                "yes" if one["holds"] else "**no**",
                "; ".join(f"{what}: {_figure(value)}" for what, value in one["figures"].items()),
                one["models"],
                f"{one['seconds'] / 60:.0f} min" if one["seconds"] >= 90 else f"{one['seconds']:.0f} s",
                one["date"],
                one["machine"],
            ]
        )
        + " |"
        for name, one in sorted(newest.items())
    ]
    never = [name for name in full if name not in map(_part, newest)]
    rest = f"\nNever run: {', '.join(never)}.\n" if never else ""
    return INTRODUCTION + "\n" + "\n".join(rows) + "\n" + rest


def _part(name: str) -> str:
    """Of what a row is: `raters` of `raters, SQLite`."""
    return name.partition(",")[0]


def _figure(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
