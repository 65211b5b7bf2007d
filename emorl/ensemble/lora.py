"""Stacked LoRA: K PEFT adapters as [K, ...] tensors, applied by two batched products.

Query, key and value (and gate and up) are fused products in `backbone`, so their low-rank factors are fused too: the
A factors are concatenated, the B factors form a block diagonal. Adapters may differ in rank and in what they adapt:
smaller factors are padded with zeros, which add nothing. Layers below the first adapted one are the shared trunk, where
all experts equal the base and are computed once. Whatever would break exact mixing is refused: adapters that change
head, embeddings or norms, settings that are not plain LoRA (`adapter_config`), another base, factors that are missing
or have another shape, values that are not finite.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from emorl.ensemble.adapter_config import AdapterConfig, read_adapter_config
from emorl.ensemble.device import CPU
from emorl.errors import AdapterMismatch

FUSED = {  # product in the backbone -> the projections it fuses, in order
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "o": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
PROJECTIONS = tuple(name for names in FUSED.values() for name in names)
KEY = re.compile(r"(?:base_model\.model\.)?((?:model\.)?layers\.(\d{1,4})\.(\w+\.\w+))\.lora_([AB])(?:\.\w+)?\.weight$")
"""A factor's name in PEFT; groups: module, layer, projection, A or B."""

MAX_SCALE = 1000.0
"""Largest factor of B A, either way; those in use are below a hundred."""

MAX_FACTOR = 1e4
"""Largest number in A or B; beyond, products could leave the range of float32."""

NUMBERS = frozenset({"F16", "BF16", "F32", "F64"})
"""Types of factors, as safetensors calls them."""

Target = tuple[int, str]
"""What a pair of factors adapts: layer and projection."""

Factors = dict[Target, tuple[torch.Tensor, torch.Tensor]]
"""A (R, in) and B (out, R) by target."""

Arrays = tuple[NDArray[numpy.float32], NDArray[numpy.float32], NDArray[numpy.int64]]
"""Stacked factors as `kernels` takes them; see `StackedLora.arrays`."""

NOTHING: Arrays = (
    numpy.zeros((0, 0, 0), numpy.float32),
    numpy.zeros((0, 0, 0), numpy.float32),
    numpy.zeros((0, 0, 0), numpy.int64),
)


@dataclass(frozen=True)
class Adapter:
    """One LoRA adapter in memory.

    Attributes:
        name: Name in messages, usually the objective.
        rank: R; the largest where factors differ in rank.
        scale: Factor of B A, alpha / R (or alpha / sqrt R for rsLoRA).
        factors: Float32 factors by layer and projection.
        sha256: Hash of the weights file.
        scales: Factor of B A where it is another one, by layer and projection.
    """

    name: str
    rank: int
    scale: float
    factors: Factors
    sha256: str
    scales: Mapping[Target, float] = field(default_factory=dict)

    def scale_of(self, target: Target) -> float:
        """Factor of B A of one target."""
        return self.scales.get(target, self.scale)

    def check_shape(self, target: Target, shape: Sequence[int]) -> None:
        """Refuse factors of a target whose product B A has another shape than the weights, (out, in).

        Raises:
            AdapterMismatch: It has.
        """
        down, up = self.factors[target]
        if (got := (up.shape[0], down.shape[1])) != tuple(shape):
            layer, projection = target
            raise AdapterMismatch.of(
                f"adapter {self.name}, whose {projection} of layer {layer} has shape {got}",
                f"{tuple(shape)}, as this base has",
                "use the base it was trained on",
            )

    def check_depth(self, layers: int) -> None:
        """Refuse an adapter on layers that a base of this many lacks.

        Raises:
            AdapterMismatch: It is.
        """
        last = max((layer for layer, _ in self.factors), default=-1)
        if last >= layers:
            raise AdapterMismatch.of(
                f"adapter {self.name}, which changes layer {last}",
                f"a base of more than {last} layers instead of {layers}",
                "use the base it was trained on",
            )

    def change(self, target: Target, shape: Sequence[int]) -> torch.Tensor:
        """The change of one target's weights, scale · B A, (out, in).

        Raises:
            AdapterMismatch: The weights have another shape.
        """
        self.check_shape(target, shape)
        down, up = self.factors[target]
        return self.scale_of(target) * (up @ down)


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
    config = read_adapter_config(name, config_file)
    factors, modules = _read_factors(name, weights_file, base_id)
    _check_whole(name, config, modules)
    scales: dict[Target, float] = {}
    for target, (down, up) in factors.items():
        rank = config.rank_of(modules[target])
        if down.shape[0] != rank or up.shape[1] != rank:
            raise AdapterMismatch.of(
                f"adapter {name}, whose factors of {modules[target]} are {tuple(down.shape)} and {tuple(up.shape)}",
                f"A ({rank}, in) and B (out, {rank}), as its settings say",
                "save the adapter again",
            )
        scales[target] = config.scale_of(modules[target])
        if not abs(scales[target]) <= MAX_SCALE:
            raise AdapterMismatch.of(
                f"adapter {name}, which counts {scales[target]:g} times on {modules[target]}",
                f"at most {MAX_SCALE:g} times (alpha over rank)",
                "correct lora_alpha, or train it again",
            )
    most = max(down.shape[0] for down, _ in factors.values())
    with weights_file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    scale = next(iter(scales.values()))
    return Adapter(name, most, scale, factors, digest, {t: s for t, s in scales.items() if s != scale})


