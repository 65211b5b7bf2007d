"""Every family of bases against its naive twin (transformers and PEFT, an expert at a time), and what is refused."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel

from emorl.atlas import grow_atlas
from emorl.ensemble import ContinuousBatch, EnsembleDecoder, LlamaBackbone, Request, StackedLora
from emorl.ensemble.architecture import MODEL_TYPES, check_config, read_config
from emorl.ensemble.forced import force
from emorl.ensemble.lora import load_adapter, merge
from emorl.ensemble.reuse import remix
from emorl.errors import AdapterMismatch, BackboneError
from tests.ensemble.conftest import save_random_adapter
from tests.ensemble.families import FAMILIES, tiny_model, without
from tests.ensemble.naive import merged_models, naive_decode, naive_states

PROMPTS = [[3, 14, 15, 9, 26, 5, 35, 8], [27, 18], [11, 7, 9, 32, 38, 4, 6, 44, 50, 13, 21, 8]]
WEIGHTS = [(1.0, 0.0), (0.3, 0.7), (0.55, 0.45), (0.0, 1.0)]
TOKENS = 10


class Family:
    """A tiny model, its two adapters, the engine over them, and PEFT's own models of the same."""

    def __init__(self, name: str, root: Path) -> None:
        self.model: Any = tiny_model(name)
        some = {"r": 3, "lora_alpha": 6, "target_modules": ["q_proj", "k_proj", "v_proj", "down_proj"]}
        folders = [
            save_random_adapter(self.model, root / "a", 1, layers_to_transform=[1, 2]),
            save_random_adapter(self.model, root / "b", 2, layers_to_transform=[0, 2], **some),
        ]
        self.adapters = [load_adapter(folder) for folder in folders]
        self.twins: list[Any] = [self.model]
        self.twins += [PeftModel.from_pretrained(copy.deepcopy(self.model), str(folder)).eval() for folder in folders]
        self.decoder = self.engine("float32")

    def engine(self, precision: str) -> EnsembleDecoder:
        return EnsembleDecoder(LlamaBackbone(self.model, precision), StackedLora(self.adapters), [2])

    def naive(self, prompt, weights, strength=1.0) -> list[int]:
        return naive_decode(self.twins, prompt, weights, strength, TOKENS, [2])


@pytest.fixture(scope="module", params=list(FAMILIES))
def family(request, tmp_path_factory) -> Family:
    return Family(request.param, tmp_path_factory.mktemp("family"))


# ---------------------------------------------------------------- equal to the naive twin


def test_tokens_states_and_log_probabilities_are_those_of_peft(family) -> None:
    replies = set()
    for prompt, weights, strength in zip(PROMPTS, WEIGHTS[1:], (1.0, 1.4, 0.6), strict=True):
        got = family.decoder.decode([Request(prompt, weights, strength, max_tokens=TOKENS)], keep_states=True)[0]
        assert got.tokens == family.naive(prompt, weights, strength)
        replies.add(tuple(got.tokens))
        for step in range(len(got.tokens)):
            states = naive_states(family.twins, [*prompt, *got.tokens[:step]])
            torch.testing.assert_close(got.states[step], states, atol=1e-4, rtol=1e-3)
            assert all((states[0] - row).abs().max() > 1e-3 for row in states[1:])  # each adapter does something
            with torch.no_grad():
                expected = family.model.lm_head(got.coefficients @ states).log_softmax(-1)
            ours = family.decoder.backbone.logits((got.coefficients @ got.states[step])[None])[0].log_softmax(-1)
            torch.testing.assert_close(ours, expected, atol=1e-4, rtol=1e-3)
    assert len(replies) == len(PROMPTS)


def test_what_sets_a_family_apart_does_count(family) -> None:
    plain = without(family.model)
    if plain is not None:
        difference = naive_states([plain], PROMPTS[2]) - naive_states([family.model], PROMPTS[2])
        assert difference.abs().max() > 1e-2


def test_a_batch_writes_what_each_writes_alone(family) -> None:
    requests = [Request(p, w, max_tokens=TOKENS) for p in PROMPTS for w in WEIGHTS[1:3]]
    for request, result in zip(requests, family.decoder.decode(requests), strict=True):
        assert result.tokens == family.naive(request.prompt, request.weights)


