"""A scorer as somebody might write it: short replies are good ones."""

from __future__ import annotations

from collections.abc import Sequence


def brevity(statements: Sequence[str], replies: Sequence[str]) -> list[float]:
    """1 for an empty reply, 0 from forty characters on."""
    return [max(0.0, 1 - len(reply) / 40) for reply in replies]
