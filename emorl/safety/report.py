"""How the phrase list does on our own written cases: `python -m emorl.safety.report [--misses]`.

`data/safety/crisis_cases.jsonl` holds five parts, all invented. `tuned` and `indirect` shaped the list. `held_out` was
written before the rules and never read to change them, but by the same author on the same day, so it flatters.
`indirect_held` has about every second case of our indirect speech, chosen by a hash of the text. Nobody looked at its
misses while the rules were written, but one author wrote both parts and the rules, so it flatters too. `oblique` was
written to get past an earlier list and has not been read since: its recall is the figure to go by. Version 4 of the
list was made under the condition that no part lost a case by count (data/README.md).

Beside them stand ordinary statements, `data/reflections.jsonl` and `data/examples.json`: how often an alarm would be
raised for nothing. Left out: statements of real clients, and any clinical judgement.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emorl.errors import CareDataError
from emorl.resources import data_path
from emorl.safety.crisis import crisis_matches
from emorl.safety.phrases import phrase_list

CASES = data_path("safety", "crisis_cases.jsonl")
PARTS = ("tuned", "held_out", "indirect", "indirect_held", "oblique")
OWN = ("reflections.jsonl", "examples.json")


@dataclass(frozen=True)
class Case:
    """One invented statement: its part, whether help should be shown, its category and text."""

    part: str
    crisis: bool
    category: str
    text: str


@dataclass(frozen=True)
class Result:
    """What the list did on one part.

    Attributes:
        part: one of `PARTS`.
        found: crisis cases that raised the alarm.
        crises: crisis cases.
        alarms: benign cases that raised it.
        benign: benign cases.
        wrong: the cases it got wrong.
    """

    part: str
    found: int
    crises: int
    alarms: int
    benign: int
    wrong: tuple[Case, ...]

    @property
    def recall(self) -> float:
        """Share of the crisis cases that raised the alarm."""
        return self.found / self.crises

    @property
    def false_alarm_rate(self) -> float:
        """Share of the benign cases that raised it."""
        return self.alarms / self.benign


def read_cases(path: Path = CASES) -> tuple[Case, ...]:
    """All cases of a file.

    Raises:
        CareDataError: the file cannot be read or a line is not a case.
    """
    try:
        return tuple(Case(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError, TypeError) as fault:
        raise CareDataError.of(
            f"{path}, which cannot be read ({fault})",
            "one object a line with part, crisis, category and text",
            "restore it from the repository",
        ) from fault


def own_statements(name: str) -> tuple[str, ...]:
    """The statements of one of the files `OWN`, none of which was written as a crisis.

    Raises:
        CareDataError: the file cannot be read.
    """
    path = data_path(name)
    try:
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text)["examples"] if path.suffix == ".json" else map(json.loads, text.splitlines())
        return tuple(row["statement"] for row in rows)
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise CareDataError.of(
            f"{path}, which cannot be read ({fault})", "objects with a statement", "restore it from the repository"
        ) from fault


def measure(part: str, cases: Sequence[Case]) -> Result:
    """Hold the phrase list against the cases of one part."""
    chosen = [(case, bool(crisis_matches(case.text))) for case in cases if case.part == part]
    crises = [hit for case, hit in chosen if case.crisis]
    benign = [hit for case, hit in chosen if not case.crisis]
    wrong = tuple(case for case, hit in chosen if hit != case.crisis)
    return Result(part, sum(crises), len(crises), sum(benign), len(benign), wrong)


def main() -> None:
    """Print recall and false alarms of every part and of ordinary statements; --misses prints what was wrong."""
    parser = argparse.ArgumentParser(description="Recall and false alarms of the phrase list on invented cases.")
    parser.add_argument("--misses", action="store_true", help="print what it got wrong")
    options = parser.parse_args()
    cases = read_cases()
    print(f"phrase list version {phrase_list().version}, {len(cases)} invented cases; not a clinical validation")
    for result in (measure(part, cases) for part in PARTS):
        print(
            f"{result.part:13} recall {result.found}/{result.crises} = {result.recall:.2f}   "
            f"false alarms {result.alarms}/{result.benign} = {result.false_alarm_rate:.2f}"
        )
        for case in result.wrong if options.misses else ():
            print(f"  {'missed' if case.crisis else 'false alarm'} ({case.category}): {case.text}")
    for name in OWN:
        statements = own_statements(name)
        started = time.perf_counter()
        raised = [text for text in statements if crisis_matches(text)]
        each_ms = 1000 * (time.perf_counter() - started) / len(statements)
        share = len(raised) / len(statements)
        print(f"{name:17} alarms {len(raised)}/{len(statements)} = {share:.4f}, {each_ms:.2f} ms each")
        for text in raised if options.misses else ():
            print(f"  alarm: {text}")


if __name__ == "__main__":
    main()
