"""A study's answers for use elsewhere: CSV that Excel reads rightly, a codebook of its columns, and pairs for training.

CSV begins with a byte order mark, by which Excel knows UTF-8. The pairs are in the preference format of TRL: one JSON
object a line with `prompt`, `chosen` and `rejected`. Left out: XLSX and Parquet, which are in `sheets`.

Source: TRL's page on dataset formats, "Preference", with an explicit prompt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from emorl.ratings.export.codebook import ANSWERS
from emorl.ratings.export.tables import Row, write_csv
from emorl.ratings.statistics.levels import is_evidence
from emorl.ratings.storage.record import StoredJudgement

BYTE_ORDER_MARK = "\ufeff"


def answers_csv(rows: Iterable[Row]) -> str:
    """Answers, from `records`, as CSV for spreadsheets."""
    out = io.StringIO()
    write_csv(rows, out)
    return BYTE_ORDER_MARK + out.getvalue()


def codebook_csv() -> str:
    """What the columns of the answers mean, as CSV for spreadsheets."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["column", "meaning", "values"])
    table.writerows([name, *entry] for name, entry in ANSWERS.items())
    return BYTE_ORDER_MARK + out.getvalue()


def preferences(judgements: Iterable[StoredJudgement]) -> list[Row]:
    """Choices between two texts as training data: blind first answers; ties and "both bad" say nothing and stay out."""
    found: list[Row] = []
    for judgement in judgements:
        item, choice = judgement.item, judgement.answer.choice
        if item.second is None or choice not in ("first", "second") or not is_evidence(judgement):
            continue
        better, worse = (item.first, item.second) if choice == "first" else (item.second, item.first)
        found.append({"prompt": item.statement, "chosen": better.text, "rejected": worse.text})
    return found
