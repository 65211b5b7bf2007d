"""Stacked LoRA: K PEFT adapters of one layout as [K, ...] tensors, applied by two batched products.

Query, key and value (and gate and up) are fused products in `backbone`, so their low-rank factors are fused too: the
A factors are concatenated, the B factors form a block diagonal. Layers below the first adapted one are the shared
trunk, where all experts equal the base and are computed once. Whatever would break exact mixing is refused: adapters
that change head, embeddings or norms, biases, DoRA, mixed ranks, another base, values that are not finite.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open

from emorl.errors import AdapterMismatch

FUSED = {  # product in the backbone -> the projections it fuses, in order
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "o": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
PROJECTIONS = tuple(name for names in FUSED.values() for name in names)
KEY = re.compile(r"(?:.*\.)?layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])(?:\.\w+)?\.weight$")

Target = tuple[int, str]
"""What a pair of factors adapts: layer and projection."""

Factors = dict[Target, tuple[torch.Tensor, torch.Tensor]]
"""A (R, in) and B (out, R) by target."""


@dataclass(frozen=True)
class Adapter:
    """One LoRA adapter in memory.

    Attributes:
        name: Name in messages, usually the objective.
        rank: R.
        scale: Factor of B A, alpha / R (or alpha / sqrt R for rsLoRA).
        factors: Float32 factors by layer and projection.
        sha256: Hash of the weights file.
    """

    name: str
    rank: int
    scale: float
    factors: Factors
    sha256: str

    @property
    def layout(self) -> tuple[int, tuple[Target, ...]]:
        """Rank and targets, which all adapters of a stack must share."""
        return self.rank, tuple(sorted(self.factors))


def load_adapter(folder: Path, base_id: str | None = None, name: str | None = None) -> Adapter:
    """Read a PEFT LoRA folder.

    Args:
        folder: Holds adapter_config.json and adapter_model.safetensors.
        base_id: Identity of the base in use; compared with the `base_id` in the file's metadata where there is one.
        name: Name in messages; the folder's name by default.

    Raises:
        AdapterMismatch: The folder is incomplete or the adapter cannot be mixed exactly.
    """
    name = name or folder.name
    config_file, weights_file = folder / "adapter_config.json", folder / "adapter_model.safetensors"
    if not config_file.is_file() or not weights_file.is_file():
        raise AdapterMismatch.of(
            f"adapter {name}, with no PEFT adapter in {folder}",
            "adapter_config.json and adapter_model.safetensors",
            "save it with PEFT's save_pretrained",
        )
    rank, scale = _read_config(name, config_file)
    factors = _read_factors(name, weights_file, rank, base_id)
    return Adapter(name, rank, scale, factors, hashlib.sha256(weights_file.read_bytes()).hexdigest())


def _read_config(name: str, path: Path) -> tuple[int, float]:
    """Rank and scale of a plain LoRA."""
    config = json.loads(path.read_text())
    if config.get("peft_type") != "LORA" or config.get("use_dora"):
        kind = "DoRA" if config.get("use_dora") else config.get("peft_type")
        raise AdapterMismatch.of(f"adapter {name}, which is {kind}", "plain LoRA", "train it as LoRA without DoRA")
    if config.get("bias", "none") != "none" or config.get("lora_bias"):
        raise AdapterMismatch.of(f"adapter {name}, which trains biases", "bias none", "train it without biases")
    if config.get("modules_to_save") or config.get("rank_pattern") or config.get("alpha_pattern"):
        raise AdapterMismatch.of(
            f"adapter {name}, which saves whole modules or uses several ranks",
            "one rank and LoRA factors only",
            "leave modules_to_save, rank_pattern and alpha_pattern empty",
        )
    rank = int(config["r"])
    return rank, config["lora_alpha"] / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _read_factors(name: str, path: Path, rank: int, base_id: str | None) -> Factors:
    """The factors in a weights file, which must adapt projections only, with finite numbers of this rank."""
    matrices: dict[Target, dict[str, torch.Tensor]] = {}  # A and B by target
    with safe_open(path, "pt") as file:
        made_for = (file.metadata() or {}).get("base_id")
        if base_id and made_for and made_for != base_id:
            raise AdapterMismatch.of(
                f"adapter {name}, which was trained on the base {made_for[:12]}",
                f"the base in use, {base_id[:12]}",
                "use the base and warm start it was made for, or train it again",
            )
        for key in file.keys():
            match = KEY.match(key)
            if not match or match[2] not in PROJECTIONS:
                raise AdapterMismatch.of(
                    f"adapter {name}, which changes {key}",
                    "only attention and MLP projections of the layers, or mixing is not exact",
                    "train it without adapting head, embeddings or norms",
                )
            tensor = file.get_tensor(key).float()
            if not torch.isfinite(tensor).all():
                raise AdapterMismatch.of(
                    f"adapter {name}, whose {key} holds values that are not finite",
                    "finite numbers",
                    "train it again with a smaller learning rate",
                )
            matrices.setdefault((int(match[1]), match[2]), {})[match[3]] = tensor
    factors: Factors = {}
    for target, pair in matrices.items():
        if set(pair) != {"A", "B"} or pair["A"].shape[0] != rank or pair["B"].shape[1] != rank:
            raise AdapterMismatch.of(
                f"adapter {name}, whose factors of {target} do not have rank {rank}",
                "A (R, in) and B (out, R)",
                "save the adapter again",
            )
        factors[target] = (pair["A"], pair["B"])
    if not factors:
        raise AdapterMismatch.of(
            f"adapter {name}, which holds no LoRA factors", "at least one adapted projection", "train it first"
        )
    return factors


class StackedLora:
    """K adapters of one layout, ready for the backbone.

    Attributes:
        adapters: The K adapters, in order.
        base_row: Whether row 0 of every sequence is the base itself.
        first_layer: First adapted layer; the layers below are the shared trunk.
    """

    def __init__(self, adapters: Sequence[Adapter], base_row: bool = True) -> None:
        """Stack the adapters.

        Raises:
            AdapterMismatch: No adapter, or adapters that differ in rank or adapted projections.
        """
        if not adapters:
            raise AdapterMismatch.of("no adapter", "at least one", "name a folder made by training")
        for other in adapters[1:]:
            if other.layout != adapters[0].layout:
                raise AdapterMismatch.of(
                    f"adapter {other.name}, with rank {other.rank} on {len(other.factors)} projections",
                    f"rank {adapters[0].rank} on {len(adapters[0].factors)}, as {adapters[0].name} has",
                    "train all adapters of an ensemble with one LoRA configuration",
                )
        self.adapters = tuple(adapters)
        self.base_row = base_row
        self.first_layer = min(layer for layer, _ in adapters[0].factors)
        self._stacks: dict[Target, tuple[torch.Tensor, torch.Tensor]] = {}

    @property
    def rows(self) -> int:
        """Rows a sequence takes above the trunk: K, plus 1 with the base row."""
        return len(self.adapters) + self.base_row

    def build(self, layer: int, product: str, widths: Sequence[int], norm: torch.Tensor | None = None) -> None:
        """Prepare the factors of one fused product: A^T (K, in, R') and scaled B^T (K, R', Σ widths), float32.

        Args:
            layer: Layer number.
            product: A key of `FUSED`.
            widths: Outputs of the projections it fuses.
            norm: Weights of the norm before it, (in,), where the base folds them into the product.

        Raises:
            AdapterMismatch: A factor's shape is not that of this base.
        """
        names = [n for n in FUSED[product] if (layer, n) in self.adapters[0].factors]
        if not names:
            return
        downs, ups = [], []
        for adapter in self.adapters:
            down = torch.cat([adapter.factors[layer, n][0] for n in names])  # (R', in)
            up = torch.zeros(sum(widths), down.shape[0])
            row = column = 0
            for projection, width in zip(FUSED[product], widths, strict=True):
                if projection in names:
                    factor = adapter.factors[layer, projection][1]
                    if factor.shape[0] != width:
                        raise AdapterMismatch.of(
                            f"adapter {adapter.name}, with {factor.shape[0]} outputs of {projection} in layer {layer}",
                            f"{width}, as this base has",
                            "use the base it was trained on",
                        )
                    up[row : row + width, column : column + adapter.rank] = factor * adapter.scale
                    column += adapter.rank
                row += width
            if norm is not None and norm.shape[0] != down.shape[1]:
                raise AdapterMismatch.of(
                    f"adapter {adapter.name}, with {down.shape[1]} inputs of {names[0]} in layer {layer}",
                    f"{norm.shape[0]}, as this base has",
                    "use the base it was trained on",
                )
            downs.append((down if norm is None else down * norm).T)
            ups.append(up.T)
        self._stacks[layer, product] = torch.stack(downs).contiguous(), torch.stack(ups).contiguous()

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
