"""A widened base beside transformers' own in float32, with and without merged adapters; what is shared; what is not."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from emorl.ensemble.lora import Adapter, load_adapter, merge
from emorl.errors import AdapterMismatch
from emorl.models.stored import open_stored
from emorl.scoring import widened as module
from emorl.scoring.widened import WidenedLinear, widened
from tests.scoring.tiny import write_adapter

IDS = torch.tensor([[5, 9, 17, 3, 40], [8, 8, 2, 30, 11]])


@pytest.fixture(scope="module")
def half(tiny_base, tmp_path_factory) -> Path:
    """The tiny base in bfloat16, as the published one is stored."""
    folder = tmp_path_factory.mktemp("half")
    AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.bfloat16).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapters(tiny_base, tmp_path_factory) -> list[Adapter]:
    return [load_adapter(write_adapter(tmp_path_factory.mktemp("a"), tiny_base, seed)) for seed in (7, 8)]


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def float32(folder: Path) -> LlamaForCausalLM:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def test_without_an_adapter_every_number_is_that_of_the_model_in_float32(half) -> None:
    ours, theirs = widened(open_stored(half))(IDS, output_hidden_states=True), float32(half)(IDS)
    assert ours.logits.dtype == torch.float32 and ours.hidden_states[-1].dtype == torch.float32
    assert torch.equal(ours.logits, theirs.logits)


def test_a_vocabulary_in_parts_gives_the_same_numbers(half, monkeypatch) -> None:
    whole = widened(open_stored(half))(IDS).logits
    monkeypatch.setattr(module, "ROWS", 25)  # the last part is smaller
    torch.testing.assert_close(widened(open_stored(half))(IDS).logits, whole, atol=1e-5, rtol=1e-4)


def test_adapters_beside_the_weights_do_what_merged_ones_do(half, adapters) -> None:
    merged = float32(half)
    for adapter in adapters:
        merge(merged, adapter)
    expected = merged(IDS).logits
    torch.testing.assert_close(widened(open_stored(half), adapters)(IDS).logits, expected, atol=1e-5, rtol=1e-4)
    alone = widened(open_stored(half), adapters[:1])(IDS).logits
    assert (alone - expected).abs().max() > 0.01


def test_an_adapter_of_few_targets_and_scales_of_its_own(half, adapters) -> None:
    some = dict(list(adapters[1].factors.items())[::3])
    uneven = Adapter("uneven", 4, 2.0, some, "", {next(iter(some)): 0.5})
    merged = float32(half)
    merge(merged, adapters[0])
    merge(merged, uneven)
    found = widened(open_stored(half), [adapters[0], uneven])(IDS).logits
    torch.testing.assert_close(found, merged(IDS).logits, atol=1e-5, rtol=1e-4)


def test_models_of_one_base_share_its_weights_and_leave_it_as_it_is(half, adapters) -> None:
    base = open_stored(half)
    before = copy.deepcopy(base.state_dict())
    one, two = widened(base), widened(base, adapters)
    for model in (one, two):
        linear = [part for part in model.modules() if isinstance(part, WidenedLinear)]
        assert len(linear) == 3 * 7 + 1
        for name, weight in base.named_parameters():
            if "norm" not in name:  # the norms' weights are float32, and few
                assert model.get_parameter(name) is weight
        assert model.lm_head.weight is model.model.embed_tokens.weight
    two(IDS)
    assert all(torch.equal(base.state_dict()[name], tensor) for name, tensor in before.items())
    assert torch.equal(one(IDS).logits, float32(half)(IDS).logits)  # no adapter of the other


def test_biases_are_added(tmp_path) -> None:
    size = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, vocab_size=61)
    torch.manual_seed(0)
    qwen = Qwen2ForCausalLM(Qwen2Config(num_key_value_heads=2, **size))
    for name, weight in qwen.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(weight)
    qwen.bfloat16().save_pretrained(tmp_path)
    assert torch.equal(widened(open_stored(tmp_path))(IDS).logits, float32(tmp_path)(IDS).logits)


def test_an_adapter_that_does_not_fit_is_refused(half, adapters) -> None:
    deep = Adapter("deep", 1, 1.0, {(3, "self_attn.q_proj"): (torch.zeros(1, 32), torch.zeros(32, 1))}, "")
    with pytest.raises(AdapterMismatch, match="deep, which changes layer 3: expected a base of more than 3 layers"):
        widened(open_stored(half), [deep])
    wide = Adapter("wide", 1, 1.0, {(1, "self_attn.q_proj"): (torch.zeros(1, 32), torch.zeros(33, 1))}, "")
    with pytest.raises(AdapterMismatch, match=r"wide, whose self_attn.q_proj of layer 1 has shape \(33, 32\)"):
        widened(open_stored(half), [*adapters, wide])
