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
from emorl.ensemble.lora import load_adapter, merge
from emorl.errors import AdapterMismatch
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


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (lambda factor: factor * 1e9, "numbers up to 10000; train it again"),
        (lambda factor: factor.int(), "has numbers of type I32: expected BF16, F16, F32, F64; save"),
        (lambda factor: factor[0].clone(), r"has shape \(32,\): expected a matrix"),
    ],
)
def test_numbers_that_are_no_factors(adapter_folders, tmp_path, spoilt, message):
    def spoil(weights):
        name = next(key for key in weights if "q_proj.lora_A" in key)
        weights[name] = spoilt(weights[name])

    with pytest.raises(AdapterMismatch, match=message) as error:
        load_adapter(changed(adapter_folders[0], tmp_path / "a", spoil))
    one_line(error)


def test_an_absurd_scale_is_refused_before_it_can_leave_float32(adapter_folders, tmp_path):
    folder = changed(adapter_folders[0], tmp_path / "a")
    settings = json.loads((folder / "adapter_config.json").read_text())
    for alpha in (8e3, -8e3):
        (folder / "adapter_config.json").write_text(json.dumps(settings | {"lora_alpha": alpha}))
        with pytest.raises(
            AdapterMismatch, match="which counts -?2000 times on .*: expected at most 1000 times"
        ) as error:
            load_adapter(folder)
        one_line(error)


def test_a_layer_beyond_any_model_takes_no_memory(adapter_folders, tmp_path):
    def deepen(weights):
        for key in [key for key in weights if "layers.2." in key]:
            weights[key.replace("layers.2.", "layers.999999999.")] = weights.pop(key)

    with pytest.raises(AdapterMismatch, match=r"which changes .*layers\.999999999"):
        load_adapter(changed(adapter_folders[0], tmp_path / "a", deepen))


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


def test_a_stack_needs_an_adapter():
    with pytest.raises(AdapterMismatch, match="Got no adapter"):
        StackedLora([])


def test_an_adapter_on_a_layer_that_the_base_lacks_is_refused(adapters, tiny_llama):
    short = copy.deepcopy(tiny_llama)
    del short.model.layers[2]
    with pytest.raises(AdapterMismatch) as error:
        EnsembleDecoder(LlamaBackbone(short), StackedLora(adapters), [2])
    assert one_line(error) == (
        "Got adapter expert0, which changes layer 2: expected a base of more than 2 layers instead of 2; use the base "
        "it was trained on."
    )
    with pytest.raises(AdapterMismatch, match="changes layer 2: expected a base of more than 2 layers"):
        merge(short, adapters[0])


@pytest.mark.parametrize(("projection", "side"), [("o_proj", "A"), ("down_proj", "A"), ("up_proj", "B")])
def test_a_factor_of_another_width_is_refused(adapter_folders, tiny_llama, tmp_path, projection, side):
    def widen(weights):
        key = next(k for k in weights if f"{projection}.lora_{side}" in k)
        weights[key] = torch.nn.functional.pad(weights[key], (0, 8) if side == "A" else (0, 0, 0, 8))

    adapter = load_adapter(changed(adapter_folders[0], tmp_path / "a", widen))
    message = f"{'inputs' if side == 'A' else 'outputs'} of .*{projection} in layer 1: expected .*as this base has"
    with pytest.raises(AdapterMismatch, match=message) as error:
        EnsembleDecoder(LlamaBackbone(tiny_llama), StackedLora([adapter]), [2])
    one_line(error)


PLACE = "base_model.model.model.layers.1.self_attn.q_proj.lora_"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop(f"{PLACE}B.weight"), "with only A of model.layers.1.self_attn.q_proj"),
        (lambda w: [w.pop(f"{PLACE}{s}.weight") for s in "AB"], "lacks the factors of model.layers.1.self_attn.q_proj"),
        (
            lambda w: [w.pop(key) for key in list(w) if ".layers.2." in key],
            "lacks the factors of model.layers.2.mlp.down_proj and 6 more",
        ),
        (
            lambda w: w.update({f"{PLACE.replace('1', '0')}{s}.weight": torch.ones(4, 4) for s in "AB"}),
            "has factors that its settings do not name, of model.layers.0.self_attn.q_proj",
        ),
        (lambda w: w.update({f"{PLACE}A.other.weight": w[f"{PLACE}A.weight"].clone()}), "has A of .* twice"),
        (lambda w: w.update({f"{PLACE}A.weight": torch.ones(4)}), "has shape \\(4,\\)"),
        (lambda w: w.update({f"{PLACE}A.weight": torch.ones(3, 32)}), "are \\(3, 32\\) and \\(32, 4\\)"),
        (lambda w: w.update({f"{PLACE}B.weight": torch.ones(32, 5)}), "are \\(4, 32\\) and \\(32, 5\\)"),
        (lambda w: w.update({f"{PLACE}B.bias": torch.ones(32)}), "which changes .*lora_B.bias"),
        (lambda w: w.update({f"{PLACE[:-5]}lora_magnitude_vector": torch.ones(32)}), "which changes .*magnitude"),
        (lambda w: w.update({f"vision.{PLACE}A.weight": torch.ones(4, 32)}), "which changes vision"),
    ],
)
def test_a_file_that_does_not_hold_what_its_settings_say(adapter_folders, tmp_path, change, message):
    with pytest.raises(AdapterMismatch, match=message) as error:
        load_adapter(changed(adapter_folders[0], tmp_path / "a", change))
    assert one_line(error).startswith("Got adapter a, ")


@pytest.mark.parametrize("content", [b"", b"no tensors", None])
def test_weights_that_cannot_be_read(adapter_folders, tmp_path, content):
    folder = changed(adapter_folders[0], tmp_path / "a")
    file = folder / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-100] if content is None else content)
    with pytest.raises(AdapterMismatch, match="whose adapter_model.safetensors cannot be read") as error:
        load_adapter(folder)
    one_line(error)


def test_a_folder_without_adapter_and_one_without_factors(tmp_path, adapter_folders):
    with pytest.raises(AdapterMismatch, match="no PEFT adapter"):
        load_adapter(tmp_path)
    with pytest.raises(AdapterMismatch, match="no LoRA factors"):
        load_adapter(changed(adapter_folders[0], tmp_path / "a", lambda weights: weights.clear()))


def test_partial_layouts_are_exact_too(tiny_llama, tmp_path):
    from tests.ensemble.naive import merged_models, naive_decode

    some = {"target_modules": ["k_proj", "v_proj", "up_proj"], "layers_to_transform": [0, 2]}
    pair = [load_adapter(save_random_adapter(tiny_llama, tmp_path / str(i), i, **some)) for i in range(2)]
    from emorl.ensemble import Request

    decoder = EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(pair), [2])
    got = decoder.decode([Request([7, 8, 9], [0.7, 0.3], max_tokens=15)])[0].tokens
    assert got == naive_decode(merged_models(tiny_llama, pair), [7, 8, 9], [0.7, 0.3], max_tokens=15, end_tokens=[2])
