"""Adapters and scorers with random weights on the tiny base, as training writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from emorl.models.base import BASE_NAME
from tests.ensemble.conftest import save_random_adapter

WIDTH = 32  # of the tiny base


def write_adapter(folder: Path, base: Path, seed: int) -> Path:
    """A PEFT adapter for the tiny base; no factor is zero."""
    return save_random_adapter(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), folder, seed)


def write_scorer(folder: Path, base: Path, objectives: Sequence[str], seed: int = 0, **card: Any) -> Path:
    """A scorer of several objectives; `card` changes or adds fields of `scorer.json`."""
    write_adapter(folder, base, seed)
    generator = torch.Generator().manual_seed(seed)
    head = {
        "weight": torch.randn(len(objectives), WIDTH, generator=generator) / 4,
        "bias": torch.randn(len(objectives), generator=generator),
        "likelihood": torch.randn(len(objectives), 2, generator=generator) / 4,
    }
    save_file(head, folder / "head.safetensors")
    text = json.dumps({"objectives": list(objectives), "role": "ship", "backbone": BASE_NAME} | card)
    (folder / "scorer.json").write_text(text)
    return folder
