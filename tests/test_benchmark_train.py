"""The benchmark of a self-critical step runs on a tiny model, with the same work for both trainers."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from emorl.models.base import ensure_base
from tests.benchmarks import train
from tests.training.texts import PROMPTS as STATEMENTS


def letters(statements, replies):
    return torch.tensor([min(1.0, 4 * r.count("e") / max(1, len(r))) for r in replies])


def test_the_benchmark_follows_its_contract_and_both_do_the_same_work():
    tokenizer = AutoTokenizer.from_pretrained(ensure_base(progress=False))
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=256,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=2,
            tie_word_embeddings=True,
        )
    )
    settings = train.Settings(prompts=2, samples=2, tokens=5, rounds=2, lengths=(3,), first_layer=1)
    result = json.loads(json.dumps(train.run(model, tokenizer, letters, STATEMENTS, settings)))
    assert result["tokens_equal"] is True
    assert {"step_over_rloo", "rollout_over_rloo", "backward_over_rloo"} <= set(result["ratios"])
    for name in ("self_critical", "rloo"):
        parts = {r["part"]: r["seconds_median"] for r in result["rows"] if r["name"] == name and r["tokens"] == 3}
        step = parts.pop("step")
        assert all(seconds >= 0 for seconds in parts.values()) and sum(parts.values()) == pytest.approx(step, rel=1e-3)
    assert {r["tokens"] for r in result["rows"]} == {3, 5} and "tokens rloo" in result["growth"]


def test_bad_options_get_one_line_and_code_2(capsys):
    with pytest.raises(SystemExit, match="2"):
        train.main(["--samples", "1"])
    assert "2 samples" in capsys.readouterr().err
