"""Model soups of adapters: their changes of the weights are averaged, instead of their states while they write.

A soup's change of a weight matrix is Σ ŵ_k s_k B_k A_k, with the shares ŵ (Wortsman et al. 2022, arXiv 2203.05482; for
rewards Ramé et al. 2023, arXiv 2306.04488). That is one adapter again, with all factors side by side: exact. Averaging
the A and the B would give products of one adapter's A with another's B, which nobody trained. The weights of a soup
are searched in the same way as the ensemble's, but for the atlas. Left out: soups of other layouts than LoRA.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from emorl.ensemble import EnsembleDecoder, StackedLora
from emorl.ensemble.lora import Adapter
from emorl.ensemble.weights import shares
from emorl.models.template import prompt_text
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.search.hierarchical import Weights
from training.evaluate import greedy_replies
from training.search.score import Mixed


def soup(adapters: Sequence[Adapter], weights: Sequence[float]) -> Adapter:
    """One adapter with the mean change of K, by their shares; all weights zero change nothing.

    Args:
        adapters: K adapters, of any ranks and layers.
        weights: K raw weights.

    Raises:
        WeightError: A weight is negative or not finite.

    Example:
        Two adapters of rank 1 that change the same matrix of 1 x 2, weighted 3 to 1:

        >>> def adapter(down, scale):
        ...     return Adapter("a", 1, scale, {(0, "mlp.down_proj"): (torch.tensor([down]), torch.tensor([[1.0]]))}, "")
        >>> mixed = soup([adapter([1.0, 0.0], 2.0), adapter([0.0, 1.0], 4.0)], [3, 1])
        >>> down, up = mixed.factors[0, "mlp.down_proj"]
        >>> mixed.rank, up @ down
        (2, tensor([[1.5000, 1.0000]]))
    """
    parts: dict[tuple[int, str], list[tuple[torch.Tensor, torch.Tensor]]] = {}
    for adapter, share in zip(adapters, shares(weights), strict=True):
        for target, (down, up) in adapter.factors.items():
            parts.setdefault(target, []).append((down, share * adapter.scale_of(target) * up))
    factors = {
        target: (torch.cat([down for down, _ in pairs]), torch.cat([up for _, up in pairs], 1))
        for target, pairs in parts.items()
    }
    return Adapter("soup", max(down.shape[0] for down, _ in factors.values()), 1.0, factors, sha256="")


def soup_decoder(decoder: EnsembleDecoder, weights: Sequence[float], strength: float = 1.0) -> EnsembleDecoder:
    """A decoder that writes with a soup of another decoder's adapters; any strength but 1 mixes the base in."""
    stack = StackedLora([soup(decoder.lora.adapters, weights)], base_row=strength != 1)
    return EnsembleDecoder(decoder.backbone, stack, list(decoder.end_tokens), decoder.mask)


def soups(decoder: EnsembleDecoder, tokenizer: SharedTokenizer, max_tokens: int, strength: float = 1.0) -> Mixed:
    """What writes with soups of a decoder's adapters, for a search of their weights; there is no atlas of soups.

    Args:
        decoder: The ensemble whose adapters are mixed.
        tokenizer: Its tokenizer.
        max_tokens: Longest reply.
        strength: s of f = h_0 + s (h - h_0), with h from the soup.
    """

    def write(statements: Sequence[str], points: Sequence[Weights]) -> tuple[list[list[str]], dict[str, int]]:
        written, spent = [], {"steps": 0, "alone": 0}
        for weights in points:
            mixed = soup_decoder(decoder, weights, strength)
            [texts], cost = greedy_replies(
                mixed, tokenizer, prompt_text, statements, [[1.0]], max_tokens, strength=strength
            )
            written.append(texts)
            for key, value in cost.items():
                spent[key] += value
        return written, spent

    return Mixed(write)
