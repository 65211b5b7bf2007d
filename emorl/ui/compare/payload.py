"""What the Compare screen shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emorl.ui.writing.payload import ReflectionPayload


@dataclass(frozen=True)
class WritingBoth:
    """Texts that grow.

    Attributes:
        texts: What is written so far with A, with B, and so on.
        phase: How the widget draws it.
    """

    texts: tuple[str, ...]
    phase: Literal["writing"] = "writing"


@dataclass(frozen=True, kw_only=True)
class Side(ReflectionPayload):
    """One of the finished reflections.

    Attributes:
        marked: Its words, and whether the text it is compared with has them at the same place in the order.
        other: Name of that text: of two the other one, of more the first; empty for the first of more.
        alike: Whether most words are shared, so that it says something to mark the others.
        missing: How many words of that text this one has not.
    """

    marked: tuple[tuple[str, bool], ...]
    other: str
    alike: bool
    missing: int


@dataclass(frozen=True)
class Both:
    """The finished reflections.

    Attributes:
        sides: A, B, and so on.
        same: Whether all are the same text.
        confirmed: Whether they were written for a statement with a crisis phrase, as an exercise.
        phase: How the widget draws it.
    """

    sides: tuple[Side, ...]
    same: bool
    confirmed: bool
    phase: Literal["done"] = "done"
