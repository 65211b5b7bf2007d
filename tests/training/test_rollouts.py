"""Rollouts come from the plain policy: what they are drawn from is what `logps` differentiates."""

from __future__ import annotations

import copy

import torch
from peft import LoraConfig, get_peft_model

from emorl.ensemble.backbone import merge
from tests.ensemble.naive import naive_decode, repeats
from training.rollouts import RolloutWriter, live_adapter

PROMPTS = [[3, 14, 15, 9, 26], [27, 18], [11], [40, 5]]


def test_rollouts_know_no_mask(tiny_llama):
    torch.manual_seed(3)
    policy = get_peft_model(copy.deepcopy(tiny_llama), LoraConfig(r=4, target_modules=["q_proj", "up_proj"]))
    for name, parameter in policy.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    written = RolloutWriter(policy, [2], 30).write(PROMPTS, 0.0, seed=0)
    adapted = copy.deepcopy(tiny_llama)
    merge(adapted, live_adapter(policy))
    assert written == [naive_decode([adapted], p, [], max_tokens=30, end_tokens=[2], masked=False) for p in PROMPTS]
    assert any(repeats(tokens[:end]) for tokens in written for end in range(len(tokens)))
