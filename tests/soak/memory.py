"""Whether the app's memory stays flat: it is read after each fifth of a run; the first two fill what has a bound."""

from __future__ import annotations

from collections.abc import Sequence

FLAT_MB = 24.0
"""What the resident memory may grow by over the last three fifths."""

CLAIM = f"; memory flat within {FLAT_MB:g} MB over the last three fifths"


def fifths(amount: int) -> list[range]:
    """The numbers from 0 to `amount`, in five parts."""
    return [range(part * amount // 5, (part + 1) * amount // 5) for part in range(5)]


def is_flat(resident_mb: Sequence[float]) -> bool:
    """Whether it grew by no more than that; of five readings."""
    return resident_mb[4] - resident_mb[1] <= FLAT_MB


def shown(resident_mb: Sequence[float]) -> str:
    """The readings, for the page."""
    return ", ".join(f"{one:.0f}" for one in resident_mb)
