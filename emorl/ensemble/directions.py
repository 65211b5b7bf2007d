"""Greedy replies of many weight vectors to many prompts, with every distinct prefix decoded once.

Weight vectors that have written the same tokens so far share one sequence of the batch: neither its states nor what
the mask forbids depend on the weights; only the choice of the next token does. A sequence splits where its members
choose differently. A weight search therefore takes as many steps as there are distinct prefixes, not prompts x vectors
x tokens. Where a prefix has more members than experts, the experts' logits are mixed instead of their states, which is
the same by linearity. Left out: sampling, and regions of weights, which are what the atlas finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from emorl.ensemble.cache import assign_slots
from emorl.ensemble.decoder import EnsembleDecoder
from emorl.ensemble.mask import forbid


@dataclass(frozen=True)
class DirectionReplies:
    """What all weight vectors write.

    Attributes:
        tokens: Token ids by prompt and weight vector, the end token included if it was written.
        steps: Prefixes that went through the experts after the prefill.
        alone: Steps that decoding every pair separately would have taken.
    """

    tokens: list[list[list[int]]]
    steps: int
    alone: int


@dataclass
class SharedPrefix:
    """Tokens that several weight vectors (`members`) have all written for one prompt."""

    prompt: int
    members: list[int]
    tokens: list[int]


@torch.inference_mode()
def decode_directions(
    decoder: EnsembleDecoder,
    prompts: Sequence[Sequence[int]],
    weights: Sequence[Sequence[float]],
    strength: float = 1.0,
    max_tokens: int = 64,
) -> DirectionReplies:
    """Write greedily for every prompt under every weight vector; equal to decoding each pair separately.

    Args:
        decoder: The ensemble.
        prompts: Token ids of P prompts.
        weights: N raw weight vectors of K weights.
        strength: s, for all.
        max_tokens: Maximum number of tokens of a reply, the end token included.

    Raises:
        WeightError: Bad weights or strength, or not K weights.
        ValueError: No prompt, an empty one, or one whose reply would exceed the base's positions.
    """
    mix = torch.stack([decoder.row_coefficients(w, strength) for w in weights])  # (N, rows)
    decoder.check_lengths([len(p) for p in prompts], max_tokens)
    tokens: list[list[list[int]]] = [[[] for _ in weights] for _ in prompts]
    states, cache = decoder.prefill(prompts, max(map(len, prompts)) + max_tokens)
    position = torch.tensor([len(p) for p in prompts])
    prefixes = [SharedPrefix(number, list(range(len(weights))), []) for number in range(len(prompts))]
    steps = 0
    while True:
        children: list[SharedPrefix] = []
        parents: list[int] = []
        for slot, prefix in enumerate(prefixes):
            by_token: dict[int, list[int]] = {}
            choices = _choices(decoder, states[:, slot], mix[prefix.members], decoder.mask(prefix.tokens))
            for member, token in zip(prefix.members, choices, strict=True):
                by_token.setdefault(token, []).append(member)
            for token, members in by_token.items():
                written = [*prefix.tokens, token]
                if token in decoder.end_tokens or len(written) == max_tokens:
                    for member in members:
                        tokens[prefix.prompt][member] = written
                else:
                    children.append(SharedPrefix(prefix.prompt, members, written))
                    parents.append(slot)
        if not children:
            return DirectionReplies(tokens, steps, sum(len(t) - 1 for row in tokens for t in row))
        order = assign_slots(parents)
        prefixes, parents = [children[i] for i in order], [parents[i] for i in order]
        cache.reorder(parents)
        position = position[parents]
        last = torch.tensor([prefix.tokens[-1] for prefix in prefixes])
        states = decoder.backbone.forward(last[:, None], position, cache, decoder.lora, torch.zeros_like(last))
        position = position + 1
        steps += len(prefixes)


def _choices(decoder: EnsembleDecoder, states: torch.Tensor, mix: torch.Tensor, forbidden: Sequence[int]) -> list[int]:
    """The next token of each weight vector; states (rows, D), mix (members, rows)."""
    few = len(mix) <= len(states)
    logits = decoder.backbone.logits(mix @ states.float() if few else states.float())
    mixed = logits if few else mix @ logits  # (members, V)
    return forbid(mixed, [forbidden] * len(mix)).argmax(-1).tolist()
