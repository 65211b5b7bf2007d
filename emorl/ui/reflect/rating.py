"""Checks the rating form and turns it into the record that is stored.

Everything about the reflection comes from the server's memory (`cache.py`); from the browser only the answers,
the comment, the consent and the rater's random id are taken, and each is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import emorl
from emorl.errors import RatingError
from emorl.ratings import MAX_COMMENT, NewRating, statement_sha256
from emorl.ui.cache import CachedReflection
from emorl.ui.reflect.strings import ERRORS, RATING
from emorl.ui.writing.scores import stored_scores

_OPENING = re.compile(r"[0-9a-f]{1,16}")


def submit_token(form: Mapping[str, object]) -> str:
    """Id of one submit: of the reflection, and of this opening of its form. A double click sends it twice."""
    opening = form.get("opening")
    result = str(form.get("id", ""))
    return f"{result}-{opening}" if isinstance(opening, str) and _OPENING.fullmatch(opening) else result


def new_rating(form: Mapping[str, object], cached: CachedReflection | None, rater: str, token: str) -> NewRating:
    """The record of one filled-in form.

    The statement and the counsellor's own version of the reflection, which may repeat it, go in only with consent. Of
    the best of several, the setting is the chosen candidate's own, which writes the text that was rated.

    Args:
        form: answers as strings under `depth, empathy, fluency, would_say`, `comment`, and `consent` (bool).
        cached: the reflection that was rated, or None if the app no longer has it.
        rater: random id of the rater.
        token: from `submit_token`; a second submission of the same form has the same one.

    Raises:
        RatingError: the reflection is gone, an answer is missing or unknown, or the comment is too long.
    """
    if cached is None:
        raise RatingError(ERRORS["gone"])
    answers = {field: _choice(form, field) for field in ("depth", "empathy", "fluency", "would_say")}
    comment = str(form.get("comment") or "").strip()
    if len(comment) > MAX_COMMENT:
        raise RatingError(ERRORS["comment"].format(got=len(comment), expected=MAX_COMMENT))
    shown, agreed = cached.reflection, form.get("consent") is True
    return NewRating(
        rater=rater,
        client_token=token,
        statement=shown.statement if agreed else None,
        statement_sha256=statement_sha256(shown.statement),
        reflection=shown.reflection,
        base_reflection=shown.base_reflection,
        weights=shown.weights,
        strength=shown.setting.strength,
        temperature=shown.setting.temperature,
        seed=shown.setting.seed,
        model=dict(shown.model),
        scores=stored_scores(shown),
        written=shown.written,
        app_version=emorl.__version__,
        depth=answers["depth"],
        empathy=int(answers["empathy"]),
        fluency=int(answers["fluency"]),
        would_say=answers["would_say"],
        comment=comment or None,
        shown_at=cached.shown_at,
        submitted_at=datetime.now(UTC),
        edited=cached.edited if agreed else None,
        best_of=cached.asked.best_of if cached.asked.best_of > 1 else None,
    )


def _choice(form: Mapping[str, object], field: str) -> str:
    options = RATING[f"{field}_options"]
    value = form.get(field)
    if not isinstance(value, str) or value not in options:
        got = "no answer" if value in (None, "") else repr(value)[:40]
        expected = ", ".join(options)
        name = str(RATING[field]).lower()
        raise RatingError(ERRORS["field"].format(got=got, field=name, expected=expected))
    return value
