"""Shared-prompt log-probabilities against a plain forward of every row."""

from __future__ import annotations

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model

from training.logps import SharedPass, lay_out


def padded(prompts, completions):
    """Left-padded prompts, right-padded completions, as TRL lays them out."""
    p, c = max(map(len, prompts)), max(map(len, completions))
    pairs = list(zip(prompts, completions, strict=True))
    ids = [[0] * (p - len(a)) + a + b + [0] * (c - len(b)) for a, b in pairs]
    mask = [[0] * (p - len(a)) + [1] * len(a + b) + [0] * (c - len(b)) for a, b in pairs]
    return torch.tensor(ids), torch.tensor(mask), c


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_equals_one_plain_forward_a_row(tiny_llama, temperature):
    prompts = [[5, 6, 7], [5, 6, 7], [9, 8, 7, 6, 5], [5, 6, 7], [9, 8, 7, 6, 5]]
    completions = [[3, 4, 2], [10, 2], [11, 12, 13, 14, 2], [3, 4, 2], [20]]
    ids, mask, width = padded(prompts, completions)
    layout = lay_out(ids, mask, width)
    assert layout.ids.shape == (2, 3 + 3 + 2 + 3)  # each prompt once, its completions after it
    shared = SharedPass(tiny_llama, first_layer=1, temperature=temperature)
    with torch.no_grad():
        logps, entropies = shared.logps(layout, shared.trunk(layout))
        for row, (prompt, completion) in enumerate(zip(prompts, completions, strict=True)):
            logits = tiny_llama(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1] / temperature
            table = logits.log_softmax(-1)
            expected = table.gather(-1, torch.tensor(completion)[:, None])[:, 0]
            torch.testing.assert_close(logps[row, : len(completion)], expected, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(
                entropies[row, : len(completion)], -(table.exp() * table).sum(-1), atol=1e-4, rtol=1e-4
            )
            assert (logps[row, len(completion) :] == 0).all()


def test_gradient_reaches_every_adapter_factor_and_nothing_else(tiny_llama):
    torch.manual_seed(0)
    model = get_peft_model(
        copy.deepcopy(tiny_llama),
        LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj", "down_proj"], layers_to_transform=[1, 2]),
    )
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    ids, mask, width = padded([[5, 6], [5, 6]], [[3, 2], [4, 4, 2]])
    layout = lay_out(ids, mask, width)
    shared = SharedPass(model.get_base_model(), 1)
    shared.logps(layout, shared.trunk(layout))[0].sum().backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None and parameter.grad.abs().sum() > 0) == ("lora_" in name), name
