"""The next token of every sequence from its logits, and how likely each was.

Left out: where logits come from, and what a mask forbids.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch


def choose(logits: torch.Tensor, temperatures: Sequence[float], generators: Sequence[torch.Generator]) -> list[int]:
    """The next token of each sequence: the argmax, or the inverse CDF at one uniform number of its own generator.

    Args:
        logits: (B, V).
        temperatures: B, 0 for the argmax.
        generators: B, of random numbers; one that is not sampled from stays as it is.
    """
    tokens: list[int] = logits.argmax(-1).tolist()
    sampled = [row for row, temperature in enumerate(temperatures) if temperature > 0]
    if sampled:
        divisor = torch.tensor([temperatures[row] for row in sampled])[:, None]
        cumulative = (logits[sampled] / divisor).softmax(-1).cumsum(-1)
        draws = torch.cat([torch.rand(1, generator=generators[row]) for row in sampled])[:, None]
        chosen = torch.searchsorted(cumulative, draws * cumulative[:, -1:], right=True)
        for row, token in zip(sampled, chosen[:, 0].clamp(max=logits.shape[-1] - 1).tolist(), strict=True):
            tokens[row] = token
    return tokens


def logps_of(logits: torch.Tensor, tokens: Sequence[int]) -> list[float]:
    """Log-probability of one token a row at temperature 1, N in nats.

    Args:
        logits: (N, V); minus infinity where the mask forbids.
        tokens: N token ids.
    """
    chosen = logits[torch.arange(len(tokens)), torch.tensor(tokens)]
    found: list[float] = (chosen - logits.logsumexp(-1)).tolist()
    return found