def test_a_moved_slider_takes_over_what_has_not_changed(family) -> None:
    old = Request(PROMPTS[0], WEIGHTS[0], max_tokens=TOKENS)
    *_, (written,) = family.decoder.stream([old], keep_states=True, keep_cache=True)
    for weights in WEIGHTS:
        new = Request(PROMPTS[0], weights, max_tokens=TOKENS)
        found = remix(family.decoder, old, written, new)
        batch = ContinuousBatch(family.decoder)
        batch.resume(new, found)
        while batch.step():
            pass
        assert found.tokens == family.naive(PROMPTS[0], weights)


def test_the_atlas_says_what_is_written(family) -> None:
    *_, atlas = grow_atlas(family.decoder, PROMPTS[1], max_tokens=8)
    rng = random.Random(3)
    assert len(atlas.regions) > 1 and atlas.coverage > 0.99
    for share in (0.0, 1.0, *(rng.random() for _ in range(6))):
        region = atlas.at([share, 1 - share])
        assert region is not None
        assert list(region.tokens) == naive_decode(family.twins, PROMPTS[1], [share, 1 - share], 1.0, 8, [2])


def test_a_text_of_somebody_else_is_read_alike(family) -> None:
    text = [9, 8, 30, 31, 5]
    states = force(family.decoder, PROMPTS[0], text).states
    for step in range(len(text)):
        expected = naive_states(family.twins, [*PROMPTS[0], *text[:step]])
        torch.testing.assert_close(states[step], expected, atol=1e-4, rtol=1e-3)


def test_merging_leaves_biases_and_norms_alone(family) -> None:
    ids = torch.tensor([PROMPTS[2]])
    for merged, twin in zip(merged_models(family.model, family.adapters), family.twins, strict=True):
        with torch.no_grad():
            torch.testing.assert_close(merged(ids).logits, twin(ids).logits, atol=1e-4, rtol=1e-3)


def test_a_model_that_peft_has_wrapped_is_read_without_its_adapter(family) -> None:
    wrapped = LlamaBackbone(family.twins[1].get_base_model(), "float32")
    again = EnsembleDecoder(wrapped, StackedLora(family.adapters), [2])
    request = Request(PROMPTS[0], WEIGHTS[1], max_tokens=6)
    assert again.decode([request])[0].tokens == family.decoder.decode([request])[0].tokens


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "int8"])
def test_coarser_weights_are_close(family, precision) -> None:
    request = Request(PROMPTS[0], WEIGHTS[1], max_tokens=1)
    exact, coarse = (e.decode([request], True)[0].states[0] for e in (family.decoder, family.engine(precision)))
    error = float((exact - coarse).norm() / exact.norm())
    assert 0 < error < {"float16": 0.02, "bfloat16": 0.15, "int8": 0.3}[precision]  # weights far from a trained model's


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, f"Got a base of type gpt2: expected one of {', '.join(MODEL_TYPES)}; choose one such"),
        ({"hidden_act": "gelu"}, "the activation gelu: expected silu"),
        ({"sliding_window": 128}, "a sliding window: expected full attention"),
        ({"layer_types": ["full_attention", "sliding_attention"]}, "a sliding window: expected full attention"),
        ({"final_logit_softcapping": 30.0}, "capped logits: expected a linear head, or mixing is not exact"),
        ({"attn_logit_softcapping": 50.0}, "capped attention scores: expected plain ones"),
        ({"quantization_config": {"bits": 4}}, "quantised weights: expected plain ones"),
        ({"rope_parameters": {"rope_type": "dynamic"}}, "rotary embeddings of type dynamic: expected one of default, "),
        ({"rope_parameters": {"rope_type": "longrope"}}, "rotary embeddings of type longrope: expected one of"),
        ({"rope_parameters": {"partial_rotary_factor": 0.5}}, "heads that are rotated in part: expected as a whole"),
    ],
)
def test_bases_that_would_be_written_differently(tiny_llama, change, message) -> None:
    model = copy.copy(tiny_llama)
    model.config = copy.deepcopy(tiny_llama.config)
    for name, value in change.items():
        object.__setattr__(model.config, name, value)
    for refuse in (lambda: LlamaBackbone(model), lambda: check_config(model.config)):
        with pytest.raises(BackboneError, match=message) as error:
            refuse()
        assert "\n" not in str(error.value)


