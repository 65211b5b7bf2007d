"""The rating form: what is taken from the browser is checked, the rest comes from the server's memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emorl.errors import RatingError
from emorl.ratings import statement_sha256
from emorl.ui.cache import CachedReflection, ReflectionCache
from emorl.ui.rater import rater_id
from emorl.ui.reflect.rating import new_rating, submit_token
from tests.ui.scripted import MODEL, REPLY, ScriptedReflector

STATEMENT = "I am so tired of it all."
FORM = {
    "depth": "complex",
    "empathy": "2",
    "fluency": "1",
    "would_say": "edits",
    "comment": " good ",
    "consent": False,
}


@pytest.fixture
def held() -> CachedReflection:
    memory = ReflectionCache()
    reflection = ScriptedReflector().written(STATEMENT, {"reflection": 0.6, "empathy": 0.4})
    found = memory.get(memory.put(reflection))
    assert found is not None
    return found


def test_a_filled_in_form_becomes_a_record(held: CachedReflection) -> None:
    record = new_rating(FORM, held, "a" * 32, "b" * 32)
    assert (record.depth, record.empathy, record.fluency, record.would_say) == ("complex", 2, 1, "edits")
    assert (record.comment, record.rater, record.client_token) == ("good", "a" * 32, "b" * 32)
    assert (record.reflection, record.model, record.weights) == (
        REPLY,
        MODEL,
        {"reflection": 0.6, "empathy": 0.4},
    )
    assert record.submitted_at >= record.shown_at


def test_the_statement_is_left_out_without_consent(held: CachedReflection) -> None:
    record = new_rating(FORM, held, "a" * 32, "b" * 32)
    assert record.statement is None
    assert record.statement_sha256 == statement_sha256(STATEMENT)


@pytest.mark.parametrize("consent", ["true", 1, None, "on"])
def test_only_a_true_tick_is_consent(held: CachedReflection, consent: object) -> None:
    assert new_rating({**FORM, "consent": consent}, held, "a" * 32, "b" * 32).statement is None


def test_with_consent_the_statement_is_kept(held: CachedReflection) -> None:
    assert new_rating({**FORM, "consent": True}, held, "a" * 32, "b" * 32).statement == STATEMENT


def test_an_own_version_goes_only_with_consent(held: CachedReflection) -> None:
    own = replace(held, edited="You sound worn out.")
    assert new_rating({**FORM, "consent": True}, own, "a" * 32, "b" * 32).edited == "You sound worn out."
    assert new_rating({**FORM, "consent": True}, held, "a" * 32, "b" * 32).edited is None
    for consent in (False, None, "true", 1):
        assert new_rating({**FORM, "consent": consent}, own, "a" * 32, "b" * 32).edited is None


def test_every_opening_of_the_form_is_a_submit_of_its_own() -> None:
    assert submit_token({"id": "b" * 32, "opening": "1f"}) == "b" * 32 + "-1f"
    for strange in (None, "", "1F", "f" * 17, "a-b", 7, ["1"]):
        assert submit_token({"id": "b" * 32, "opening": strange}) == "b" * 32
    assert submit_token({}) == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"depth": "deep"}, "Got 'deep' for reflection depth: expected one of none, simple, complex"),
        ({"empathy": None}, "Got no answer for empathy"),
        ({"fluency": 2}, "Got 2 for fluency"),
        ({"would_say": ["yes"]}, "for would you say this"),
        ({"comment": "x" * 2001}, "Got a comment of 2001 characters: expected at most 2000"),
    ],
)
def test_wrong_answers_are_refused(held: CachedReflection, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RatingError, match=message):
        new_rating({**FORM, **change}, held, "a" * 32, "b" * 32)


def test_a_reflection_that_is_gone_cannot_be_rated() -> None:
    with pytest.raises(RatingError, match="no longer has"):
        new_rating(FORM, None, "a" * 32, "b" * 32)


def test_rater_ids_are_kept_or_made_new() -> None:
    assert rater_id("0123456789abcdef" * 2) == "0123456789abcdef" * 2
    for wrong in ("", None, "Jane Doe", "A" * 32, {"x": 1}):
        made = rater_id(wrong)
        assert len(made) == 32 and made != wrong
    assert rater_id("") != rater_id("")


def test_the_oldest_reflection_is_dropped_first() -> None:
    reflection = ScriptedReflector().written(STATEMENT, {"reflection": 1.0, "empathy": 0.0})
    memory = ReflectionCache(capacity=2)
    first, second, third = (memory.put(reflection) for _ in range(3))
    assert memory.get(first) is None
    assert memory.get(second) is not None and memory.get(third) is not None
    assert len(memory) == 2
    assert memory.get("unknown") is None
