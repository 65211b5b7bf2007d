"""Stacked LoRA: K adapters as [K, ...] tensors, applied by two batched products.

Query, key and value (and gate and up) are fused products in `backbone`, so their low-rank factors are fused too: the
A factors are concatenated, the B factors form a block diagonal. Adapters may differ in rank and in what they adapt:
smaller factors are padded with zeros, which add nothing. Layers below the first adapted one are the shared trunk, where
all experts equal the base and are computed once. Left out: reading adapters, which `lora` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy
import torch
from numpy.typing import NDArray

from emorl.ensemble.device import CPU
from emorl.ensemble.lora import FUSED, Adapter, Target
from emorl.errors import AdapterMismatch

Arrays = tuple[NDArray[numpy.float32], NDArray[numpy.float32], NDArray[numpy.int64]]
"""Stacked factors as `kernels` takes them; see `StackedLora.arrays`."""

NOTHING: Arrays = (
    numpy.zeros((0, 0, 0), numpy.float32),
    numpy.zeros((0, 0, 0), numpy.float32),
    numpy.zeros((0, 0, 0), numpy.int64),
)


class StackedLora:
    """K adapters, ready for the backbone.

    Attributes:
        adapters: The K adapters, in order.
        base_row: Whether row 0 of every sequence is the base itself.
        first_layer: First adapted layer; the layers below are the shared trunk.
    """

    def __init__(self, adapters: Sequence[Adapter], base_row: bool = True) -> None:
        """Stack the adapters.

        Raises:
            AdapterMismatch: No adapter.
        """
        if not adapters:
            raise AdapterMismatch.of("no adapter", "at least one", "name a folder made by training")
        self.adapters = tuple(adapters)
        self.base_row = base_row
        self.first_layer = min(layer for adapter in adapters for layer, _ in adapter.factors)
        self._stacks: dict[Target, tuple[torch.Tensor, torch.Tensor]] = {}
        self._arrays: dict[Target, Arrays] = {}

    @property
    def rows(self) -> int:
        """Rows a sequence takes above the trunk: K, plus 1 with the base row."""
        return len(self.adapters) + self.base_row

    def check_layers(self, layers: int) -> None:
        """Refuse an adapter on layers that a base of this many lacks.

        Raises:
            AdapterMismatch: There is one.
        """
        for adapter in self.adapters:
            adapter.check_depth(layers)

    def build(
        self,
        layer: int,
        product: str,
        inputs: int,
        widths: Sequence[int],
        norm: torch.Tensor | None = None,
        device: torch.device = CPU,
    ) -> None:
        """Prepare the factors of one fused product: A (K, R', in) and scaled B^T (K, R', Σ widths), float32.

        R' is the largest sum of ranks of an adapter; the others are padded with zeros.

        Args:
            layer: Layer number.
            product: A key of `FUSED`.
            inputs: Inputs of the product.
            widths: Outputs of the projections it fuses.
            norm: Weights of the norm before it, (in,), where the base folds them into the product.
            device: Where the base's weights lie.

        Raises:
            AdapterMismatch: A factor's shape is not that of this base.
        """
        pairs = [self._fused(adapter, layer, product, inputs, widths) for adapter in self.adapters]
        most = max(down.shape[0] for down, *_ in pairs)
        if not most:
            return
        downs, ups = torch.zeros(len(pairs), most, inputs), torch.zeros(len(pairs), most, sum(widths))
        spans = torch.zeros(len(pairs), most, 2, dtype=torch.long)
        for k, (down, up, span) in enumerate(pairs):
            downs[k, : down.shape[0]] = down if norm is None else down * norm.to(CPU)
            ups[k, : up.shape[1]] = up.T
            spans[k, : len(span)] = torch.tensor(span).view(-1, 2)
        self._stacks[layer, product] = downs.to(device).transpose(1, 2), ups.to(device)
        if device.type == "cpu":  # compiled functions know no other
            self._arrays[layer, product] = downs.numpy(), ups.numpy(), spans.numpy()

    def arrays(self, layer: int, product: str) -> Arrays:
        """A (K, R', in), scaled B^T (K, R', Σ widths) and its columns that are not zero, first and end (K, R', 2).

        K is 0 where nothing is adapted. On the CPU only.
        """
        return self._arrays.get((layer, product), NOTHING)

    @staticmethod
    def _fused(
        adapter: Adapter, layer: int, product: str, inputs: int, widths: Sequence[int]
    ) -> tuple[torch.Tensor, torch.Tensor, list[tuple[int, int]]]:
        """One adapter's A (R', in), scaled B (Σ widths, R') and B's columns; R' is 0 where it adapts nothing."""
        downs, ups, spans = [torch.zeros(0, inputs)], [], list[tuple[int, int]]()
        for row, (projection, width) in enumerate(zip(FUSED[product], widths, strict=True)):
            if (layer, projection) not in adapter.factors:
                continue
            down, up = adapter.factors[layer, projection]
            for got, wanted, side in ((down.shape[1], inputs, "inputs"), (up.shape[0], width, "outputs")):
                if got != wanted:
                    raise AdapterMismatch.of(
                        f"adapter {adapter.name}, with {got} {side} of {projection} in layer {layer}",
                        f"{wanted}, as this base has",
                        "use the base it was trained on",
                    )
            block = torch.zeros(sum(widths), down.shape[0])
            block[sum(widths[:row]) :][:width] = up * adapter.scale_of((layer, projection))
            downs.append(down)
            ups.append(block)
            spans += [(sum(widths[:row]), sum(widths[: row + 1]))] * len(down)
        return torch.cat(downs), torch.cat([torch.zeros(sum(widths), 0), *ups], 1), spans

    def add(self, layer: int, product: str, x: torch.Tensor, y: torch.Tensor, steps: int) -> None:
        """Add every expert's low-rank term to y in place; computed in float32.

        Args:
            layer: Layer number, at or above `first_layer`.
            product: A key of `FUSED`.
            x: Inputs, (B * rows * T, in).
            y: Outputs of the base product, (B * rows * T, out).
            steps: T.
        """
        stack = self._stacks.get((layer, product))
        if stack is None:
            return
        x, y = (t.view(-1, self.rows, steps, t.shape[-1])[:, self.base_row :].transpose(0, 1) for t in (x, y))
        if steps == 1:
            x, y = x[:, :, 0], y[:, :, 0]  # (K, B, ·)
            if y.dtype == torch.float32:
                y.baddbmm_(torch.bmm(x, stack[0]), stack[1])
                return
        y += torch.bmm(torch.bmm(x.flatten(1, -2).float(), stack[0]), stack[1]).view(y.shape)
