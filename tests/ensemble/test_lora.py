"""What cannot be mixed exactly is refused, each with one clear line."""

from __future__ import annotations

import copy
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, StackedLora
from emorl.ensemble.backbone import merge
from emorl.ensemble.lora import load_adapter
from emorl.errors import AdapterMismatch, BackboneError
from tests.ensemble.conftest import save_random_adapter


def changed(source, target, tensors=None, metadata=None, **config):
    """A copy of an adapter folder with other tensors, metadata or settings."""
    shutil.copytree(source, target)
    weights = load_file(target / "adapter_model.safetensors")
    if tensors:
        tensors(weights)
    save_file(weights, target / "adapter_model.safetensors", metadata or {"format": "pt"})
    settings = json.loads((target / "adapter_config.json").read_text())
    (target / "adapter_config.json").write_text(json.dumps({**settings, **config}))
    return target


def one_line(error) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"peft_type": "IA3"}, "which is IA3"),
        ({"use_dora": True}, "which is DoRA"),
        ({"bias": "all"}, "trains biases"),
        ({"modules_to_save": ["lm_head"]}, "whole modules"),
        ({"rank_pattern": {"q_proj": 2}}, "several ranks"),
        ({"r": 3}, "do not have rank 3"),
    ],
)
def test_settings_that_break_exactness(adapter_folders, tmp_path, config, message):
    with pytest.raises(AdapterMismatch, match=message) as error:
        load_adapter(changed(adapter_folders[0], tmp_path / "a", **config))
    one_line(error)


@pytest.mark.parametrize("module", ["lm_head", "model.embed_tokens", "model.norm"])
def test_a_touched_head_embedding_or_norm_is_refused(adapter_folders, tmp_path, module):
    def touch(weights):
        weights[f"base_model.model.{module}.lora_A.weight"] = torch.zeros(4, 32)

    with pytest.raises(AdapterMismatch, match=module) as error:
        load_adapter(changed(adapter_folders[0], tmp_path / "a", touch))
    one_line(error)


def test_values_that_are_not_finite(adapter_folders, tmp_path):
    def spoil(weights):
        weights[next(iter(weights))][0, 0] = float("nan")

    with pytest.raises(AdapterMismatch, match="not finite"):
        load_adapter(changed(adapter_folders[0], tmp_path / "a", spoil))


def test_an_adapter_of_another_base_is_refused_by_its_stamp(adapter_folders, tmp_path):
    folder = changed(adapter_folders[0], tmp_path / "a", metadata={"format": "pt", "base_id": "f" * 64})
    assert load_adapter(folder, "f" * 64).rank == 4
    assert load_adapter(folder).rank == 4  # nobody asked
    with pytest.raises(AdapterMismatch, match="trained on the base ffffffffffff"):
        load_adapter(folder, "0" * 64)


def test_an_adapter_of_another_shape_is_refused_by_the_backbone(adapters, tiny_llama):
    other = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=61,
            hidden_size=48,
            intermediate_size=48,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            tie_word_embeddings=True,
        )
    )
    with pytest.raises(AdapterMismatch, match="use the base it was trained on"):
        EnsembleDecoder(LlamaBackbone(other), StackedLora(adapters), [2])
    with pytest.raises(AdapterMismatch, match="use the base it was trained on"):
        merge(other, adapters[0])


def test_mixed_ranks_and_layouts_are_refused(adapters, tiny_llama, tmp_path):
    wide = load_adapter(save_random_adapter(tiny_llama, tmp_path / "wide", 5, r=8))
    with pytest.raises(AdapterMismatch, match="rank 8"):
        StackedLora([*adapters, wide])
    few = load_adapter(save_random_adapter(tiny_llama, tmp_path / "few", 5, target_modules=["q_proj"]))
    with pytest.raises(AdapterMismatch, match="on 2 projections"):
        StackedLora([*adapters, few])
    with pytest.raises(AdapterMismatch, match="Got no adapter"):
        StackedLora([])


def test_a_folder_without_adapter_and_one_without_factors(tmp_path, adapter_folders):
    with pytest.raises(AdapterMismatch, match="no PEFT adapter"):
        load_adapter(tmp_path)
    with pytest.raises(AdapterMismatch, match="no LoRA factors"):
        load_adapter(changed(adapter_folders[0], tmp_path / "a", lambda weights: weights.clear()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, "type gpt2"),
        ({"attention_bias": True}, "biases in its layers"),
        ({"hidden_act": "gelu"}, "activation gelu"),
        ({"sliding_window": 128}, "sliding window"),
        ({"final_logit_softcapping": 30.0}, "caps its logits"),
    ],
)
def test_bases_that_break_exactness(tiny_llama, change, message):
    model = copy.copy(tiny_llama)
    model.config = copy.deepcopy(tiny_llama.config)
    for name, value in change.items():
        object.__setattr__(model.config, name, value)
    with pytest.raises(BackboneError, match=message) as error:
        LlamaBackbone(model)
    one_line(error)


def test_a_head_with_bias_is_refused(tiny_llama):
    model = copy.deepcopy(tiny_llama)
    model.lm_head.bias = torch.nn.Parameter(torch.zeros(61))
    with pytest.raises(BackboneError, match="head has a bias"):
        LlamaBackbone(model)


def test_partial_layouts_are_exact_too(tiny_llama, tmp_path):
    from tests.ensemble.naive import merged_models, naive_decode

    some = {"target_modules": ["k_proj", "v_proj", "up_proj"], "layers_to_transform": [0, 2]}
    pair = [load_adapter(save_random_adapter(tiny_llama, tmp_path / str(i), i, **some)) for i in range(2)]
    from emorl.ensemble import Request

    decoder = EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(pair), [2])
    got = decoder.decode([Request([7, 8, 9], [0.7, 0.3], max_tokens=15)])[0].tokens
    assert got == naive_decode(merged_models(tiny_llama, pair), [7, 8, 9], [0.7, 0.3], max_tokens=15, end_tokens=[2])
