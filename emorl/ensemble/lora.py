"""LoRA adapters as PEFT stores them: read from a folder, checked, in memory.

Whatever would break exact mixing is refused: adapters that change head, embeddings or norms, settings that are not
plain LoRA (`adapter_config`), another base, factors that are missing or have another shape, values that are not finite.
Adapters may differ in rank and in what they adapt. Left out: several at once, which `stack` puts together.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open

from emorl.ensemble.adapter_config import AdapterConfig, read_adapter_config
from emorl.errors import AdapterMismatch

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

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


def merge(model: LlamaForCausalLM, adapter: Adapter) -> None:
    """Add scale · B A to the weights of a transformers causal model, in place.

    Raises:
        AdapterMismatch: A factor does not fit the model.
    """
    layers = model.model.layers
    adapter.check_depth(len(layers))
    for index, projection in adapter.factors:
        weight = layers[index].get_submodule(projection).get_parameter("weight")
        change = adapter.change((index, projection), weight.shape)
        with torch.no_grad():
            weight += change.to(weight)
