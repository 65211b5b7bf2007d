"""A study's answers for use elsewhere: CSV that Excel reads rightly, a codebook of its columns, and pairs for training.

CSV begins with a byte order mark, by which Excel knows UTF-8. The pairs are in the preference format of TRL: one JSON
object a line with `prompt`, `chosen` and `rejected`. Left out: XLSX and Parquet, which are in `sheets`.

Source: TRL's page on dataset formats, "Preference", with an explicit prompt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from emorl.ratings.export.tables import Row, write_csv
from emorl.ratings.statistics.levels import is_evidence
from emorl.ratings.storage.form import CHOICES, DEPTHS, FLAGS, MAX_LEVEL, QUESTIONS, SKIP_REASONS, WOULD_SAY
from emorl.ratings.storage.record import StoredJudgement

BYTE_ORDER_MARK = "\ufeff"
SIDE = {
    "text": "the words of the {side} side",
    "setting": "the method that wrote it",
    "weights": "share of each objective, as JSON; empty where a person wrote it",
    "details": "all else that it takes to write it again, as JSON: strength, temperature, seed, hashes of the models",
}
CODEBOOK: dict[str, tuple[str, str]] = {
    "kind": ("what the row is", "answer"),
    "id": ("number of the answer in the database", "whole number"),
    "revision": ("1 for the first answer, one more after each undo", "whole number from 1"),
    "rater": ("random id of the rater", "study- and 32 hexadecimal digits"),
    "item": ("SHA-256 of what was shown; the same for all raters of an item", "64 hexadecimal digits"),
    "repeat": ("whether the rater had the item before", "True, False"),
    "flipped": ("whether the second side stood on the left", "True, False"),
    "place": ("position in the rater's queue", "whole number from 0"),
    "blind": ("whether the rater had not been told what wrote the texts", "True, False"),
    "withdrawn": ("whether the answer was taken back", "True, False"),
    "shown_at": ("when the item was first handed out", "ISO 8601, UTC"),
    "submitted_at": ("when the answer came", "ISO 8601, UTC"),
    "statement": ("what the client said", "text"),
    "source": ("where the item is from", "study, training"),
    "training": ("whether it is a training item; only where these are exported", "True, False"),
    "gold": ("of a training item the expected answers", "JSON, or empty"),
    **{f"first_{part}": (meaning.format(side="first"), "") for part, meaning in SIDE.items()},
    **{
        f"second_{part}": (meaning.format(side="second") + "; empty for a single text", "")
        for part, meaning in SIDE.items()
    },
    "choice": ("of a pair: which side is better, whatever stood on the left", ", ".join(CHOICES)),
    "depth": ("of a single text: reflection depth", ", ".join(DEPTHS)),
    "empathy": ("of a single text: empathy", f"0 to {MAX_LEVEL}"),
    "fluency": ("of a single text: fluency", f"0 to {MAX_LEVEL}"),
    "would_say": ("of a single text: would the rater say this", ", ".join(WOULD_SAY)),
    "flags": ("what is wrong with a text, of a pair with its side", f"JSON list of {', '.join(FLAGS)}"),
    "skip": ("why the item was skipped; empty where it was answered", ", ".join(SKIP_REASONS)),
    "comment": ("the rater's remark; only where comments are exported", "text"),
    "unsure": (
        "questions answered with “not sure”, whose own columns are empty",
        f"JSON list of {', '.join(QUESTIONS)}",
    ),
    "marks": (
        "words marked as wrong: the side, and in its text the first character and the one behind the last, from 0",
        "JSON list such as first:4-9",
    ),
}
"""Meaning and values of each column of a study's answers."""


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
    table.writerows([name, *entry] for name, entry in CODEBOOK.items())
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
