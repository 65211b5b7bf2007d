"""Nothing on screen tells a client's emotion, condition or risk: scores and chips speak of the reply."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import emorl.ui
from emorl.safety.output import check_reply
from emorl.safety.phrases import KINDS
from tests.ui.texts import all_texts

UI = Path(emorl.ui.__file__).parent
READ_OUT = re.compile(
    r"\b(?:the )?client(?:'s)? (?:is|seems|feels|appears|looks|sounds|shows|may be|might be) "
    r"(?:very |rather |quite )?(?:\w+ed\b|\w+ing\b|sad|angry|anxious|low|ill|suicidal|at risk|in )"
    r"|\b(?:risk|mood|emotion|sentiment|distress|anxiety|depression) (?:score|level|index|detected|recognised)"
    r"|\b(?:detected|recognised) (?:risk|mood|emotion|sentiment|distress)",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "text",
    ["The client seems anxious.", "Client is depressed", "Distress level: high", "Detected emotion: fear"],
)
def test_a_read_out_would_be_seen(text: str) -> None:
    assert READ_OUT.search(text)


def test_no_string_and_no_widget_reads_out_a_client() -> None:
    shown = all_texts()
    assert len(shown) > 200
    shown += [path.read_text("utf-8") for path in sorted(UI.rglob("*.js"))]
    assert not [found.group() for text in shown for found in READ_OUT.finditer(text)]


def test_the_kinds_of_crisis_phrases_stay_on_the_server() -> None:
    """A counsellor sees that a statement may be about danger, never which danger was guessed."""
    sources = [path for path in UI.rglob("*") if path.suffix in (".py", ".js")]
    assert len(sources) > 20
    for path in sources:
        text = path.read_text("utf-8")
        assert "CrisisMatch" not in text and not any(f'"{kind}"' in text for kind in KINDS), path.name


def test_chips_depend_on_the_reply() -> None:
    assert check_reply("I am depressed, anxious and I drink.", "You carry a lot.") == ()