def test_windows_that_a_base_does_not_use_are_no_fault() -> None:
    check_config(tiny_model("qwen2").config)
    from transformers import Qwen2Config

    assert Qwen2Config(sliding_window=128).sliding_window is None  # as in the files of Qwen2.5
    check_config(Qwen2Config(sliding_window=128))
    with pytest.raises(BackboneError, match="a sliding window"):
        check_config(Qwen2Config(sliding_window=128, use_sliding_window=True))


def test_a_base_on_another_device_is_refused(tiny_llama) -> None:
    with pytest.raises(
        BackboneError, match="a base on the device meta: expected one on the CPU or on a CUDA device; move it there"
    ) as e:
        LlamaBackbone(copy.deepcopy(tiny_llama).to("meta"), "float32")
    assert "\n" not in str(e.value)


def test_a_head_with_a_bias_is_refused(tiny_llama) -> None:
    model = copy.deepcopy(tiny_llama)
    model.lm_head.bias = torch.nn.Parameter(torch.zeros(61))
    with pytest.raises(BackboneError, match="head has a bias"):
        LlamaBackbone(model)


@pytest.mark.parametrize(
    "content",
    ['{"model_type": "never-heard-of"}', "{", '{"model_type": "llama", "hidden_size": "wide"}', "{}"],
)
def test_a_configuration_that_cannot_be_read_is_one_line(tmp_path, content) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(BackboneError, match="whose config.json cannot be read .*: expected a model of type llama") as e:
        read_config(tmp_path)
    assert "\n" not in str(e.value)


def test_a_base_is_refused_before_its_weights_are_read(tmp_path) -> None:
    config = {"model_type": "gpt2", "n_embd": 32}
    (tmp_path / "config.json").write_text(json.dumps(config))  # there are no weights at all
    with pytest.raises(BackboneError, match="Got a base of type gpt2"):
        LlamaBackbone.from_pretrained(tmp_path)


# ---------------------------------------------------------------- a warm start


@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16", "int8"])
def test_a_warm_start_added_while_reading_is_one_that_was_merged_before(family, stored, precision) -> None:
    base = copy.deepcopy(family.model).to(stored)
    merged = copy.deepcopy(base).float()  # widening is exact
    merge(merged, family.adapters[1])
    before = copy.deepcopy(base.state_dict())
    adapters, ids = family.adapters[:1], torch.tensor([PROMPTS[0]])
    states = []
    for backbone in (LlamaBackbone(base, precision, family.adapters[1]), LlamaBackbone(merged, precision)):
        lora = StackedLora(adapters)
        backbone.prepare(lora)
        cache = backbone.empty_cache(1, 16, lora)
        with torch.inference_mode():
            states.append(backbone.forward(ids, torch.zeros(1, dtype=torch.long), cache, lora))
    assert torch.equal(*states)
    assert all(torch.equal(base.state_dict()[name], tensor) for name, tensor in before.items())


def test_a_warm_start_that_does_not_fit_is_refused(family) -> None:
    short = copy.deepcopy(family.model)
    del short.model.layers[2]
    with pytest.raises(AdapterMismatch, match="changes layer 2: expected a base of more than 2 layers"):
        LlamaBackbone(short, "float32", family.adapters[0])
    target = next(iter(family.adapters[0].factors))
    down, up = family.adapters[0].factors[target]
    wide = replace(family.adapters[0], factors={target: (down, torch.cat([up, up]))})
    with pytest.raises(AdapterMismatch, match=rf"of layer {target[0]} has shape .*, as this base has; use the base"):
        LlamaBackbone(family.model, "float32", wide)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16", "int8"])
def test_an_embedding_of_sixteen_bits_is_not_copied(family, precision) -> None:
    half = copy.deepcopy(family.model).bfloat16()
    backbone = LlamaBackbone(half, precision)
    assert backbone.embedding.data_ptr() == half.model.embed_tokens.weight.data_ptr()
    assert backbone.head.data_ptr() == half.lm_head.weight.data_ptr()
    assert LlamaBackbone(family.model, "bfloat16").embedding.dtype == torch.bfloat16  # float32 is narrowed
