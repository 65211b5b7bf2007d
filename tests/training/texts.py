"""Invented texts for the tests of training: statements, labels and corpora as records, and as lines of files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from training.data import Corpora, LabelledReply, OwnStatement, RankedGroup

NOUNS = (
    "garden violin ferry bakery tunnel lantern meadow anchor puzzle orchard kettle compass harbour ladder quilt"
).split()


def write_jsonl(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def own_line(statement: str, **over: str) -> dict[str, str]:
    """A line of our own statements; `over` changes or adds fields."""
    line = {
        "topic": "loss",
        "manner": "spoken",
        "statement": statement,
        "simple": "Things keep going missing for you.",
        "complex": "Losing it again leaves you feeling out of control.",
        "empathic": "It's frustrating to lose it just when you need it.",
    }
    return line | over


def own(noun: str, split: str = "train", affirming: bool = True) -> OwnStatement:
    """A statement with reflections in which nobody else's words stand."""
    return OwnStatement(
        "loss",
        "spoken",
        f"I can't sleep since I sold my {noun}, and nobody asks.",
        f"You can't sleep since the {noun} went, and nobody asks.",
        f"The {noun} was more than a thing to you, and you miss it.",
        f"It's lonely to grieve for a {noun}, with nobody to see it.",
        split,
        f"You held on to the {noun} for years, and you cared." if affirming else "",
    )


def ranked(noun: str, split: str = "train") -> RankedGroup:
    return RankedGroup(
        f"My {noun} frightens me at night.",
        (f"You dread the {noun}, most of all in the dark.",),
        (f"You are afraid of the {noun}.",),
        ("Buy another one.", "Why is that?", "I see."),
        noun,
        split,
    )


PROMPTS = [
    "My week was long and I am tired.",
    "She never calls me back.",
    "I passed the test and feel nothing.",
    "Work eats my evenings.",
    "I keep buying things.",
    "Nobody asked me how it went.",
]
"""Short statements for runs of a few steps."""


def corpora_with(owns: Iterable[OwnStatement] = (), pairs: Iterable[RankedGroup] = ()) -> Corpora:
    return Corpora(tuple(owns), tuple(pairs), (), (), (), ())


def label(statement: str, reply: str, faithful: int, split: str = "train", **over: Any) -> LabelledReply:
    """A reply that was read; the fault is one that goes with the level."""
    fault = ("invented", "vague", "none")[faithful]
    return LabelledReply(statement, reply, over.pop("source", "warm start"), faithful, fault, split, **over)


PLACES = ["train"] * 6 + ["validation"] * 5 + ["test"] * 4
CORPORA = corpora_with(
    [own(noun, split) for noun, split in zip(NOUNS, PLACES, strict=True)],
    [ranked(noun, split) for noun, split in zip(NOUNS, PLACES, strict=True)],
)
LABELS = tuple(
    label(own(noun).statement, text, faithful, split, depth=faithful, empathy=faithful, would_say=faithful == 2)
    for noun, split in zip(NOUNS, PLACES, strict=True)
    for text, faithful in (("You sold it and lie awake.", 2), ("You bought a horse.", 0))
)
