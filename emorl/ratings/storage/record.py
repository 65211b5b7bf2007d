"""One rating before and after it is stored, and the checks at the edge.

The form (version 1): depth none, simple or complex; empathy and fluency 0 to 2; "would you say this?" yes,
with edits, no; an optional comment. Depth follows the reflection codes of the motivational interviewing
treatment integrity scale (MITI 4.2.1). A rater's own version of the reply can hold what the client said, so it is
taken only together with the statement, which the rater must have agreed to. Left out: skips and flags.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emorl.errors import RatingError

FORM_VERSION = 1
DEPTHS = ("none", "simple", "complex")
ANSWERS = ("yes", "edits", "no")
MAX_COMMENT = 2000
MAX_TEXT = 8000

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class NewRating:
    """One submitted form together with the reflection it judges.

    Attributes:
        rater: random id of the rater's browser (letters, digits, `-`, `_`; at most 64).
        client_token: random id of this submit; the same token stores once.
        statement: the client's words, or None unless the rater agreed to keep them.
        statement_sha256: `statement_sha256` of the words, kept either way. A short statement can be guessed
            from it, so it is deleted with the rating like everything else.
        reflection: the reply that was rated.
        base_reflection: what the base model said ("" if it was not shown).
        weights: share of each objective, 0..1; they sum to 1, or are all 0 for the base model.
        strength: s of the mixing formula, 1 by default.
        temperature: 0 for greedy decoding.
        seed: seed of the sampling.
        model: hashes of the base model and the adapters.
        scores: automatic scores of the reply, 0..1.
        app_version: version of the app that showed it.
        depth: one of `DEPTHS`.
        empathy: 0, 1 or 2.
        fluency: 0, 1 or 2.
        would_say: one of `ANSWERS`.
        comment: free words or None.
        shown_at: when the reply was complete on the screen (aware).
        submitted_at: when the form was sent (aware).
        edited: the rater's own version of the reflection; None if there is none, or no agreement to keep text.
    """

    rater: str
    client_token: str
    statement: str | None
    statement_sha256: str
    reflection: str
    base_reflection: str
    weights: Mapping[str, float]
    strength: float
    temperature: float
    seed: int
    model: Mapping[str, Any]
    scores: Mapping[str, float]
    app_version: str
    depth: str
    empathy: int
    fluency: int
    would_say: str
    comment: str | None
    shown_at: datetime
    submitted_at: datetime
    edited: str | None = None


@dataclass(frozen=True)
class StoredRating:
    """A rating as it lies in the store.

    Attributes:
        id: number of the row.
        generation_id: number of the reflection; two raters of one reflection share it.
        schema_version: version of the rating form.
        revision: 1 for the first submit, one more for every later change.
        given: what was submitted; `statement` is None where no rater's consent holds any more, `edited` where this
            rater's does not.
    """

    id: int
    generation_id: int
    schema_version: int
    revision: int
    given: NewRating


def statement_sha256(statement: str) -> str:
    """SHA-256 (64 hex digits) of a statement's UTF-8 bytes, exactly as typed."""
    return hashlib.sha256(statement.encode("utf-8")).hexdigest()


def check(record: NewRating) -> None:
    """Check a rating once, before it is stored.

    Raises:
        RatingError: a field is not what the form allows; the message names the first one.
    """
    _check_ids(record)
    _check_texts(record)
    _check_generation(record)
    _check_judgement(record)
    for name, moment in (("shown_at", record.shown_at), ("submitted_at", record.submitted_at)):
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            raise _fault(name, moment, "a moment with its time zone, such as datetime.now(UTC)")
    if record.submitted_at < record.shown_at:
        raise _fault("submitted_at", record.submitted_at.isoformat(), "a moment not before shown_at")


def fingerprint(record: NewRating) -> str:
    """SHA-256 over everything that makes two shown reflections the same one."""
    parts = {
        "statement_sha256": record.statement_sha256,
        "reflection": record.reflection,
        "base_reflection": record.base_reflection,
        "weights": {name: float(share) for name, share in record.weights.items()},
        "strength": float(record.strength),
        "temperature": float(record.temperature),
        "seed": record.seed,
        "model": dict(record.model),
        "app_version": record.app_version,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()


def _check_ids(record: NewRating) -> None:
    for name, value in (("rater", record.rater), ("client_token", record.client_token)):
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise _fault(name, value, "1 to 64 letters, digits, '-' or '_' (a random id, never a name)")
    if not isinstance(record.statement_sha256, str) or not _SHA256.fullmatch(record.statement_sha256):
        raise _fault("statement_sha256", record.statement_sha256, "64 lower-case hex digits")


def _check_texts(record: NewRating) -> None:
    limits = {
        "statement": MAX_TEXT,
        "reflection": MAX_TEXT,
        "base_reflection": MAX_TEXT,
        "comment": MAX_COMMENT,
        "edited": MAX_TEXT,
        "app_version": 64,
    }
    for name, longest in limits.items():
        value = getattr(record, name)
        if value is None and name in ("statement", "comment", "edited"):
            continue
        if not isinstance(value, str):
            raise _fault(name, value, "text")
        if len(value) > longest:
            raise RatingError(f"{name}: got {len(value)} characters, expected at most {longest}; shorten it")
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise _fault(name, value, "text without NUL or broken Unicode")
        if name in ("reflection", "edited", "app_version") and not value.strip():
            raise _fault(name, value, "text that is not empty")
    if record.edited is not None and record.statement is None:
        raise RatingError("edited: got an own version without the statement, expected both, or agreement to neither")
    if record.statement is not None and statement_sha256(record.statement) != record.statement_sha256:
        raise RatingError("statement_sha256: got the hash of other words; compute it from the statement as typed")


def _check_generation(record: NewRating) -> None:
    for name, values in (("weights", record.weights), ("scores", record.scores)):
        if not isinstance(values, Mapping):
            raise _fault(name, values, "a mapping from objective to number")
        for objective, value in values.items():
            if not isinstance(objective, str) or not objective or not _is_number(value) or not 0 <= value <= 1:
                raise _fault(f"{name}[{objective!r}]", value, "a number from 0 to 1")
    total = sum(record.weights.values())
    if not record.weights or not (total == 0 or math.isclose(total, 1, abs_tol=1e-3)):
        raise _fault("weights", dict(record.weights), "shares that sum to 1, or all 0 for the base model")
    for name, number in (("strength", record.strength), ("temperature", record.temperature)):
        if not _is_number(number) or number < 0:
            raise _fault(name, number, "a finite number, not negative")
    if type(record.seed) is not int or not 0 <= record.seed < 2**31:
        raise _fault("seed", record.seed, "a whole number from 0 to 2147483647")
    if not isinstance(record.model, Mapping) or not record.model:
        raise _fault("model", record.model, "the hashes of base and adapters")
    try:
        json.dumps(dict(record.model), allow_nan=False)
    except (TypeError, ValueError):
        raise _fault("model", record.model, "text, numbers and mappings only") from None


def _check_judgement(record: NewRating) -> None:
    for name, value, allowed in (("depth", record.depth, DEPTHS), ("would_say", record.would_say, ANSWERS)):
        if value not in allowed:
            raise _fault(name, value, f"one of {', '.join(allowed)}")
    for name, level in (("empathy", record.empathy), ("fluency", record.fluency)):
        if type(level) is not int or not 0 <= level <= 2:
            raise _fault(name, level, "0, 1 or 2")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _fault(name: str, got: object, expected: str) -> RatingError:
    shown = repr(got)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return RatingError(f"{name}: got {shown}, expected {expected}")
