"""What attention needs to know beside queries, keys and values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch


@dataclass(frozen=True)
class AttentionInputs:
    """Rotary embeddings and attention mask of one pass; computed once for the trunk and once for the experts.

    Attributes:
        cos: Rotary cosines, (rows * B * T, 1, head width), rows 1 in the trunk.
        sin: Rotary sines of the same shape, the first half of the width negated.
        mask: 0 or -inf, added to the attention scores, (N, 1, 1, S) or (1, 1, T, S); None where every token attends to
            all of S, or causally.
        start: Position of each sequence's first token, (B,); an int where all are the same.
        span: S, the number of positions attended to.
        steps: T.
    """

    cos: torch.Tensor
    sin: torch.Tensor
    mask: torch.Tensor | None
    start: torch.Tensor | int
    span: int
    steps: int

    def repeated(self, batch: int, rows: int) -> AttentionInputs:
        """The same inputs for every row of each of the B sequences."""

        def repeat(table: torch.Tensor) -> torch.Tensor:
            same = table.view(batch, 1, self.steps, -1).expand(-1, rows, -1, -1)
            return same.reshape(batch * rows * self.steps, 1, -1)

        mask = self.mask
        if mask is not None and self.steps == 1:
            mask = mask.repeat_interleave(rows, 0)
        return replace(self, cos=repeat(self.cos), sin=repeat(self.sin), mask=mask)
