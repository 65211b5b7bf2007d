"""A tiny Llama with three different random adapters, as PEFT folders and in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, StackedLora
from emorl.ensemble.lora import Adapter, load_adapter

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def save_random_adapter(base: torch.nn.Module, folder: Path, seed: int, **changes) -> Path:
    """A PEFT adapter with random factors (B too, so that it does something) on the upper two of three layers."""
    import copy

    settings = {"r": 4, "lora_alpha": 8, "target_modules": ALL, "layers_to_transform": [1, 2], **changes}
    torch.manual_seed(seed)
    model = get_peft_model(copy.deepcopy(base), LoraConfig(task_type="CAUSAL_LM", **settings))
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.35)
    model.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="session")
def adapter_folders(tiny_llama, tmp_path_factory) -> list[Path]:
    """Three PEFT folders of one layout."""
    root = tmp_path_factory.mktemp("adapters")
    return [save_random_adapter(tiny_llama, root / f"expert{k}", seed=10 + k) for k in range(3)]


@pytest.fixture(scope="session")
def adapters(adapter_folders) -> list[Adapter]:
    """The three adapters in memory."""
    return [load_adapter(folder) for folder in adapter_folders]


@pytest.fixture(scope="session")
def decoder(tiny_llama, adapters) -> EnsembleDecoder:
    """An fp32 decoder over the three adapters; token 2 ends a sequence."""
    return EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(adapters), end_tokens=[2])