def _read_factors(name: str, path: Path, base_id: str | None) -> tuple[Factors, dict[Target, str]]:
    """The factors in a weights file, which must adapt projections only, with finite numbers; and the modules' names."""
    matrices: dict[Target, dict[str, torch.Tensor]] = {}  # A and B by target
    modules: dict[Target, str] = {}
    try:
        with safe_open(path, "pt") as file:
            _check_base(name, (file.metadata() or {}).get("base_id"), base_id)
            for key in file.keys():
                match = KEY.match(key)
                if not match or match[3] not in PROJECTIONS:
                    raise AdapterMismatch.of(
                        f"adapter {name}, which changes {key}",
                        "only attention and MLP projections of the layers, or mixing is not exact",
                        "train it without adapting head, embeddings or norms",
                    )
                target = int(match[2]), match[3]
                modules[target] = match[1]
                pair = matrices.setdefault(target, {})
                if match[4] in pair:
                    raise AdapterMismatch.of(
                        f"adapter {name}, which has {match[4]} of {match[1]} twice", "once", "save the adapter again"
                    )
                _check_form(name, key, file.get_slice(key).get_shape(), file.get_slice(key).get_dtype())
                pair[match[4]] = _finite(name, key, file.get_tensor(key))
    except (SafetensorError, OSError) as error:
        reason = " ".join(str(error).split())
        raise AdapterMismatch.of(
            f"adapter {name}, whose {path.name} cannot be read ({reason})",
            "a whole safetensors file",
            "copy or save the adapter again",
        ) from None
    for target, pair in matrices.items():
        if set(pair) != {"A", "B"}:
            raise AdapterMismatch.of(
                f"adapter {name}, with only {''.join(pair)} of {modules[target]}", "both A and B", "save it again"
            )
    if not matrices:
        raise AdapterMismatch.of(
            f"adapter {name}, which holds no LoRA factors", "at least one adapted projection", "train it first"
        )
    return {target: (pair["A"], pair["B"]) for target, pair in matrices.items()}, modules


def _check_base(name: str, made_for: str | None, base_id: str | None) -> None:
    """Refuse an adapter that is stamped with another base."""
    if base_id and made_for and made_for != base_id:
        raise AdapterMismatch.of(
            f"adapter {name}, which was trained on the base {made_for[:12]}",
            f"the base in use, {base_id[:12]}",
            "use the base and warm start it was made for, or train it again",
        )


def _check_form(name: str, key: str, shape: Sequence[int], dtype: str) -> None:
    """Refuse, before it is read, what is no matrix of floating point numbers."""
    if len(shape) != 2:
        raise AdapterMismatch.of(
            f"adapter {name}, whose {key} has shape {tuple(shape)}", "a matrix", "save the adapter again"
        )
    if dtype not in NUMBERS:
        raise AdapterMismatch.of(
            f"adapter {name}, whose {key} has numbers of type {dtype}",
            ", ".join(sorted(NUMBERS)),
            "save the adapter again",
        )


def _finite(name: str, key: str, tensor: torch.Tensor) -> torch.Tensor:
    """A factor as finite float32 numbers of a sound size."""
    values = tensor.float()
    if not torch.isfinite(values).all():
        raise AdapterMismatch.of(
            f"adapter {name}, whose {key} holds values that are not finite",
            "finite numbers",
            "train it again with a smaller learning rate",
        )
    if (values.abs() > MAX_FACTOR).any():
        raise AdapterMismatch.of(
            f"adapter {name}, whose {key} holds {values.abs().max():g}",
            f"numbers up to {MAX_FACTOR:g}",
            "train it again with a smaller learning rate",
        )
    return values


def _check_whole(name: str, config: AdapterConfig, modules: Mapping[Target, str]) -> None:
    """Refuse an adapter whose file holds less or more than its settings say; PEFT would train or ignore the rest."""
    target = next(iter(modules))
    start = modules[target].removesuffix(f"{target[0]}.{target[1]}")
    last = max([layer for layer, _ in modules] + sorted(config.layers or ()))
    named = {f"{start}{layer}.{projection}" for layer in range(last + 1) for projection in PROJECTIONS}
    expected, found = {module for module in named if config.adapts(module)}, set(modules.values())
    for some, what, remedy in (
        (expected - found, "lacks the factors of", "copy or save the adapter again"),
        (found - expected, "has factors that its settings do not name, of", "name them in target_modules"),
    ):
        if some:
            more = f" and {len(some) - 1} more" if len(some) > 1 else ""
            raise AdapterMismatch.of(
                f"adapter {name}, which {what} {min(some)}{more}",
                "a file with the modules that adapter_config.json names",
                remedy,
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
