"""Ratings as CSV (one flat row each, for spreadsheets) or JSON lines (nested, exact).

Comments can hold what a client said, so they stay out unless asked for. A CSV cell of text that a spreadsheet
would run as a formula gets an apostrophe in front; JSON lines keep the text as it is.

Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TextIO

from emorl.ratings.judgement import StoredJudgement
from emorl.ratings.record import StoredRating

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four: full width
_NESTED = {"weights": "weight", "scores": "score"}


def rows(ratings: Iterable[StoredRating], comments: bool = False) -> Iterable[dict[str, Any]]:
    """One nested mapping per rating, times as ISO 8601 in UTC; without `comments` there is no such key."""
    for rating in ratings:
        given = asdict(replace(rating.given, weights=dict(rating.given.weights)))
        given.pop("client_token")  # means nothing outside the store
        if not comments:
            given.pop("comment")
        head = {
            "id": rating.id,
            "generation_id": rating.generation_id,
            "schema_version": rating.schema_version,
            "revision": rating.revision,
        }
        yield {key: _plain(value) for key, value in {**head, **given}.items()}


def write_jsonl(ratings: Iterable[StoredRating], out: TextIO, comments: bool = False) -> int:
    """Write one JSON object a line; returns how many."""
    count = 0
    for row in rows(ratings, comments):
        out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
        count += 1
    return count


def write_csv(ratings: Iterable[StoredRating], out: TextIO, comments: bool = False) -> int:
    """Write a header and a row a rating, columns `weight_<objective>`, `score_<name>`; returns how many."""
    flat = [_flat(row) for row in rows(ratings, comments)]
    table = csv.DictWriter(out, fieldnames=_columns(flat), restval="")
    table.writeheader()
    table.writerows({column: harmless(value) for column, value in row.items()} for row in flat)
    return len(flat)


def judgement_rows(judgements: Iterable[StoredJudgement], comments: bool = False) -> list[dict[str, Any]]:
    """One nested mapping per judgement of the queue, times as ISO 8601 in UTC; the item's words are in it."""
    found = []
    for judgement in judgements:
        row = asdict(judgement)
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
        found.append({key: _plain(value) for key, value in row.items()})
    return found


def write_judgements_csv(judgements: Iterable[StoredJudgement], out: TextIO, comments: bool = False) -> int:
    """Write a header and a row a judgement; what is nested goes in as JSON. Returns how many."""
    flat = [
        {
            key: json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
            for key, value in row.items()
        }
        for row in judgement_rows(judgements, comments)
    ]
    table = csv.DictWriter(out, fieldnames=list(flat[0]) if flat else ["id"], restval="")
    table.writeheader()
    table.writerows({column: harmless(value) for column, value in row.items()} for row in flat)
    return len(flat)


def harmless(cell: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula; numbers stay numbers."""
    if not isinstance(cell, str) or not cell:
        return cell
    if cell[0] in "\t\r\n" or cell.lstrip().startswith(_FORMULA):
        return "'" + cell
    return cell


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if key in _NESTED:
            flat |= {f"{_NESTED[key]}_{name}": number for name, number in value.items()}
        else:
            flat[key] = json.dumps(value, sort_keys=True) if isinstance(value, dict) else value
    return flat


def _columns(flat: Sequence[dict[str, Any]]) -> list[str]:
    """Union of the columns; those that only some rows have (objectives) are sorted at the end."""
    if not flat:
        return ["id", "generation_id", "schema_version", "revision"]
    shared = [key for key in flat[0] if all(key in row for row in flat)]
    return shared + sorted({key for row in flat for key in row} - set(shared))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
