"""The settings of an adapter: what is followed, what is refused, and that PEFT sees it the same way."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel
from peft.tuners.lora.config import EvaConfig

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, StackedLora
from emorl.ensemble.adapter_config import OFF, READ, WITHOUT_EFFECT, read_adapter_config
from emorl.ensemble.lora import load_adapter
from emorl.errors import AdapterMismatch
from tests.ensemble.conftest import ALL, save_random_adapter
from tests.ensemble.naive import merged_models, naive_decode, naive_states

PROMPTS = [[3, 14, 15, 9, 26], [5, 35, 8, 9, 7, 9, 32, 38, 4, 6], [27, 18]]
PLAIN = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]}
Q, DOWN = "model.layers.1.self_attn.q_proj", "model.layers.0.mlp.down_proj"


def write(folder: Path, data: object) -> Path:
    path = folder / "adapter_config.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def refusal(folder: Path, data: object) -> str:
    with pytest.raises(AdapterMismatch) as error:
        read_adapter_config("mine", write(folder, data))
    assert "\n" not in str(error.value) and str(error.value).startswith("Got adapter mine, ")
    return str(error.value)


# ---------------------------------------------------------------- keys


def test_every_setting_of_the_installed_peft_is_known() -> None:
    fields = {field.name for field in dataclasses.fields(LoraConfig)}
    assert fields == READ | WITHOUT_EFFECT | set(OFF)
    assert not READ & WITHOUT_EFFECT and not (READ | WITHOUT_EFFECT) & set(OFF)


def test_peft_s_defaults_pass(tmp_path) -> None:
    LoraConfig(target_modules=["q_proj"]).save_pretrained(str(tmp_path))
    found = read_adapter_config("mine", tmp_path / "adapter_config.json")
    assert (found.rank, found.alpha, found.scale_of(Q)) == (8, 8.0, 1.0)


VARIANTS: list[dict[str, Any]] = [
    {"use_dora": True},
    {"lora_bias": True},
    {"bias": "all"},
    {"bias": "lora_only"},
    {"bias": None},
    {"modules_to_save": ["lm_head"]},
    {"trainable_token_indices": [1, 2]},
    {"target_parameters": ["mlp.experts.down_proj"]},
    {"layer_replication": [[0, 2], [1, 3]]},
    {"layer_replication": []},
    {"fan_in_fan_out": True},
    {"ensure_weight_tying": True},
    {"use_qalora": True},
    {"alora_invocation_tokens": [1]},
    {"alora_invocation_tokens": []},
    {"velora_config": {"num_groups": 64}},
    {"monteclora_config": {}},
    {"use_bdlora": {"nblocks": 2}},
    {"arrow_config": {"top_k": 3}},
    {"kasa_config": {}},
    {"megatron_config": {"a": 1}},
    {"init_lora_weights": "pissa"},
    {"init_lora_weights": "pissa_niter_4"},
    {"init_lora_weights": "olora"},
    {"init_lora_weights": "corda"},
    {"init_lora_weights": "loftq"},
    {"init_lora_weights": "lora_ga"},
    {"init_lora_weights": "mica"},
    {"init_lora_weights": 1},
    {"a_later_setting": False},
    {"a_later_setting": 0.5},
]


@pytest.mark.parametrize("change", VARIANTS, ids=str)
def test_a_setting_that_is_not_followed_is_refused(tmp_path, change) -> None:
    [(key, value)] = change.items()
    assert f"whose settings have {key} {json.dumps(value)}: expected plain LoRA, with every" in refusal(
        tmp_path, PLAIN | change
    )


def test_all_settings_that_are_refused_are_named_at_once(tmp_path) -> None:
    text = refusal(tmp_path, PLAIN | {"use_dora": True, "lora_bias": True, "novel": {"much": "x" * 100}})
    assert 'use_dora true, lora_bias true, novel {"much": "xxx' in text and "..." in text and len(text) < 320
    assert text.endswith("remove novel if the adapter is the same without, or train it as plain LoRA.")
    text = refusal(tmp_path, PLAIN | {"init_lora_weights": "pissa"})
    assert "save it with path_initial_model_for_weight_conversion" in text


@pytest.mark.parametrize(
    "change",
    [
        {key: value for key, values in OFF.items() for value in values[:1]},
        {key: values[-1] for key, values in OFF.items()},
        {"modules_to_save": [], "target_parameters": []},
        {"lora_dropout": 0.3, "inference_mode": True, "base_model_name_or_path": "B", "peft_version": "0.99"},
        {"loftq_config": {}, "eva_config": {"rho": 2.0}, "megatron_core": "megatron.core", "qalora_group_size": 16},
        {"a_later_setting": None},
        *({"init_lora_weights": value} for value in (True, False, None, "gaussian", "orthogonal", "eva")),
    ],
    ids=str,
)
def test_harmless_values_pass(tmp_path, change) -> None:
    assert read_adapter_config("mine", write(tmp_path, PLAIN | change)).rank == 4


@pytest.mark.parametrize("kind", ["IA3", "ADALORA", None, 3])
def test_another_kind_of_adapter_is_refused(tmp_path, kind) -> None:
    assert f'peft_type is {json.dumps(kind)}: expected "LORA"' in refusal(tmp_path, PLAIN | {"peft_type": kind})


# ---------------------------------------------------------------- files and values


@pytest.mark.parametrize("text", ["", "{", "not JSON", '{"r": 4', "[" * 100_000], ids=lambda text: text[:8])
def test_a_file_that_is_not_json(tmp_path, text) -> None:
    assert "whose adapter_config.json cannot be read (" in refusal(tmp_path, text)


def test_a_file_in_another_encoding_and_one_that_is_no_object(tmp_path) -> None:
    assert "adapter_config.json is [1]: expected an object" in refusal(tmp_path, [1])
    path = tmp_path / "adapter_config.json"
    path.write_bytes(json.dumps(PLAIN | {"revision": "é"}, ensure_ascii=False).encode("latin-1"))
    with pytest.raises(AdapterMismatch, match=r"cannot be read \('utf-8' codec.*expected JSON in UTF-8"):
        read_adapter_config("mine", path)
    with pytest.raises(AdapterMismatch, match="cannot be read"):
        read_adapter_config("mine", tmp_path)  # a folder


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"r": 0}, "r 0 (not a whole number from 1 to 65536)"),
        ({"r": 10**30}, "r 1000000000000000000000000000000 (not"),
        ({"r": True}, "r true (not"),
        ({"r": 2.5}, "r 2.5 (not"),
        ({"r": "4"}, 'r "4" (not'),
        ({"lora_alpha": float("nan")}, "lora_alpha NaN (not a number up to 1e+06)"),
        ({"lora_alpha": 10**400}, "lora_alpha 1000"),
        ({"alpha_pattern": {"q_proj": 1e30}}, "alpha_pattern"),
        ({"lora_alpha": float("inf")}, "lora_alpha Infinity (not"),
        ({"lora_alpha": "8"}, 'lora_alpha "8" (not'),
        ({"use_rslora": "yes"}, 'use_rslora "yes" (not true or false)'),
        ({"rank_pattern": {"q_proj": 0}}, 'rank_pattern {"q_proj": 0} (not ranks by pattern)'),
        ({"rank_pattern": ["q_proj"]}, "rank_pattern"),
        ({"rank_pattern": {"(": 2}}, "rank_pattern"),
        ({"alpha_pattern": {"q_proj": None}}, "alpha_pattern"),
        ({"target_modules": None}, "target_modules null (not names of modules)"),
        ({"target_modules": [1]}, "target_modules [1]"),
        ({"target_modules": "("}, 'target_modules "("'),
        ({"exclude_modules": 3}, "exclude_modules 3"),
        ({"layers_to_transform": ["1"]}, "layers_to_transform"),
        ({"layers_to_transform": [10**9]}, "layers_to_transform [1000000000] (not"),
        ({"target_modules": "a{99999999999}"}, "target_modules"),
        ({"layers_to_transform": -1}, "layers_to_transform -1 (not numbers of layers)"),
        ({"layers_pattern": 3}, "layers_pattern 3"),
    ],
)
def test_a_setting_of_another_kind_is_refused(tmp_path, change, fault) -> None:
    assert f"whose adapter_config.json has {fault}" in refusal(tmp_path, PLAIN | change)


def test_a_half_empty_file_names_all_that_it_lacks(tmp_path) -> None:
    assert "has no r, no lora_alpha, no target_modules: expected" in refusal(tmp_path, {"peft_type": "LORA"})


# ---------------------------------------------------------------- which modules, which rank, which scale


@pytest.mark.parametrize(
    ("change", "adapted"),
    [
        ({}, (True, False)),
        ({"target_modules": ["q_proj", "down_proj"]}, (True, True)),
        ({"target_modules": ["proj"]}, (False, False)),
        ({"target_modules": "all-linear"}, (True, True)),
        ({"target_modules": r".*layers\.1\..*"}, (True, False)),
        ({"target_modules": "q_proj"}, (False, False)),
        ({"target_modules": [Q]}, (True, False)),
        ({"target_modules": "all-linear", "exclude_modules": ["q_proj"]}, (False, True)),
        ({"target_modules": "all-linear", "exclude_modules": r".*mlp.*"}, (True, False)),
        ({"layers_to_transform": [0]}, (False, False)),
        ({"layers_to_transform": 1}, (True, False)),
        ({"layers_to_transform": []}, (True, False)),
        ({"layers_to_transform": [1], "layers_pattern": "layers"}, (True, False)),
        ({"layers_to_transform": [1], "layers_pattern": ["blocks"]}, (False, False)),
    ],
    ids=str,
)
def test_the_modules_that_are_adapted(tmp_path, change, adapted) -> None:
    found = read_adapter_config("mine", write(tmp_path, PLAIN | change))
    assert (found.adapts(Q), found.adapts(DOWN)) == adapted


def test_the_first_pattern_that_matches_gives_rank_and_alpha(tmp_path) -> None:
    patterns = {"rank_pattern": {"layers.1.self_attn.q_proj": 2, "q_proj": 16}, "alpha_pattern": {"^model.*q_proj": 6}}
    found = read_adapter_config("mine", write(tmp_path, PLAIN | patterns))
    assert (found.rank_of(Q), found.scale_of(Q)) == (2, 3.0)
    other = Q.replace("1", "0")
    assert (found.rank_of(other), found.scale_of(other)) == (16, 6 / 16)
    assert (found.rank_of(DOWN), found.scale_of(DOWN)) == (4, 2.0)
    stabilised = read_adapter_config("mine", write(tmp_path, PLAIN | patterns | {"use_rslora": True}))
    assert stabilised.scale_of(other) == 6 / 4


# ---------------------------------------------------------------- against PEFT itself

KINDS: dict[str, list[dict[str, Any]]] = {
    "ranks": [{"r": 2, "lora_alpha": 4}, {"r": 8}, {"r": 5, "lora_alpha": 3}],
    "patterns": [
        {"rank_pattern": {"q_proj": 2, r"layers\.2\.mlp\.down_proj": 7}, "alpha_pattern": {"o_proj": 24}},
        {"r": 3, "alpha_pattern": {r".*\.1\.mlp\.up_proj": 1, "v_proj": 16}},
        {"rank_pattern": {"^model.layers.1.self_attn.k_proj": 9}, "use_rslora": True},
    ],
    "modules": [
        {"target_modules": ["q_proj", "v_proj"], "layers_to_transform": None},
        {"target_modules": ["down_proj"], "layers_to_transform": [2]},
        {"target_modules": "all-linear", "exclude_modules": ["o_proj"], "layers_to_transform": None},
    ],
    "initialisations": [
        {"init_lora_weights": "gaussian"},
        {"init_lora_weights": "orthogonal"},
        {"init_lora_weights": "eva", "eva_config": EvaConfig()},
        {"init_lora_weights": False, "lora_dropout": 0.4},
    ],
}


@pytest.fixture(params=list(KINDS))
def folders(request, tiny_llama, tmp_path) -> list[Path]:
    kinds = KINDS[request.param]
    return [save_random_adapter(tiny_llama, tmp_path / str(i), 60 + i, **kind) for i, kind in enumerate(kinds)]


def test_tokens_and_logits_equal_those_of_peft(tiny_llama, folders) -> None:
    """The naive twin over PEFT's own models, which know nothing of stacks."""
    peft: list[Any] = [tiny_llama]
    peft += [PeftModel.from_pretrained(copy.deepcopy(tiny_llama), str(folder)).eval() for folder in folders]
    decoder = EnsembleDecoder(
        LlamaBackbone(tiny_llama, torch.float32), StackedLora([load_adapter(folder) for folder in folders]), [2]
    )
    weights = [0.5, 0.8, 0.3, 0.6][: len(folders)]
    base = naive_decode(peft[:1], PROMPTS[0], [], max_tokens=15, end_tokens=[2])
    for prompt in PROMPTS:
        request = Request(prompt, weights, 1.3, max_tokens=15)
        got = decoder.decode([request], keep_states=True)[0]
        assert got.tokens == naive_decode(peft, prompt, weights, 1.3, 15, [2])
        for step in (0, len(got.tokens) - 1):
            states = naive_states(peft, [*prompt, *got.tokens[:step]])
            torch.testing.assert_close(got.states[step], states, atol=1e-4, rtol=1e-3)
            logits = tiny_llama.lm_head(got.coefficients @ states)
            ours = decoder.backbone.logits((got.coefficients @ got.states[step])[None])[0]
            torch.testing.assert_close(ours, logits, atol=1e-4, rtol=1e-3)
            assert all((states[0] - row).abs().max() > 1e-3 for row in states[1:])  # each adapter does something
    assert decoder.decode([Request(PROMPTS[0], weights, 1.3, max_tokens=15)])[0].tokens != base


