"""Which bases the engine reproduces, and what it reads from their layers.

All are of one family: RMS norms before attention and MLP, rotary embeddings, grouped queries, a gated MLP with SiLU.
They differ in what their modules hold, not in the forward pass (`backbone`): Qwen2 has biases on query, key and value,
Qwen3 norms every query and key head and has a head width of its own, Llama 3 stretches the slow rotary wavelengths.
A configuration of the family that would be written differently is refused. Left out: other families, mixtures of
experts, encoder-decoders.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from emorl.ensemble.lora import FUSED
from emorl.errors import BackboneError

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedConfig

MODEL_TYPES = ("llama", "mistral", "qwen2", "qwen3")
"""As transformers calls them in `config.json`; Qwen2.5 is a Qwen2, and Llama 3 a Llama."""

ROTARY = ("default", "linear", "llama3", "yarn")
"""Types of rotary embedding whose wavelengths do not depend on how long a text is, so that a cache may keep them."""

REMEDY = "choose another base"


def read_config(folder: Path) -> PreTrainedConfig:
    """The configuration of a base, which takes no time beside its weights.

    Args:
        folder: Holds its `config.json`.

    Raises:
        BackboneError: transformers does not know the architecture, or refuses one of the values.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(folder)
    except (ValueError, KeyError, TypeError, OSError, StrictDataclassError) as error:
        raise BackboneError.of(
            f"the base {folder}, whose config.json cannot be read ({str(error)[:200]})",
            f"a model of type {' or '.join(MODEL_TYPES)}",
            REMEDY,
        ) from None


def check_config(config: PreTrainedConfig) -> None:
    """Refuse a configuration whose models the forward pass would not reproduce, or could not mix exactly.

    Raises:
        BackboneError: There is such a setting.
    """
    if config.model_type not in MODEL_TYPES:
        raise BackboneError.of(
            f"a base of type {config.model_type}", f"one of {', '.join(MODEL_TYPES)}", "choose one such as SmolLM2"
        )
    rotary = getattr(config, "rope_parameters", None) or {}
    kind = rotary.get("rope_type", "default")
    layers = getattr(config, "layer_types", None) or ()
    windows = getattr(config, "sliding_window", None) or any(layer != "full_attention" for layer in layers)
    refused = (
        (getattr(config, "quantization_config", None), "quantised weights", "plain ones"),
        (getattr(config, "final_logit_softcapping", None), "capped logits", "a linear head, or mixing is not exact"),
        (getattr(config, "attn_logit_softcapping", None), "capped attention scores", "plain ones"),
        (windows, "a sliding window", "full attention in every layer"),
        (kind not in ROTARY, f"rotary embeddings of type {kind}", f"one of {', '.join(ROTARY)}"),
        (rotary.get("partial_rotary_factor", 1.0) != 1.0, "heads that are rotated in part", "as a whole"),
        (config.hidden_act != "silu", f"the activation {config.hidden_act}", "silu"),
    )
    for found, got, expected in refused:
        if found:
            raise BackboneError.of(f"a base with {got}", expected, REMEDY)


def check_model(model: LlamaForCausalLM) -> None:
    """Refuse a model whose configuration, or whose head, would make mixing inexact, and one on an unknown device.

    Raises:
        BackboneError: See `check_config`; or the head has a bias, or the weights are neither on the CPU nor on CUDA.
    """
    check_config(model.config)
    if (device := model.lm_head.weight.device).type not in ("cpu", "cuda"):
        raise BackboneError.of(
            f"a base on the device {device}",
            "one on the CPU or on a CUDA device",
            "move it there",
        )
    if getattr(model.lm_head, "bias", None) is not None:
        raise BackboneError.of("a base whose head has a bias", "none, or mixing is not exact", REMEDY)


def weight_of(module: nn.Module) -> torch.Tensor:
    """A module's own weight, without what PEFT adds to it."""
    weight: torch.Tensor = _plain(module).get_parameter("weight").detach()
    return weight


def fused_weight(layer: nn.Module, product: str, changes: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Weights of the projections that a product fuses, one below the other, (Σ out, in).

    Args:
        layer: A decoder layer of transformers; PEFT may have wrapped its projections.
        product: A key of `lora.FUSED`.
        changes: What is added to the weights of some projections, in float32.
    """
    weights = {name: weight_of(layer.get_submodule(name)) for name in FUSED[product]}
    return torch.cat([w.float() + changes[name].to(w.device) if name in changes else w for name, w in weights.items()])


def fused_bias(layer: nn.Module, product: str) -> torch.Tensor | None:
    """Biases of the same projections, (Σ out,), zeros where only some have one; None where none has."""
    modules = [_plain(layer.get_submodule(name)) for name in FUSED[product]]
    biases = [module.bias for module in modules]
    if all(bias is None for bias in biases):
        return None
    return torch.cat(
        [
            weight_of(module).new_zeros(weight_of(module).shape[0]) if bias is None else bias.detach()
            for module, bias in zip(modules, biases, strict=True)
        ]
    )


def head_norms(layer: nn.Module, heads: int, kv_heads: int) -> torch.Tensor | None:
    """Weights of the RMS norms of query and key heads, (heads + kv heads, head width); None where there are none."""
    attention = layer.get_submodule("self_attn")
    if not hasattr(attention, "q_norm"):
        return None
    query, key = (weight_of(attention.get_submodule(name)) for name in ("q_norm", "k_norm"))
    return torch.cat([query.expand(heads, -1), key.expand(kv_heads, -1)])


def _plain(module: Any) -> Any:
    """A module without PEFT's wrapper."""
    return getattr(module, "base_layer", module)
