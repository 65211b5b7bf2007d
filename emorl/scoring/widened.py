"""A base that scorers read with: weights as they are stored, results in float32, adapters beside the weights.

Every product widens its weights to float32 when it is used and forgets them afterwards, which is exact and costs a few
percent of reading a statement and its reply. An adapter is not merged but added, x W^T + (x A^T) (s B)^T, so that all
scorers share one copy of the weights. Left out: reading the base (`emorl.models.stored`) and the adapters
(`emorl.ensemble.lora`); the engine, whose weights are packed.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from emorl.ensemble.lora import Adapter, Target

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

ROWS = 8192
"""Outputs whose weights are widened at once: a layer's all together, the vocabulary's in a few parts."""


class WidenedLinear(nn.Module):
    """A linear module, and perhaps low-rank factors.

    Attributes:
        weight: W, (N, in), of any type; shared with whoever else has it.
        bias: (N,) float32, or None.
        down: A, (R, in) float32, or None without an adapter.
        up: B with its scale, (N, R).
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = linear.weight
        self.bias = None if linear.bias is None else linear.bias.detach().float()
        self.down: torch.Tensor | None = None
        self.up: torch.Tensor | None = None

    def adapt(self, adapters: Sequence[Adapter], target: Target) -> None:
        """Add the terms of adapters, those without this target left out.

        Raises:
            AdapterMismatch: A factor has another shape.
        """
        having = [adapter for adapter in adapters if target in adapter.factors]
        for adapter in having:
            adapter.check_shape(target, self.weight.shape)
        if having:
            self.down = torch.cat([adapter.factors[target][0] for adapter in having])
            self.up = torch.cat([adapter.scale_of(target) * adapter.factors[target][1] for adapter in having], 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From (..., in) float32 to (..., N) float32."""
        if len(self.weight) <= ROWS:
            y = F.linear(x, self.weight.float(), self.bias)
        else:
            y = x.new_empty(*x.shape[:-1], len(self.weight))
            for first in range(0, len(self.weight), ROWS):
                part = slice(first, first + ROWS)
                y[..., part] = F.linear(x, self.weight[part].float(), None if self.bias is None else self.bias[part])
        if self.down is not None and self.up is not None:
            y += F.linear(F.linear(x, self.down), self.up)
        return y


class WidenedEmbedding(nn.Module):
    """An embedding whose weights may be of any type."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.weight = embedding.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """From token ids to float32 vectors."""
        return F.embedding(ids, self.weight).float()


def widened(model: LlamaForCausalLM, adapters: Sequence[Adapter] = ()) -> LlamaForCausalLM:
    """A model of its own that computes in float32 with another one's weights, and with adapters added.

    Args:
        model: From `open_stored`; it stays as it is.
        adapters: Added to the weights, one after the other.

    Raises:
        AdapterMismatch: An adapter does not fit the model.
    """
    mine: LlamaForCausalLM = copy.deepcopy(model, {id(weight): weight for weight in model.parameters()})
    for module in list(mine.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, WidenedLinear(child))
            elif isinstance(child, nn.Embedding):
                setattr(module, name, WidenedEmbedding(child))
            else:
                for own, weight in list(child.named_parameters(recurse=False)):  # the norms'
                    setattr(child, own, nn.Parameter(weight.float(), requires_grad=False))
    layers = mine.model.layers
    for adapter in adapters:
        adapter.check_depth(len(layers))
    for layer, projection in {target for adapter in adapters for target in adapter.factors}:
        linear = layers[layer].get_submodule(projection)
        assert isinstance(linear, WidenedLinear)
        linear.adapt(adapters, (layer, projection))
    return mine
