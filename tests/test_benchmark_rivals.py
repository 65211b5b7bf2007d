"""The peers the benchmark times write the tokens our ensemble writes, on the tiny Llama in fp32; so do its own rows."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
import torch
from transformers import LlamaForCausalLM

from emorl.ensemble import LlamaBackbone, shares
from emorl.ensemble.lora import load_adapter
from tests.benchmarks import decode
from tests.benchmarks._decode_cases import QUICK, Case, cases, check
from tests.benchmarks._measure import MemoryReader, Task, interleave, linear_fit, paired, read, tensor_bytes
from tests.benchmarks._models import Models, Shape, idle_adapter, merged, more_adapters, random_models, weighted_sum
from tests.benchmarks._rivals import Generate, MixedBatch, Ours, SetAdapter, Uncached, gguf_file, peft_model
from tests.ensemble.conftest import save_random_adapter

PROMPTS = ((3, 14, 15, 9, 26), (5, 35, 8, 9, 7, 9, 32, 38, 4, 6), (27, 18), (11,))
WEIGHTS = [[0.5, 0.3, 0.2], [0.1, 0.7, 0.2], [2.0, 1.0, 3.0], [0.0, 0.0, 1.0]]
TOKENS = 16


@pytest.fixture(scope="module")
def models(tiny_llama, tmp_path_factory) -> Models:
    root = tmp_path_factory.mktemp("benchmark")
    folders = [save_random_adapter(tiny_llama, root / f"expert{k}", seed=10 + k) for k in range(3)]
    return Models("tiny", tiny_llama, tuple(map(load_adapter, folders)), PROMPTS)


@pytest.fixture(scope="module")
def backbone(models) -> LlamaBackbone:
    return LlamaBackbone(models.base, torch.float32)


@pytest.fixture(scope="module")
def copies(models) -> list[LlamaForCausalLM]:
    return [merged(models.base, adapter, torch.float32) for adapter in models.adapters]


@pytest.fixture(scope="module")
def wrapped(models):
    return peft_model(models.base, models.adapters, torch.float32)


@pytest.fixture(scope="module")
def expected(models, backbone) -> list[list[int]]:
    written = Ours(backbone, models.adapters).write(PROMPTS, WEIGHTS, TOKENS)
    assert len({tuple(reply) for reply in written}) == 4 and all(len(reply) == TOKENS for reply in written)
    return written


def test_uncached_set_adapter_and_mixed_batch_write_what_our_ensemble_writes(copies, wrapped, expected):
    for rival in (Uncached(copies), SetAdapter(wrapped), MixedBatch(wrapped)):
        assert rival.write(PROMPTS, WEIGHTS, TOKENS) == expected, type(rival).__name__
        assert rival.write(PROMPTS[1:2], WEIGHTS[1:2], TOKENS) == expected[1:2], type(rival).__name__


def test_the_rows_of_the_base_change_nothing(models, backbone, expected):
    assert Ours(backbone, models.adapters, base_row=True).write(PROMPTS, WEIGHTS, TOKENS) == expected


def test_generate_writes_what_our_single_adapter_and_one_hot_weights_write(models, backbone, copies):
    for k, model in enumerate(copies):
        one_hot = [[float(k == other) for other in range(3)]] * 4
        single = Ours(backbone, [models.adapters[k]]).write(PROMPTS, [[1.0]] * 4, TOKENS)
        assert Generate(model).write(PROMPTS, [[1.0]] * 4, TOKENS) == single
        assert Ours(backbone, models.adapters).write(PROMPTS, one_hot, TOKENS) == single


def test_no_token_ends_a_reply_of_generate(copies):
    model = copies[0]
    whole = Generate(model).write(PROMPTS[:1], [[1.0]], TOKENS)
    model.config.eos_token_id = model.generation_config.eos_token_id = whole[0][1]
    assert Generate(model).write(PROMPTS[:1], [[1.0]], TOKENS) == whole


def test_the_soup_is_the_weighted_sum_of_the_updates(models, copies):
    share = shares([3.0, 2.0, 1.0])
    soup = merged(models.base, weighted_sum(models.adapters, share), torch.float32)
    for name, weight in soup.named_parameters():
        mean = sum(s * dict(c.named_parameters())[name] for s, c in zip(share, copies, strict=True))
        torch.testing.assert_close(weight, mean, atol=1e-5, rtol=1e-5)
    blended = Ours(LlamaBackbone(soup, torch.float32), [idle_adapter(models.base)])
    assert blended.write(PROMPTS, [[1.0]] * 4, TOKENS) == Generate(soup).write(PROMPTS, [[1.0]] * 4, TOKENS)


def test_peft_keeps_the_dtype_of_the_base(models):
    assert {p.dtype for p in peft_model(models.base, models.adapters, torch.bfloat16).parameters()} == {torch.bfloat16}


def test_more_adapters_are_seeded_and_different(models):
    eight, again = more_adapters(models.adapters, 8), more_adapters(models.adapters, 8)
    place = next(iter(eight[0].factors))
    firsts = [adapter.factors[place][1] for adapter in eight]
    assert len(eight) == 8 and eight[:3] == models.adapters
    assert all(torch.equal(a, b.factors[place][1]) for a, b in zip(firsts, again, strict=True))
    assert all(not torch.equal(a, b) for i, a in enumerate(firsts) for b in firsts[i + 1 :])


def test_a_check_names_the_case_that_differs(models):
    made = cases(models, torch.float32, QUICK)
    assert all(entry["equal"] for entry in check(made))
    by_name = {case.key: case for case in made}
    wrong = [Case("other", 3, 1, 3, 1, lambda tokens: [[0] * tokens], 0.0, "ensemble3 x1 3"), *by_name.values()]
    entry = check(wrong)[0]
    assert entry["name"] == "other x1 3" and not entry["equal"] and entry["share"] < 1


def test_the_benchmark_follows_its_contract(models, capsys):
    shapes = (Shape("smaller", 3, 32, 48, 4, 2, 61), Shape("larger", 5, 64, 96, 4, 2, 61))
    settings = replace(QUICK, tokens=4, rounds=2, experts=(2, 3), lengths=(3, 6), shapes=shapes)
    result = json.loads(json.dumps(decode.run(models, settings)))
    assert result["tokens_equal"] is True and result["threads"] >= 1 and result["versions"]["torch"]
    named = {
        "ensemble3_over_single",
        "ensemble3_over_generate",
        "uncached_over_ensemble3",
        "set_adapter_over_ensemble3",
        "peft_mixed_over_ensemble3",
        "ensemble3_over_memory_floor",
    }
    for group in ("ratios", "ratios_float32"):
        assert named <= set(result[group]) and all(value > 0 for value in result[group].values())
    for row in result["rows"]:
        assert {"name", "dtype", "sequences", "experts", "tokens", "ms_per_token_median", "spread"} <= set(row)
        assert row["spread"][0] <= row["ms_per_token_median"] <= row["spread"][1]
    assert {
        "single",
        "ensemble2",
        "ensemble3",
        "ensemble3_base_row",
        "generate",
        "uncached",
        "set_adapter",
        "soup",
        "peft_mixed",
        "memory_floor",
    } <= {row["name"] for row in result["rows"]}
    assert {row["sequences"] for row in result["rows"]} == {1, 2}
    assert {"experts", "sequences", "megabytes", "tokens ensemble3"} <= set(result["growth"]["float32"])
    decode.show(result)
    assert "uncached_over_ensemble3" in capsys.readouterr().out


def test_llama_cpp_is_left_out_with_a_word_where_its_file_is_missing(models, monkeypatch, tmp_path):
    monkeypatch.setenv("EMORL_BASE", str(tmp_path))
    notes: list[str] = []
    assert gguf_file() is None and decode.llama_cpp(models, 1, QUICK, notes) is None
    assert notes[0].startswith("llama.cpp was not measured")


@pytest.mark.parametrize("words", [["--tokens", "1"], ["--dtype", "float16"], ["--rounds", "0"]])
def test_bad_options_get_one_line_and_code_2(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        decode.main(words)
    assert "expected" in capsys.readouterr().err


def test_rounds_interleave_and_rare_tasks_are_spread_over_them():
    order: list[str] = []
    wanted = {"a": 4, "b": 2, "c": 0}
    tasks = {name: Task(partial(order.append, name), rounds) for name, rounds in wanted.items()}
    found = interleave(tasks, 4)
    assert order == ["a", "b", "a", "a", "b", "a"]
    assert list(found["a"]) == [0, 1, 2, 3] and list(found["b"]) == [0, 2] and not found["c"]


def test_a_step_is_what_a_reply_takes_beyond_its_first_token():
    assert decode.step_ms(0.5, 2.5, 5) == 500
    assert decode.step_ms(0.5, 0.4, 4) == 100  # disturbed


def test_ratios_are_paired_within_rounds():
    assert paired({0: 2.0, 1: 30.0, 2: 4.0}, {0: 1.0, 1: 10.0, 2: 1.0, 3: 9.0}) == (3.0, [2.0, 4.0])
    assert paired({0: 1.0}, {1: 1.0}) is None


def test_linear_fit_finds_a_line():
    fit = linear_fit([(1, 5.0), (2, 7.0), (4, 11.0)])
    assert fit == pytest.approx({"at_zero": 3.0, "slope": 2.0, "r2": 1.0})


def test_memory_is_seen_and_tensors_are_counted_once():
    kept: list[torch.Tensor] = []
    reading = read(lambda: kept.append(torch.ones(8_000_000)))
    assert reading.grown_mb is None or 25 < reading.grown_mb < 60  # 32 MB; None where Linux forbids it
    tensor = torch.zeros(10)
    assert tensor_bytes([tensor, tensor.view(2, 5), {"other": torch.zeros(4, dtype=torch.bfloat16)}]) == 48
    reader = MemoryReader(100_000, torch.bfloat16)
    assert reader.size == 106_496 and reader.seconds() > 0


def test_step_bytes_count_a_tied_head_once():
    models = random_models(Shape("small", 5, 32, 48, 4, 2, 61), PROMPTS)
    attention, mlp, rank = 32 * 32 * 2 + 32 * 16 * 2, 3 * 32 * 48, 8
    base = 61 * 32 + 5 * (attention + mlp + 2 * 32) + 32
    lora = rank * ((32 + 32) * 2 + (32 + 16) * 2 + (32 + 48) * 3)  # q, o; k, v; gate, up, down
    assert decode.step_bytes(models, torch.bfloat16) == 2 * (base + 3 * 2 * lora)
