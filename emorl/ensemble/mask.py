"""The mask: no run of three tokens comes twice in a reply (transformers calls this `no_repeat_ngram_size=3`).

A token is forbidden after a prefix if it would complete a run of three that the prefix already contains. The rule looks
at the reply's own prefix and at nothing else: not at the weights, the prompt or the states. So all weights that write a
prefix have the same tokens forbidden after it, and the next token is the argmax over the others. Everything that
follows from the logits being linear therefore stays exact: contributions to the margin over an allowed foil, the range
of a share in which a token stays first, the polygons of the atlas, the reuse of a reply after its weights have changed.
Sampling draws from the softmax over the allowed tokens.

The end of the reply is never forbidden: nothing is written after it, so no run contains it. At least one token is
therefore always allowed.

Runs are of tokens, not words: "You feel so" and "you feel so" are different runs, and a word of three tokens or more
can be written only once. Of 3,772 reflections written by people (data/reflections.jsonl) 12 break the rule, 11 of them
with three whole words. Left out: runs of the client's statement, which a reply may repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

Mask = Callable[[Sequence[int]], list[int]]
"""From the tokens of a reply so far to those forbidden next: the same list for the same tokens, whatever the weights.
A token that ends a reply is never forbidden."""


def no_run_twice(written: Sequence[int]) -> list[int]:
    """Tokens that would complete a run of three tokens that the reply already contains.

    Args:
        written: The reply so far, without its prompt.
    """
    last = tuple(written[-2:])
    return sorted({c for a, b, c in zip(written, written[1:], written[2:], strict=False) if (a, b) == last})


def nothing(written: Sequence[int]) -> list[int]:
    """Forbid nothing: the plain policy, which reinforcement learning samples from."""
    return []


def forbid(logits: torch.Tensor, forbidden: Sequence[Sequence[int]]) -> torch.Tensor:
    """Set the logits of forbidden tokens to minus infinity, in place.

    Args:
        logits: Logits of B prefixes, (B, ..., V).
        forbidden: The tokens not allowed after each of them.

    Returns:
        The same logits.
    """
    for row, tokens in zip(logits, forbidden, strict=True):
        if tokens:
            row[..., list(tokens)] = -torch.inf
    return logits
