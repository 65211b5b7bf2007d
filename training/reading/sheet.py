"""Blind reading: the measure that counts. Sheets that hide who wrote what, and the table of what readers found.

A sheet has one row for each different reply to a statement, in random order; the key, kept apart, names the methods
that wrote it. A reader answers four yes/no questions a row:

    faithful     says what the client said or clearly implied, and nothing else
    reflects     is a reflection: no question, advice, sympathy or chat
    wellformed   a person could say it aloud
    would_say    a good counsellor would say it here

Shares come with Wilson intervals; two readers' agreement is Cohen's kappa. Left out: the reading
itself.

    python -m training reading make --config FILE --out FOLDER
    python -m training reading score FOLDER/answers.jsonl [FOLDER/answers-2.jsonl] --key FOLDER/key.json
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

from sklearn.metrics import cohen_kappa_score

from emorl.errors import CorpusError
from training.data.reading import read_jsonl

QUESTIONS = ("faithful", "reflects", "wellformed", "would_say")
YES_NO = ("0", "1", "false", "true")
Z = NormalDist().inv_cdf(0.975)  # 95 %, both sides


@dataclass(frozen=True)
class Item:
    """A statement on the sheet.

    Attributes:
        statement: What the client said.
        group: Where it comes from ("own", "pair", "annomi"); the table has a part for each.
        replies: The reply of each method that has one.
    """

    statement: str
    group: str
    replies: Mapping[str, str]


@dataclass(frozen=True)
class KeyEntry:
    """Who wrote a row: all methods whose reply it is, and the statement's group."""

    group: str
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Share:
    """Share of yes answers with its 95 % Wilson interval and the number of rows."""

    mean: float
    low: float
    high: float
    count: int


def write_sheet(items: Sequence[Item], out: Path, seed: int = 0) -> int:
    """Write `sheet.jsonl` (id, statement, reply; shuffled) and `key.json` to a folder.

    Returns:
        The number of rows: equal replies to one statement share a row.
    """
    rows: list[tuple[str, str, KeyEntry]] = []
    for item in items:
        writers: dict[str, list[str]] = {}
        for method, reply in item.replies.items():
            writers.setdefault(reply.strip(), []).append(method)
        rows += [(item.statement, text, KeyEntry(item.group, tuple(names))) for text, names in writers.items()]
    random.Random(seed).shuffle(rows)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "sheet.jsonl").open("w", encoding="utf-8") as sheet:
        for number, (statement, reply, _) in enumerate(rows, 1):
            line = {"id": number, "statement": statement, "reply": reply}
            sheet.write(json.dumps(line, ensure_ascii=False) + "\n")
    key = {str(n): {"group": e.group, "methods": e.methods} for n, (_, _, e) in enumerate(rows, 1)}
    (out / "key.json").write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")
    return len(rows)


def read_key(path: Path) -> dict[str, KeyEntry]:
    """The key by row id.

    Raises:
        CorpusError: The file is missing or is no key.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {number: KeyEntry(e["group"], tuple(e["methods"])) for number, e in entries.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError.at(
            str(path), f"no readable key ({error})", "the key.json of `reading make`", "name that file"
        ) from error


def read_answers(path: Path, key: Mapping[str, KeyEntry]) -> dict[str, dict[str, bool]]:
    """A reader's answers by row id, each question answered.

    Raises:
        CorpusError: A broken line, an unknown or repeated id, an answer that is neither yes nor no, or rows left out.
    """
    answers: dict[str, dict[str, bool]] = {}
    for row in read_jsonl(path, ("id", *QUESTIONS)):
        number = str(row.values["id"])
        if number not in key or number in answers:
            raise row.fault(f"id {number}", "each id of the sheet once", "compare with sheet.jsonl")
        answers[number] = {q: row.choice(q, YES_NO) in ("1", "true") for q in QUESTIONS}
    if missing := [number for number in key if number not in answers]:
        raise CorpusError.at(
            str(path),
            f"no answer for {len(missing)} rows (first: {missing[0]})",
            f"all {len(key)}",
            "read those too",
        )
    return answers


def share(yes: float, count: int) -> Share:
    """Share of yes among `count` rows, with its Wilson interval (Wilson 1927).

    Args:
        yes: Rows answered with yes; a row on which two readers differ counts half.
        count: All rows, at least one.
    """
    mean, weight = yes / count, Z * Z / count
    centre = (mean + weight / 2) / (1 + weight)
    half = math.sqrt(weight * (mean * (1 - mean) + weight / 4)) / (1 + weight)
    return Share(mean, max(0.0, centre - half), min(1.0, centre + half), count)


def score_reading(
    key: Mapping[str, KeyEntry], readers: Sequence[Mapping[str, Mapping[str, bool]]]
) -> dict[str, dict[str, dict[str, Share]]]:
    """Shares of yes by group, method and question.

    With several readers a row counts with the mean of their answers; intervals rest on the number of rows, not of
    answers, since two answers to one row are not independent.
    """
    counts: dict[str, dict[str, list[str]]] = {}
    for number, entry in key.items():
        for method in entry.methods:
            counts.setdefault(entry.group, {}).setdefault(method, []).append(number)
    return {
        group: {
            method: {
                q: share(sum(reader[n][q] for reader in readers for n in rows) / len(readers), len(rows))
                for q in QUESTIONS
            }
            for method, rows in methods.items()
        }
        for group, methods in counts.items()
    }


def agreement(readers: Sequence[Mapping[str, Mapping[str, bool]]]) -> dict[str, float]:
    """Cohen's kappa of the first two readers, by question; 1.0 where both gave one and the same answer throughout."""
    first, second = readers[0], readers[1]
    kappas = {}
    for question in QUESTIONS:
        a, b = [first[n][question] for n in first], [second[n][question] for n in first]
        kappas[question] = 1.0 if a == b else float(cohen_kappa_score(a, b))
    return kappas


def table(scores: Mapping[str, Mapping[str, Mapping[str, Share]]]) -> str:
    """The shares as Markdown, a part for each group."""
    lines = []
    for group, methods in scores.items():
        lines += [
            f"**{group}**",
            "",
            "| written by | rows | " + " | ".join(QUESTIONS) + " |",
            "|---|---|" + "---|" * len(QUESTIONS),
        ]
        for method, columns in methods.items():
            cells = [f"{s.mean:.2f} ({s.low:.2f} to {s.high:.2f})" for s in columns.values()]
            count = next(iter(columns.values())).count
            lines.append(f"| {method} | {count} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)
