"""The mask: no run of three tokens stands in a reply twice.

A token is forbidden after a prefix if, with the last two tokens, it makes a run of three that the prefix already holds.
The rule looks at the reply's own prefix and at nothing else: not at the weights, the prompt or the states. All weights
that have written a prefix are therefore forbidden the same tokens after it, the next token is the argmax over the
others, and whatever follows from the logits being linear stays exact: contributions to the margin over an allowed
foil, the range of a share in which a token stays first, the polygons of the atlas, the reuse of a reply whose weights
have moved. Sampling draws from the softmax over the allowed tokens.

The end of the reply is never forbidden: as nothing is written after it, no run holds it. So there is always a token
left.

Tokens, not words: "You feel so" and "you feel so" are two runs, and a word of three tokens or more can be written once
only. Of 3,772 reflections written by people (data/reflections.jsonl) 12 break the rule, 11 of them with three whole
words. Left out: longer memories, such as runs of the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

Mask = Callable[[Sequence[int]], list[int]]
"""From the tokens of a reply so far to those forbidden next; the same list for the same tokens, whatever the weights.
It never forbids a token that ends a reply."""


def no_run_twice(written: Sequence[int]) -> list[int]:
    """Tokens that would complete a run of three tokens which the reply already holds.

    Args:
        written: The reply so far, without its prompt.
    """
    last = tuple(written[-2:])
    return sorted({c for a, b, c in zip(written, written[1:], written[2:], strict=False) if (a, b) == last})


def nothing(written: Sequence[int]) -> list[int]:
    """Forbid nothing: the plain policy, as reinforcement learning samples it."""
    return []


def forbid(logits: torch.Tensor, forbidden: Sequence[Sequence[int]]) -> torch.Tensor:
    """Set the logits of forbidden tokens to minus infinity, in place.

    Args:
        logits: Logits of B prefixes, (B, ..., V).
        forbidden: For each of the B the tokens not allowed.

    Returns:
        The same logits.
    """
    for row, tokens in zip(logits, forbidden, strict=True):
        if tokens:
            row[..., list(tokens)] = -torch.inf
    return logits
