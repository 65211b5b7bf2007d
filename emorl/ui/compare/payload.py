"""What the Compare screen shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emorl.ui.writing.payload import ReflectionPayload


@dataclass(frozen=True)
class WritingBoth:
    """Two texts that grow.

    Attributes:
        texts: What is written so far with A and with B.
        phase: How the widget draws it.
    """

    texts: tuple[str, ...]
    phase: Literal["writing"] = "writing"


@dataclass(frozen=True, kw_only=True)
class Side(ReflectionPayload):
    """One of two finished reflections.

    Attributes:
        marked: Its words, and whether the other has them at the same place in the order.
    """

    marked: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Both:
    """Two finished reflections.

    Attributes:
        sides: A and B.
        same: Whether they are the same text.
        confirmed: Whether they were written for a statement with a crisis phrase, as an exercise.
        phase: How the widget draws it.
    """

    sides: tuple[Side, ...]
    same: bool
    confirmed: bool
    phase: Literal["done"] = "done"
