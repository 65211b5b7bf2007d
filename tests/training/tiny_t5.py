"""A T5 with random weights, settings and statements for a few updates on it, and a toy score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

from tests.tiny import save_tokenizer
from training.seq2seq import Seq2SeqConfig

TINY = Seq2SeqConfig(steps=2, prompts=2, samples=3, max_tokens=6, suffix="", learning_rate=0.02, rank=4, alpha=8)
STATEMENTS = ["I sold it.", "Nobody came at all.", "He left.", "I am tired of it."]


def write_tiny_t5(folder: Path) -> Path:
    """Write it; its tokenizer knows bytes, 0 fills and begins, 2 ends."""
    folder.mkdir()
    config = T5Config(
        vocab_size=save_tokenizer(folder),
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        dropout_rate=0.1,
        initializer_factor=1.5,  # so that it prefers some tokens clearly
        pad_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(5)
        T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def tokenizer_of(folder: Path) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = "<|endoftext|>"
    return tokenizer


def letters(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
    """How many small letters a reply has, of six; replies of different content have different scores."""
    return torch.tensor([0.01 + sum("a" <= sign <= "z" for sign in reply) / 6 + len(reply) / 100 for reply in replies])
