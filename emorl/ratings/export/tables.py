"""Ratings and answers of the queue as CSV (one flat row each, for spreadsheets) or JSON lines (nested, exact).

Comments can hold what a client said, so they stay out unless asked for. A CSV cell of text that a spreadsheet
would run as a formula gets an apostrophe in front; JSON lines keep the text as it is.

Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TextIO

from emorl.ratings.storage.judgement import StoredJudgement
from emorl.ratings.storage.record import StoredRating

RATING, ANSWER = "rating", "answer"
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four: full width
_NESTED = {"weights": "weight", "scores": "score"}


def records(
    ratings: Iterable[StoredRating], judgements: Iterable[StoredJudgement] = (), comments: bool = False
) -> list[dict[str, Any]]:
    """One nested mapping per rating, then per answer of the queue; `kind` says which of the two it is.

    Args:
        ratings: from the Reflect screen.
        judgements: from the queue; the item's words and settings go into each row.
        comments: without, there is no such key.
    """
    return [_rating(rating, comments) for rating in ratings] + [_judgement(one, comments) for one in judgements]


def write_jsonl(rows: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    """Write one JSON object a line."""
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(rows: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    """Write a header and a flat line a row: columns `weight_<objective>`, `score_<name>`, other nests as JSON."""
    flat = [_flat(row) for row in rows]
    table = csv.DictWriter(out, fieldnames=_columns(flat), restval="")
    table.writeheader()
    table.writerows({column: harmless(value) for column, value in row.items()} for row in flat)


def harmless(cell: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula; numbers stay numbers."""
    if not isinstance(cell, str) or not cell:
        return cell
    if cell[0] in "\t\r\n" or cell.lstrip().startswith(_FORMULA):
        return "'" + cell
    return cell


def _rating(rating: StoredRating, comments: bool) -> dict[str, Any]:
    given = asdict(replace(rating.given, weights=dict(rating.given.weights)))
    given.pop("client_token")  # means nothing outside the store
    if not comments:
        given.pop("comment")
    head = {
        "kind": RATING,
        "id": rating.id,
        "generation_id": rating.generation_id,
        "schema_version": rating.schema_version,
        "revision": rating.revision,
    }
    return {key: _plain(value) for key, value in {**head, **given}.items()}


def _judgement(judgement: StoredJudgement, comments: bool) -> dict[str, Any]:
    row = {"kind": ANSWER, **asdict(judgement)}
    row.pop("token")
    answer, item = row.pop("answer"), judgement.item
    if not comments:
        answer.pop("comment")
    row["item"] = item.key
    row |= {"statement": item.statement, "source": item.source, "gold": dict(item.gold) if item.gold else None}
    for name, side in (("first", item.first), ("second", item.second)):
        row[f"{name}_text"] = side.text if side else None
        row[f"{name}_setting"] = side.setting if side else None
        row[f"{name}_weights"] = dict(side.weights) if side and side.weights is not None else None
        row[f"{name}_details"] = dict(side.details) if side else None
    row |= {**answer, "flags": list(judgement.answer.flags)}
    return {key: _plain(value) for key, value in row.items()}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if key in _NESTED:
            flat |= {f"{_NESTED[key]}_{name}": number for name, number in value.items()}
        else:
            flat[key] = json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
    return flat


def _columns(flat: Sequence[Mapping[str, Any]]) -> list[str]:
    """Union of the columns in the order they come up; those of objectives, which vary, are sorted at the end."""
    found = dict.fromkeys(["kind", "id", "revision", *(key for row in flat for key in row)])
    of_objectives = {key for key in found if key.startswith(tuple(f"{prefix}_" for prefix in _NESTED.values()))}
    return [key for key in found if key not in of_objectives] + sorted(of_objectives)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
