"""docs/bases.md: the families are those of the code, and its arithmetic is that of models of these sizes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen3Config

from emorl.ensemble.architecture import MODEL_TYPES, ROTARY

PAGE = (Path(__file__).parents[1] / "docs" / "bases.md").read_text(encoding="utf-8")
SPEED = {2: 50.9, 4: 60.3}  # GB a second, of bfloat16 and float32
SHAPES = {
    "SmolLM2-135M-Instruct": LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
    ),
    "SmolLM2-360M-Instruct": LlamaConfig(
        vocab_size=49152,
        hidden_size=960,
        intermediate_size=2560,
        num_hidden_layers=32,
        num_attention_heads=15,
        num_key_value_heads=5,
    ),
    "Qwen2.5-0.5B-Instruct": Qwen2Config(
        vocab_size=151936,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
    ),
    "Qwen3-0.6B": Qwen3Config(
        vocab_size=151936,
        hidden_size=1024,
        intermediate_size=3072,
        num_hidden_layers=28,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=128,
    ),
    "SmolLM2-1.7B-Instruct": LlamaConfig(
        vocab_size=49152,
        hidden_size=2048,
        intermediate_size=8192,
        num_hidden_layers=24,
        num_attention_heads=32,
        num_key_value_heads=32,
    ),
}
"""As their `config.json` says; all tie the head to the embedding."""


def cells(name: str) -> list[list[float]]:
    """The figures of a base, table by table."""
    rows = re.findall(rf"^\| {re.escape(name)} \|(.*)\|$", PAGE, re.M)
    return [[float(cell) for cell in row.split("|")] for row in rows]


@pytest.mark.parametrize("name", SHAPES)
def test_the_arithmetic_is_right(name: str) -> None:
    config = SHAPES[name]
    config.tie_word_embeddings = True
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    count = sum(p.numel() for p in {id(p): p for p in model.parameters()}.values())
    head = config.vocab_size * config.hidden_size
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    cache = 2 * config.num_hidden_layers * config.num_key_value_heads * width * 4 * 200 * 4  # floats of 4 rows
    engine = {size: size * (count + head) / 1e9 for size in (2, 4)}
    expected = [
        [count / 1e6, *(n * count / 1e9 for n in (2, 4)), *(n * count / 1e6 / SPEED[n] for n in (2, 4))],
        [engine[2], engine[4], cache / 1e6, engine[2] + 8 * count / 1e9, 16 * count / 1e9],
    ]
    found = cells(name)
    assert len(found) == 2
    for row, wanted, places in zip(found, expected, ((1, 2, 2, 1, 1), (2, 2, 0, 1, 1)), strict=True):
        assert row == [round(value, n) for value, n in zip(wanted, places, strict=True)]


def test_the_families_are_those_of_the_code() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", PAGE, re.M)) == MODEL_TYPES
    listed = re.search(r"The rotary types (.*?) are followed", PAGE)
    assert listed and tuple(re.findall(r"`(\w+)`", listed[1])) == ROTARY
