"""A tiny ensemble of two experts, for what is measured and searched with one, and a tiny T5."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, StackedLora
from emorl.ensemble.lora import Adapter, load_adapter
from emorl.models.template import END
from emorl.reflecting.tokenizer import SharedTokenizer
from tests.scoring.tiny import write_adapter
from tests.training.tiny_t5 import write_tiny_t5


@pytest.fixture(scope="module")
def adapters(tiny_base, tmp_path_factory) -> list[Adapter]:
    root = tmp_path_factory.mktemp("experts")
    return [load_adapter(write_adapter(root / f"e{seed}", tiny_base, seed)) for seed in (3, 4)]


@pytest.fixture(scope="module")
def model(tiny_base):
    return AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def tokenizer(tiny_base) -> SharedTokenizer:
    return SharedTokenizer(AutoTokenizer.from_pretrained(tiny_base))


@pytest.fixture(scope="module")
def decoder(model, adapters, tokenizer) -> EnsembleDecoder:
    end = tokenizer.plain.convert_tokens_to_ids(END)
    return EnsembleDecoder(LlamaBackbone(model, torch.float32), StackedLora(adapters), [end])


@pytest.fixture(scope="session")
def tiny_t5(tmp_path_factory) -> Path:
    return write_tiny_t5(tmp_path_factory.mktemp("t5") / "tiny-t5")
