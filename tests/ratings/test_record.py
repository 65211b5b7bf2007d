"""A rating is checked before it is stored: each fault is one line that names its field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from emorl.errors import RatingError
from emorl.ratings import RatingStore
from tests.ratings.conftest import MakeRating

FAULTS: list[tuple[str, Any, str]] = [
    ("rater", "", "rater: got ''"),
    ("rater", "ann@example.org", "random id, never a name"),
    ("client_token", "x" * 65, "client_token"),
    ("statement_sha256", "AB" * 32, "64 lower-case hex digits"),
    ("reflection", "  ", "not empty"),
    ("reflection", None, "expected text"),
    ("base_reflection", 3, "expected text"),
    ("app_version", "", "not empty"),
    ("comment", "x" * 2001, "got 2001 characters, expected at most 2000"),
    ("comment", "a\x00b", "without NUL"),
    ("comment", "half of \ud83d", "broken Unicode"),
    ("weights", {}, "shares that sum to 1"),
    ("weights", {"empathy": 0.7}, "shares that sum to 1"),
    ("weights", {"empathy": -0.5, "fluency": 1.5}, "a number from 0 to 1"),
    ("weights", {"empathy": float("nan")}, "a number from 0 to 1"),
    ("weights", {"empathy": True}, "a number from 0 to 1"),
    ("weights", [1.0], "a mapping"),
    ("scores", {"empathy": 1.2}, "a number from 0 to 1"),
    ("strength", -1.0, "finite number"),
    ("strength", float("inf"), "finite number"),
    ("temperature", "0", "finite number"),
    ("seed", 1.5, "whole number"),
    ("seed", 2**31, "whole number"),
    ("model", {}, "hashes of base"),
    ("model", {"base": object()}, "text, numbers and mappings"),
    ("model", {"base": float("nan")}, "text, numbers and mappings"),
    ("depth", "deep", "one of none, simple, complex"),
    ("would_say", None, "one of yes, edits, no"),
    ("empathy", 3, "0, 1 or 2"),
    ("empathy", "2", "0, 1 or 2"),
    ("fluency", True, "0, 1 or 2"),
    ("shown_at", datetime(2026, 1, 1), "time zone"),
    ("submitted_at", "yesterday", "time zone"),
    ("best_of", 0, "a whole number from 1 upwards"),
    ("best_of", 8.0, "a whole number from 1 upwards"),
    ("best_of", True, "a whole number from 1 upwards"),
    ("best_of", 2**31, "a whole number from 1 upwards"),
]


@pytest.mark.parametrize(("field", "value", "message"), FAULTS, ids=[f"{f}-{i}" for i, (f, _, _) in enumerate(FAULTS)])
def test_faults_are_named_in_one_line(
    store: RatingStore, make: MakeRating, field: str, value: Any, message: str
) -> None:
    with pytest.raises(RatingError) as caught:
        store.add(make(**{field: value}))
    assert message in str(caught.value)
    assert field in str(caught.value)
    assert "\n" not in str(caught.value)
    assert store.count() == 0


def test_a_hash_of_other_words_is_refused(store: RatingStore, make: MakeRating) -> None:
    with pytest.raises(RatingError, match="hash of other words"):
        store.add(make(statement="Something else.", statement_sha256="00" * 32))


def test_the_base_alone_has_all_weights_zero(store: RatingStore, make: MakeRating) -> None:
    store.add(make(weights={"reflection": 0.0, "empathy": 0.0}))
    assert store.count() == 1


@pytest.mark.parametrize(
    "words", ["'; DROP TABLE rating; --", "naïve 🙂 ‮ text", "a\r\nb\tc", "<img src=x onerror=alert(1)>"]
)
def test_any_words_survive(store: RatingStore, make: MakeRating, words: str) -> None:
    store.add(make(comment=words, statement=words, reflection=words))
    given = store.all()[0].given
    assert (given.comment, given.statement, given.reflection) == (words, words, words)
