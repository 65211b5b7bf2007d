"""Tiny models with random weights, one for each way in which the bases that the engine takes differ.

What a fresh model leaves at zero or one (biases, the weights of norms) is random too, so that it counts.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

SIZE = {
    "vocab_size": 61,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
}
LINEAR = {"rope_type": "linear", "rope_theta": 10_000.0, "factor": 8.0}
YARN = {"rope_type": "yarn", "rope_theta": 10_000.0, "factor": 2.0, "original_max_position_embeddings": 64}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
"""Of the four wavelengths 6, 63, 628 and 6283 the first stays, the second is smoothed, the others are stretched."""

FAMILIES: dict[str, Callable[[], PreTrainedModel]] = {
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZE, tie_word_embeddings=True)),
    "qwen2 untied": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZE, tie_word_embeddings=False)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SIZE, head_dim=16, tie_word_embeddings=True)),
    "qwen3 untied": lambda: Qwen3ForCausalLM(Qwen3Config(**SIZE, head_dim=8, tie_word_embeddings=False)),
    "llama3": lambda: LlamaForCausalLM(LlamaConfig(**SIZE, rope_parameters=LLAMA3, tie_word_embeddings=True)),
    "llama3 untied": lambda: LlamaForCausalLM(LlamaConfig(**SIZE, rope_parameters=LLAMA3)),
    "linear": lambda: LlamaForCausalLM(LlamaConfig(**SIZE, rope_parameters=LINEAR)),
    "yarn": lambda: LlamaForCausalLM(LlamaConfig(**SIZE, rope_parameters=YARN)),
    "biases": lambda: LlamaForCausalLM(LlamaConfig(**SIZE, attention_bias=True, mlp_bias=True)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SIZE, head_dim=16, sliding_window=None)),
}


def tiny_model(name: str) -> PreTrainedModel:
    """One of `FAMILIES`, the same every time."""
    with torch.random.fork_rng():
        torch.manual_seed(list(FAMILIES).index(name))
        model = FAMILIES[name]().eval()
        for parameter_name, parameter in model.named_parameters():
            if parameter_name.endswith(".bias"):
                torch.nn.init.normal_(parameter, std=0.5)
            elif "norm" in parameter_name:
                torch.nn.init.uniform_(parameter, 0.4, 1.6)
            else:
                torch.nn.init.normal_(parameter, std=0.1)  # five times the usual, so that the context counts
    return model


def without(model: Any) -> PreTrainedModel | None:
    """The same model without what sets it apart from a plain Llama; None where it is one."""
    plain = copy.deepcopy(model)
    changed = 0
    for name, parameter in plain.named_parameters():
        if name.endswith(".bias") or "q_norm" in name or "k_norm" in name:
            torch.nn.init.constant_(parameter, float("norm" in name))
            changed += 1
    if (rotary := plain.config.rope_parameters)["rope_type"] != "default":
        straight = LlamaConfig(**SIZE, rope_parameters={"rope_type": "default", "rope_theta": rotary["rope_theta"]})
        plain.model.rotary_emb = type(plain.model.rotary_emb)(straight)
        changed += 1
    return plain if changed else None
