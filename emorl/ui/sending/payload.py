"""What the form shows that sends to the blind rating queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Open:
    """The form as it begins.

    Attributes:
        phase: How the widget draws it.
    """

    phase: Literal["open"] = "open"


@dataclass(frozen=True)
class Sent:
    """It is in the queue.

    Attributes:
        reply: Random, because a value equal to the last would not reach the page.
        phase: How the widget draws it.
    """

    reply: str
    phase: Literal["sent"] = "sent"


@dataclass(frozen=True)
class NotSent:
    """It is not in the queue.

    Attributes:
        reply: Random, because a value equal to the last would not reach the page.
        message: Why, in one line.
        phase: How the widget draws it.
    """

    reply: str
    message: str
    phase: Literal["error"] = "error"
