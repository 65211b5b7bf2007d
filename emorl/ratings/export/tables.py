"""Ratings and answers of the queue as CSV (one flat row each, for spreadsheets) or JSON lines (nested, exact).

Comments can hold what a client said, so they stay out unless asked for. A CSV cell of text that a spreadsheet
would run as a formula gets an apostrophe in front; JSON lines keep the text as it is. Columns are the fields of the
records; only what nests is spelled out here.

Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO, overload

from emorl.ratings.storage.fields import to_json
from emorl.ratings.storage.record import StoredJudgement, StoredRating

Row = dict[str, object]
RATING, ANSWER = "rating", "answer"
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four: full width
_NESTED = {"weights": "weight", "scores": "score"}


def records(
    ratings: Iterable[StoredRating],
    judgements: Iterable[StoredJudgement] = (),
    comments: bool = False,
    training: bool = False,
) -> list[Row]:
    """One nested mapping for each rating, then for each answer of the queue; `kind` says which of the two it is.

    Args:
        ratings: from the Reflect screen.
        judgements: from the queue; the item's words and settings go into each row.
        comments: whether comments go in; without them there is no such key.
        training: whether answers to training items of studies go in; their column `training` says so.
    """
    asked = [one for one in judgements if training or not one.item.is_training]
    return [_rating(rating, comments) for rating in ratings] + [_judgement(one, comments) for one in asked]


def write_jsonl(rows: Iterable[Mapping[str, object]], out: TextIO) -> None:
    """Write one JSON object a line."""
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(rows: Iterable[Mapping[str, object]], out: TextIO) -> None:
    """Write a header and one line for each row: columns `weight_<objective>`, `score_<name>`, other nests as JSON."""
    columns, flat = flat_table(rows)
    table = csv.DictWriter(out, fieldnames=columns, restval="")
    table.writeheader()
    table.writerows({column: harmless(value) for column, value in row.items()} for row in flat)


def flat_table(rows: Iterable[Mapping[str, object]]) -> tuple[list[str], list[dict[str, object]]]:
    """The columns of a table, and its rows without nests; a row may lack some of the columns."""
    flat = [_flat(row) for row in rows]
    return _columns(flat), flat


@overload
def harmless(cell: str) -> str: ...
@overload
def harmless(cell: object) -> object: ...
def harmless(cell: object) -> object:
    """Put an apostrophe before text that a spreadsheet would take for a formula; numbers stay numbers."""
    if not isinstance(cell, str) or not cell:
        return cell
    if cell[0] in "\t\r\n" or cell.lstrip().startswith(_FORMULA):
        return "'" + cell
    return cell


def _rating(rating: StoredRating, comments: bool) -> Row:
    row = {"kind": RATING, **to_json(rating), "rater": rating.given.rater}
    del row["given"]
    given = to_json(rating.given)
    del given["client_token"]  # means nothing outside the store
    if not comments:
        del given["comment"]
    return {**row, **given}


def _judgement(judgement: StoredJudgement, comments: bool) -> Row:
    row = {"kind": ANSWER, **to_json(judgement)}
    del row["answer"], row["token"]
    item = judgement.item
    row |= {"item": item.key, "statement": item.statement, "source": item.source}
    row["training"] = item.is_training
    row["gold"] = dict(item.gold) if item.gold else None
    for name, side in (("first", item.first), ("second", item.second)):
        for part in ("text", "setting", "weights", "details"):
            row[f"{name}_{part}"] = None if side is None else to_json(side)[part]
    answer = to_json(judgement.answer)
    if not comments:
        del answer["comment"]
    return {**row, **answer}


def _flat(row: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in row.items():
        if key in _NESTED and isinstance(value, dict):
            flat |= {f"{_NESTED[key]}_{name}": number for name, number in value.items()}
        else:
            flat[key] = json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value
    return flat


def _columns(flat: Sequence[Mapping[str, object]]) -> list[str]:
    """Union of the columns in the order they come up; those of objectives, which vary, are sorted at the end."""
    found = dict.fromkeys(["kind", "id", "revision", *(key for row in flat for key in row)])
    of_objectives = {key for key in found if key.startswith(tuple(f"{prefix}_" for prefix in _NESTED.values()))}
    return [key for key in found if key not in of_objectives] + sorted(of_objectives)
