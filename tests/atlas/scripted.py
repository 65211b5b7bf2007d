"""A language of a few words whose experts say what a table says: the engine of atlases worked out on paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import torch

from emorl.ensemble.mask import Mask, no_run_twice

Experts = Callable[[tuple[int, ...]], Sequence[Sequence[float]]]
"""From the words so far to the logits of each expert, (K, V); the base always says 0."""


class WordCache:
    """Remembers the words of each sequence, as a real cache does, and nothing else."""

    def __init__(self, words: list[tuple[int, ...]], slots: int) -> None:
        self.words, self.slots = words, slots

    def copy(self, sequences: Sequence[int], slots: int = 0) -> WordCache:
        return WordCache([self.words[i] for i in sequences], max(self.slots, slots))

    def reorder(self, order: Sequence[int]) -> None:
        self.words = [self.words[i] for i in order]

    def reserve(self, batch: int, slots: int) -> None:
        self.slots = max(self.slots, slots)


class ScriptedDecoder:
    """Looks like an `EnsembleDecoder` to the atlas; its head is the identity, so states are logits."""

    def __init__(
        self, experts: Experts, count: int, words: int, end_tokens: Sequence[int], mask: Mask = no_run_twice
    ) -> None:
        self.experts, self.words, self.mask = experts, words, mask
        self.lora = SimpleNamespace(adapters=(None,) * count, base_row=True)
        self.end_tokens = frozenset(end_tokens)
        self.backbone = SimpleNamespace(logits=lambda mixed: mixed, forward=self.forward)
        self.batches: list[int] = []

    def row_coefficients(self, weights, strength):
        assert len(weights) == len(self.lora.adapters)

    def check_lengths(self, prompts, max_tokens):
        return max(prompts) + max_tokens

    def prefill(self, prompts, slots):
        return self.states([()]), WordCache([()], slots)

    def forward(self, ids, start, cache, lora, last):
        assert int(start.max()) < cache.slots
        cache.words = [(*words, token) for words, token in zip(cache.words, ids[:, 0].tolist(), strict=True)]
        self.batches.append(len(cache.words))
        return self.states(cache.words)

    def states(self, prefixes):
        rows = [[[0.0] * self.words, *self.experts(words)] for words in prefixes]  # (B, K+1, V)
        return torch.tensor(rows).transpose(0, 1)
