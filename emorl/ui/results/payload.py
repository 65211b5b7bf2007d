"""What the Results screen gets beside what every screen behind the log-in may get."""

from __future__ import annotations

from dataclasses import dataclass

from emorl.ui.payload import Json


@dataclass(frozen=True)
class Figures:
    """All numbers.

    Attributes:
        results: See `emorl.ratings.statistics.results`.
    """

    results: Json


@dataclass(frozen=True)
class Purged:
    """Ratings and answers that were deleted.

    Attributes:
        purged: How many.
    """

    purged: int
