"""What a scorer is: the types that everything stands on that scores replies or is trained with scores.

Left out: the scorers themselves (`cross_encoder`, `fluency`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import torch

Score: TypeAlias = "Callable[[Sequence[str], Sequence[str]], torch.Tensor]"
"""From B statements and B replies to B scores in [0, 1], (B,)."""


class Scorer(Protocol):
    """Scores pairs of statement and reply."""

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        """Scores in [0, 1], (B,)."""
