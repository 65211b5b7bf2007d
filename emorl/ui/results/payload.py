"""What the Results screen gets: every answer is one of these or an `Error`."""

from __future__ import annotations

from dataclasses import dataclass

from emorl.ui.payload import Json


@dataclass(frozen=True)
class Error:
    """What went wrong.

    Attributes:
        error: One line for the user.
    """

    error: str


@dataclass(frozen=True)
class Session:
    """A session that a right password opened.

    Attributes:
        session: Its token.
    """

    session: str


@dataclass(frozen=True)
class Closed:
    """A session that has ended."""


@dataclass(frozen=True)
class Figures:
    """All numbers.

    Attributes:
        results: See `emorl.ratings.statistics.results`.
    """

    results: Json


@dataclass(frozen=True)
class Export:
    """Ratings or answers as text, for the page to save.

    Attributes:
        name: Of the file.
        type: Its MIME type.
        text: What is in it.
        rows: How many ratings or answers.
    """

    name: str
    type: str
    text: str
    rows: int


@dataclass(frozen=True)
class Purged:
    """Ratings and answers that were deleted.

    Attributes:
        purged: How many.
    """

    purged: int


Answer = Session | Closed | Figures | Export | Purged
"""What a function of the screen gives where nothing goes wrong."""
