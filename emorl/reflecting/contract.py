"""What scripts get: one JSON object for one reflection, the same from the command line and from the app's endpoints.

And what they are refused: a statement that speaks of a crisis gets contacts instead of a reflection, and nobody gets
more than sixteen candidates. Left out: the counsellor's confirmation that a statement is an invented exercise, which
only the page asks for.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from emorl.errors import EmorlError
from emorl.safety import crisis_contacts, crisis_matches
from emorl.template import check_statement

if TYPE_CHECKING:
    from emorl.reflector import Reflection

FIELDS = ("statement", "reflection", "weights", "strength", "scores", "faithfulness", "timing", "model")
MOST_CANDIDATES = 16


def refuse_crisis(text: str) -> None:
    """Let only a statement pass for which a reflection may be written.

    Raises:
        StatementError: An empty or overlong statement.
        EmorlError: It speaks of a crisis; the message holds the contacts.
    """
    check_statement(text)
    if crisis_matches(text):
        lines = [f"{c.country}: {c.name} {c.phone or c.url}" for c in crisis_contacts()]
        raise EmorlError("The statement speaks of a crisis, so no reflection is written: follow your protocol. "
                         + "; ".join(lines))  # fmt: skip


def check_candidates(count: object) -> None:
    """Let only a number of candidates pass that `--best-of` may have.

    Raises:
        EmorlError: It is no whole number from 1 to 16.
    """
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_CANDIDATES:
        raise EmorlError(f"Got {str(count)[:40]} candidates to choose the best of: expected a whole number from 1 to "
                         f"{MOST_CANDIDATES}; leave it out for a single reflection.")  # fmt: skip


def reflection_json(reflection: Reflection, explain: bool) -> dict[str, Any]:
    """The fields of `reflect --json`; with `tokens` if `explain`, with `candidates` if it is the best of some."""
    fields = dataclasses.asdict(dataclasses.replace(reflection, trace=None))
    more = (*(("candidates",) if reflection.candidates else ()), *(("tokens",) if explain else ()))
    return {name: fields[name] for name in (*FIELDS, *more)}
