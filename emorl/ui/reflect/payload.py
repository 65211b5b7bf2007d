"""What the rating form of the Reflect screen shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RatingClosed:
    """There is nothing to rate.

    Attributes:
        phase: How the widget draws it.
    """

    phase: Literal["closed"] = "closed"


@dataclass(frozen=True)
class RatingOpen:
    """A reflection that can be rated.

    Attributes:
        id: Of the reflection.
        phase: How the widget draws it.
    """

    id: str
    phase: Literal["open"] = "open"


@dataclass(frozen=True)
class RatingSaved:
    """A rating that was stored.

    Attributes:
        id: Of the reflection.
        reply: Random, because a value equal to the last would not reach the page.
        rater: Random id of the rater.
        phase: How the widget draws it.
    """

    id: str
    reply: str
    rater: str
    phase: Literal["saved"] = "saved"


@dataclass(frozen=True)
class RatingRefused:
    """A rating that was not stored.

    Attributes:
        id: Of the reflection.
        reply: Random, because a value equal to the last would not reach the page.
        message: What to change, in one line.
        phase: How the widget draws it.
    """

    id: str
    reply: str
    message: str
    phase: Literal["error"] = "error"
