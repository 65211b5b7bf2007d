"""What scripts get: one JSON object for one reflection, the same from the command line and from the app's endpoints.

And what they are refused: a statement that speaks of a crisis gets contacts instead of a reflection. Left out: the
counsellor's confirmation that it is an invented exercise, which only the page asks for.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from emorl.errors import EmorlError
from emorl.safety import crisis_contacts, crisis_matches
from emorl.template import check_statement

if TYPE_CHECKING:
    from emorl.reflector import Reflection

FIELDS = ("statement", "reflection", "weights", "strength", "scores", "timing", "model")


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


def reflection_json(reflection: Reflection, explain: bool) -> dict[str, Any]:
    """The fields of `reflect --json`; with `tokens` if `explain`."""
    fields = dataclasses.asdict(dataclasses.replace(reflection, trace=None))
    return {name: fields[name] for name in (*FIELDS, *(("tokens",) if explain else ()))}
