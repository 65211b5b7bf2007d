"""The statement box: its examples, and what it asks of the server about personal data in the text."""

from __future__ import annotations

import json

import gradio as gr

from emorl.models.template import MAX_READ, MAX_STATEMENT
from emorl.resources import data_path
from emorl.safety import mask, personal_data
from emorl.ui.widgets import widget
from emorl.ui.writing import strings

EXAMPLES = data_path("examples.json")


def statement_widget(go: str, scope: str = "", **more: object) -> gr.HTML:
    """The statement box; Ctrl+Enter presses the button with the id `go`; `more` are constants for the page."""
    return widget(
        "statement",
        scope=scope,
        text=strings.STATEMENT,
        functions=[personal_notice, masked],
        settings={"max": MAX_STATEMENT, "read": MAX_READ, "examples": examples(), "go": go, **more},
    )


def personal_notice(text: object = "") -> list[str]:
    """Kinds of personal data that seem to be in a statement, for the notice under the box."""
    found = personal_data(str(text or "")[:MAX_READ], details=True)
    return list(dict.fromkeys(str(getattr(item, "kind", item)) for item in found))


def masked(text: object = "") -> str:
    """A statement with what looks personal replaced by its kind; what is beyond `MAX_READ` stays as it is."""
    given = str(text or "")
    return mask(given[:MAX_READ], details=True) + given[MAX_READ:]


def examples() -> list[dict[str, str]]:
    """The invented example statements as `{"topic", "statement"}`."""
    return list(json.loads(EXAMPLES.read_text(encoding="utf-8"))["examples"])
