"""One rating of the Reflect screen and one judgement of the queue, before and after they are stored.

A rater's own version of the reflection can repeat what the client said, so it is taken only together with the
statement, which the rater must have agreed to keep. Columns, journal lines and exports follow from these records.

Left out: skips and flags on the Reflect screen.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from emorl.errors import RatingError
from emorl.ratings.storage.fields import check_fields
from emorl.ratings.storage.form import MAX_TEXT, Answer, Comment, Depth, Rank, WouldSay
from emorl.ratings.storage.item import Item
from emorl.ratings.storage.kinds import (
    CORRECT,
    Count,
    FreeText,
    Identifier,
    JsonObject,
    Moment,
    NotNegative,
    Scores,
    Seed,
    Sha256,
    Shares,
)

MAX_VERSION = 64
Instant = Annotated[datetime, Moment()]


@dataclass(frozen=True, kw_only=True)
class ShownReflection:
    """A reflection as it was shown, with everything that led to it.

    Attributes:
        statement: the client's words, or None unless the rater agreed to keep them.
        statement_sha256: `statement_sha256` of the words, kept either way. A short statement can be guessed from it, so
            it is deleted with the rating like everything else.
        reflection: the reflection that was rated.
        base_reflection: what the base model wrote ("" if it was not shown).
        weights: share of each objective, 0 to 1; they sum to 1, or are all 0 for the base model.
        strength: s of the mixing formula, 1 by default.
        temperature: 0 for greedy decoding.
        seed: seed of the sampling.
        model: hashes of the base model and the adapters.
        scores: automatic scores of the reflection, 0 to 1.
        app_version: version of the app that showed it.
        written: what else it takes to write it again (precision, prompt template, ...); None from before it was kept.
    """

    statement: Annotated[str, FreeText(MAX_TEXT)] | None
    statement_sha256: Annotated[str, Sha256()]
    reflection: Annotated[str, FreeText(MAX_TEXT, may_be_blank=False)]
    base_reflection: Annotated[str, FreeText(MAX_TEXT)]
    weights: Annotated[Mapping[str, float], Shares()]
    strength: Annotated[float, NotNegative()]
    temperature: Annotated[float, NotNegative()]
    seed: Annotated[int, Seed()]
    model: Annotated[Mapping[str, object], JsonObject("the hashes of base and adapters")]
    scores: Annotated[Mapping[str, float], Scores()]
    app_version: Annotated[str, FreeText(MAX_VERSION, may_be_blank=False, short=True)]
    written: Annotated[Mapping[str, object], JsonObject("what it was written with")] | None = None


@dataclass(frozen=True, kw_only=True)
class NewRating(ShownReflection):
    """One submitted form of the Reflect screen, together with the reflection it judges.

    Attributes:
        rater: random id of the rater's browser.
        client_token: random id of this submit; the same token stores once.
        depth: one of `DEPTHS`.
        empathy: 0, 1 or 2.
        fluency: 0, 1 or 2.
        would_say: one of `WOULD_SAY`.
        comment: free text or None.
        shown_at: when the reflection was complete on the screen.
        submitted_at: when the form was sent.
        edited: the rater's own version of the reflection; None if there is none, or no agreement to keep text.
        best_of: how many reflections were written to choose this one from by its scores; None where it was written
            alone. The setting is in both cases the one that wrote it.
    """

    rater: Annotated[str, Identifier()]
    client_token: Annotated[str, Identifier()]
    depth: Depth
    empathy: Rank
    fluency: Rank
    would_say: WouldSay
    comment: Comment | None
    shown_at: Instant
    submitted_at: Instant
    edited: Annotated[str, FreeText(MAX_TEXT, may_be_blank=False)] | None = None
    best_of: Annotated[int, Count()] | None = None


@dataclass(frozen=True)
class StoredRating:
    """A rating as it is stored.

    Attributes:
        id: number of the row.
        generation_id: number of the reflection; two raters of one reflection share it.
        schema_version: version of the rating form.
        revision: 1 for the first submit, one more for every later change.
        given: what was submitted; `statement` is None where no rater agrees to it any more, `edited` where this rater
            does not.
    """

    id: int
    generation_id: int
    schema_version: int
    revision: int
    given: NewRating


@dataclass(frozen=True)
class StoredJudgement:
    """A judgement of the queue as it is stored.

    Attributes:
        id: number of the row.
        rater: random id of the rater's browser.
        item: what was judged.
        repeat: whether this was the item's second showing to this rater.
        flipped: whether the second side stood on the left.
        place: position in the rater's queue, from 0.
        revision: 1 for the first submit, one more for each after an undo.
        answer: what was said.
        blind: the rater had not been told which setting wrote what.
        withdrawn: taken back by "undo".
        shown_at: when the server first handed the item out after the answer before it, which an undo may have changed.
        submitted_at: when the answer arrived.
        token: id of this submit, from `judgement_token`.
    """

    id: int
    rater: str
    item: Item
    repeat: bool
    flipped: bool
    place: int
    revision: int
    answer: Answer
    blind: bool
    withdrawn: bool
    shown_at: Instant
    submitted_at: Instant
    token: str


def statement_sha256(statement: str) -> str:
    """SHA-256 (64 hex digits) of a statement's UTF-8 bytes, exactly as typed."""
    return hashlib.sha256(statement.encode("utf-8")).hexdigest()


def check_rating(record: NewRating) -> None:
    """Check a rating once, before it is stored.

    Raises:
        RatingError: a field is not what the form allows; the message names the first one.
    """
    check_fields(record)
    if record.edited is not None and record.statement is None:
        raise RatingError.at(
            "edited", "an own version without the statement", "both or neither", "store the statement as well"
        )
    if record.statement is not None and statement_sha256(record.statement) != record.statement_sha256:
        raise RatingError.at(
            "statement_sha256", "the hash of other words", "the statement's", "take the statement as typed"
        )


def not_before_shown(record: NewRating) -> NewRating:
    """A rating whose moments are in order: a clock that was set back meanwhile is no reason to refuse it."""
    return replace(record, submitted_at=max(record.submitted_at, record.shown_at))


def fingerprint(record: ShownReflection) -> str:
    """SHA-256 over everything that makes two shown reflections the same one.

    The fields are listed here and not derived: one more would change the fingerprint of everything that is stored.
    """
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


def judgement_token(mark: str, revision: int) -> str:
    """Id of the submit that a place in a queue expects next: its mark and the revision to come."""
    return f"{mark}-{revision}"


def read_token(token: str) -> tuple[str, int]:
    """Mark and revision in a token.

    Raises:
        RatingError: it is not a token.
    """
    found = re.fullmatch(r"([0-9a-f]{32})-([1-9][0-9]{0,5})", token)
    if found is None:
        raise RatingError.at("token", f"{token!r:.60}", "the mark of a place in a queue and a revision", CORRECT)
    return found[1], int(found[2])