def test_merging_equals_peft_too(tiny_llama, folders) -> None:
    merged = merged_models(tiny_llama, [load_adapter(folder) for folder in folders])[1:]
    ids = torch.tensor([PROMPTS[1]])
    for model, folder in zip(merged, folders, strict=True):
        peft = PeftModel.from_pretrained(copy.deepcopy(tiny_llama), str(folder)).eval()
        with torch.no_grad():
            torch.testing.assert_close(model(ids).logits, peft(ids).logits, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("init", ["pissa", "olora"])
def test_what_is_refused_would_have_written_another_text(tiny_llama, tmp_path, init) -> None:
    """Such an adapter belongs to a base that PEFT changes when it loads it."""
    folder = save_random_adapter(tiny_llama, tmp_path / "a", 7)
    file = folder / "adapter_config.json"
    plain = load_adapter(folder)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"init_lora_weights": init}))
    peft = PeftModel.from_pretrained(copy.deepcopy(tiny_llama), str(folder)).eval()
    ids = torch.tensor([PROMPTS[1]])
    with torch.no_grad():
        difference = merged_models(tiny_llama, [plain])[1](ids).logits - peft(ids).logits
    assert difference.abs().max() > 1e-3
    with pytest.raises(AdapterMismatch, match=f'init_lora_weights "{init}"'):
        load_adapter(folder)


def test_padding_is_zeros_and_the_trunk_is_below_every_adapter(tiny_llama, tmp_path) -> None:
    low = load_adapter(save_random_adapter(tiny_llama, tmp_path / "low", 1, r=2, target_modules=["q_proj"]))
    high = {"r": 6, "target_modules": ALL, "layers_to_transform": [2]}
    lora = StackedLora([low, load_adapter(save_random_adapter(tiny_llama, tmp_path / "high", 2, **high))])
    assert lora.first_layer == 1
    LlamaBackbone(tiny_llama, torch.float32).prepare(lora)
    downs, ups = lora._stacks[2, "qkv"]
    assert downs.shape == (2, 32, 18) and ups.shape == (2, 18, 64)
    assert not downs[0, :, 2:].any() and not ups[0, 2:].any() and downs[1].any(0).all() and ups[1].any(1).all()
    assert not lora._stacks[1, "qkv"][0][1].any() and (1, "down") not in lora._stacks
