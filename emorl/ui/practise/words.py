"""What checks say of a reflection, in words: one line each, with a short form for tables.

The scorers say nothing here. They learnt from replies of our own models and do not know how people write: the complex
examples of the case library have a median faithfulness of .14.

A line has a level, which the page shows as a sign: "good", "note" or "look". No line speaks of the person or of the
client, only of the text. Left out: how the values came about (`emorl.reflecting.appraise`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from emorl.ui.practise.strings import LINES
from emorl.ui.writing.strings import CHIPS

if TYPE_CHECKING:
    from emorl.reflecting.appraise import Appraisal

Level = Literal["good", "note", "look"]
SOME, MOST = 0.15, 0.5
"""From these shares of copied words on, a reflection is partly or mostly in the client's words."""


@dataclass(frozen=True)
class Line:
    """One thing that is said of a reflection.

    Attributes:
        kind: "feeling", "copied" or "checks".
        head: What it is about.
        short: For a table.
        text: In a sentence.
        level: How it is marked.
    """

    kind: str
    head: str
    short: str
    text: str
    level: Level


def lines_of(found: Appraisal) -> tuple[Line, ...]:
    """All lines of a reflection."""
    return _feeling(found), _copied(found), _checks(found)


def _line(kind: str, short: str, text: str, level: Level) -> Line:
    return Line(kind, LINES[kind], short, text, level)


def _feeling(found: Appraisal) -> Line:
    if not found.feelings:
        return _line("feeling", LINES["feeling_short"], LINES["feeling_none"], "note")
    quoted = ", ".join(f"“{word}”" for word in found.feelings)
    return _line("feeling", ", ".join(found.feelings), LINES["feeling_named"].format(words=quoted), "good")


def _copied(found: Appraisal) -> Line:
    amount = "most" if found.copied >= MOST else "some" if found.copied >= SOME else "none"
    levels: dict[str, Level] = {"most": "look", "some": "note", "none": "good"}
    share = round(100 * found.copied)
    short, text = LINES["copied_short"].format(share=share), LINES[f"copied_{amount}"].format(share=share)
    return _line("copied", short, text, levels[amount])


def _checks(found: Appraisal) -> Line:
    if not found.chips:
        return _line("checks", LINES["checks_short"], LINES["checks_none"], "good")
    labels = {**CHIPS, "sympathy": LINES["sympathy"]}
    told = [
        f"{labels[chip.kind].rstrip(':')}: “{chip.words}”" if chip.words else labels[chip.kind] for chip in found.chips
    ]
    return _line("checks", ", ".join(chip.kind for chip in found.chips), f"{'. '.join(told)}.", "look")
