"""What every screen behind the log-in may get."""

from __future__ import annotations

from dataclasses import dataclass


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
class Export:
    """A table as a file, for the page to save.

    Attributes:
        name: Of the file.
        type: Its MIME type.
        text: What is in it; in base64 where it is no text.
        rows: How many rows it has.
        base64: Whether the page has to decode it.
    """

    name: str
    type: str
    text: str
    rows: int
    base64: bool = False
