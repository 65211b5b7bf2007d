"""What the columns of an export mean, and which values they take.

A study has answers alone (`ANSWERS`). `codebook_of` is for the export of everything, where ratings of the Reflect
screen and the answers of all queues share a table, and the objectives have columns of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from emorl.ratings.storage.form import CHOICES, DEPTHS, FLAGS, MAX_LEVEL, QUESTIONS, SKIP_REASONS, WOULD_SAY

Codebook = dict[str, tuple[str, str]]
"""Meaning and values of a column, by its name."""
SIDE = {
    "text": "the words of the {side} side",
    "setting": "the method that wrote it",
    "weights": "share of each objective, as JSON; empty where a person wrote it",
    "details": "all else that it takes to write it again, as JSON: strength, temperature, seed, hashes of the models",
}
ANSWERS: Codebook = {
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
    "shown_at": ("when the item was first handed out after the previous answer", "ISO 8601, UTC"),
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

RATINGS: Codebook = {
    "kind": ("what the row is: a rating of the Reflect screen, or an answer of a queue", "rating, answer"),
    "id": ("number of the rating or answer in the database", "whole number"),
    "revision": ("1 for the first, one more after each change or undo", "whole number from 1"),
    "rater": ("random id of the rater", "32 hexadecimal digits, with study- in front in a study"),
    "source": ("of an answer, where the item is from", "data, reflect, compare, study, training"),
    "statement": ("what the client said; of a rating empty where the rater did not agree to keep it", "text"),
    "depth": ("of a rating or a single text: reflection depth", ", ".join(DEPTHS)),
    "empathy": ("of a rating or a single text: empathy", f"0 to {MAX_LEVEL}"),
    "fluency": ("of a rating or a single text: fluency", f"0 to {MAX_LEVEL}"),
    "would_say": ("of a rating or a single text: would the rater say this", ", ".join(WOULD_SAY)),
    "shown_at": (
        "when the reflection was complete, or the item first handed out after the previous answer",
        "ISO 8601, UTC",
    ),
    "submitted_at": ("when the rating or answer came", "ISO 8601, UTC"),
    "gold": ("of an item with known answers these", "JSON, or empty"),
    "generation_id": ("of a rating, number of the reflection; the same for all its raters", "whole number"),
    "schema_version": ("of a rating, version of the form", "whole number from 1"),
    "statement_sha256": ("of a rating, SHA-256 of what the client said", "64 hexadecimal digits"),
    "reflection": ("of a rating, what was rated", "text"),
    "base_reflection": ("of a rating, what the base model wrote; empty where it was not shown", "text"),
    "strength": ("of a rating, strength of the setting that wrote it", "number from 0"),
    "temperature": ("of a rating, temperature; 0 is greedy", "number from 0"),
    "seed": ("of a rating, seed of the sampling", "whole number from 0"),
    "model": ("of a rating, hashes of the base and the adapters", "JSON"),
    "app_version": ("of a rating, version of the app", "text"),
    "written": ("of a rating, what else it takes to write it again; empty where that was not kept yet", "JSON"),
    "edited": ("of a rating, the rater's own version; empty where there is none", "text"),
    "best_of": (
        "of a rating, how many candidates it was chosen from; empty where it was written alone",
        "whole number",
    ),
}
"""Columns of ratings, and what columns that answers have too mean where both are in one table."""
WEIGHT, SCORE = "weight_", "score_"
"""Beginnings of the columns that each objective has, of ratings."""


def codebook_of(columns: Iterable[str]) -> Codebook:
    """The entries of these columns of an export of ratings and answers."""
    return {name: _entry(name) for name in columns}


def _entry(name: str) -> tuple[str, str]:
    for beginning, what in ((WEIGHT, "share of"), (SCORE, "automatic score for")):
        if name.startswith(beginning):
            return f"of a rating, {what} {name.removeprefix(beginning)}", "0 to 1"
    return RATINGS.get(name) or ANSWERS[name]
