"""Rollouts come from the plain policy: what they are drawn from is what `logps` differentiates."""

from __future__ import annotations

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model

from emorl.ensemble.lora import merge
from tests.ensemble.naive import naive_decode, repeats
from training.rollouts import RolloutWriter, live_adapter

PROMPTS = [[3, 14, 15, 9, 26], [27, 18], [11], [40, 5]]


@pytest.fixture(scope="module")
def policy(tiny_llama):
    torch.manual_seed(3)
    policy = get_peft_model(copy.deepcopy(tiny_llama), LoraConfig(r=4, target_modules=["q_proj", "up_proj"]))
    for name, parameter in policy.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return policy


@pytest.fixture
def taught(policy):
    """Another state of the adapter, whose replies differ from the reference's."""
    policy = copy.deepcopy(policy)
    with torch.no_grad():
        for name, parameter in policy.named_parameters():
            if "lora_" in name:
                parameter.neg_() if "lora_A" in name else parameter.mul_(1.5)
    return policy


def greedy(model, max_tokens=30) -> list[list[int]]:
    return [naive_decode([model], p, [], max_tokens=max_tokens, end_tokens=[2], masked=False) for p in PROMPTS]


def test_rollouts_know_no_mask(tiny_llama, policy):
    written = RolloutWriter(policy, [2], 30).write(PROMPTS, 0.0, seed=0)
    adapted = copy.deepcopy(tiny_llama)
    merge(adapted, live_adapter(policy))
    assert written == greedy(adapted)
    assert any(repeats(tokens[:end]) for tokens in written for end in range(len(tokens)))


def test_the_reference_writes_without_the_adapter(tiny_llama, taught):
    writer = RolloutWriter(taught, [2], 12)
    assert writer.write(PROMPTS, 0.0, 0, adapted=False) == greedy(tiny_llama, 12) != writer.write(PROMPTS, 0.0, 0)


def test_an_adapter_that_has_learnt_writes_otherwise_at_once(tiny_llama, policy, taught):
    live = copy.deepcopy(policy)
    writer = RolloutWriter(live, [2], 12)
    before = writer.write(PROMPTS, 0.0, 0)
    live.load_state_dict(taught.state_dict())
    adapted = copy.deepcopy(tiny_llama)
    merge(adapted, live_adapter(taught))
    assert writer.write(PROMPTS, 0.0, 0) == greedy(adapted, 12) != before


def test_a_rollout_is_drawn_with_a_seed_of_its_own(policy):
    writer = RolloutWriter(policy, [2], 8)
    together = writer.write([PROMPTS[0]] * 6, 1.0, seed=40)
    assert together == [writer.write([PROMPTS[0]], 1.0, seed=40 + i)[0] for i in range(6)]
    assert len({tuple(tokens) for tokens in together}) > 1
    assert all(1 <= len(tokens) <= 8 and 2 not in tokens[:-1] for tokens in together)


def test_the_live_adapter_is_a_copy_of_every_factor(policy):
    adapter = live_adapter(policy)
    assert (adapter.rank, adapter.scale) == (4, 8 / 4) and len(adapter.factors) == 3 * 2
    with torch.no_grad():
        for name, parameter in policy.named_parameters():
            if "lora_A" in name and ".layers.1.self_attn.q_proj." in name:
                (a, _) = next(f for place, f in adapter.factors.items() if place[0] == 1 and "q_proj" in place[1])
                assert torch.equal(a, parameter) and a.data_ptr() != parameter.data_ptr()
