"""The compiled step against the plain one, and each compiled function against what it stands for."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, StackedLora
from emorl.ensemble import backbone as backbone_module
from emorl.ensemble.lora import load_adapter
from emorl.ensemble.products import PRECISIONS, supports_float16
from emorl.ensemble.step import TYPES, array, begun, compiled
from tests.ensemble.conftest import save_random_adapter
from tests.ensemble.naive import merged_models, naive_decode

kernels: Any = pytest.importorskip("emorl.ensemble.kernels", reason="numba is not installed")
CLOSE = {"float32": 1e-5, "float16": 1e-4, "bfloat16": 3e-2, "int8": 3e-2}  # of the largest number
PROMPTS = [[3, 14, 15, 9, 26], [5, 35, 8, 9, 7, 9, 32, 38, 4, 6], [27, 18], [11], [9, 9]]
REQUESTS = [Request(prompt, [1.0, 0.5 * n, 2.0], strength=1 + n % 2, max_tokens=16) for n, prompt in enumerate(PROMPTS)]


def only_plain(backbone: LlamaBackbone) -> LlamaBackbone:
    """The same backbone as it is where nothing has been compiled."""
    backbone._kernels = Future()
    backbone._one_token = None
    return backbone


def decoders(tiny_llama: Any, precision: str, lora: Callable[[], StackedLora]) -> list[EnsembleDecoder]:
    """The compiled step, and the plain one."""
    compiled(PRECISIONS[precision]).result()
    fast, plain = LlamaBackbone(tiny_llama, precision), only_plain(LlamaBackbone(tiny_llama, precision))
    assert fast._step() is not None and plain._step() is None
    return [EnsembleDecoder(backbone, lora(), [2]) for backbone in (fast, plain)]


@torch.inference_mode()
def states_of_a_step(decoder: EnsembleDecoder, batch: int) -> torch.Tensor:
    """States (rows, B, D) of one more token of sequences of different lengths."""
    prompts = PROMPTS[:batch]
    _, cache = decoder.prefill(prompts, 12)
    last, start = torch.arange(3, 3 + batch), torch.tensor([len(prompt) for prompt in prompts])
    return decoder.backbone.forward(last[:, None], start, cache, decoder.lora, torch.zeros_like(last)).float()


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("base_row", [True, False])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_compiled_step_gives_what_the_plain_one_gives(tiny_llama, adapters, precision, base_row, batch):
    fast, plain = decoders(tiny_llama, precision, lambda: StackedLora(adapters, base_row))
    got, expected = states_of_a_step(fast, batch), states_of_a_step(plain, batch)
    assert got.shape == expected.shape == (3 + base_row, batch, 32)
    assert float((got - expected).abs().max()) < CLOSE[precision] * float(expected.abs().max())


def test_functions_are_compiled_once_for_each_type_however_they_are_asked_for():
    assert compiled(torch.float32) is compiled(torch.float32, "cpu") is not compiled(torch.bfloat16)
    assert compiled(torch.float16).result() is compiled(torch.float32, "cuda").result() is None


def test_both_ways_write_what_the_naive_twin_writes(tiny_llama, adapters):
    models = merged_models(tiny_llama, adapters)
    expected = [naive_decode(models, r.prompt, r.weights, r.strength, r.max_tokens, [2]) for r in REQUESTS]
    for decoder in decoders(tiny_llama, "float32", lambda: StackedLora(adapters)):
        assert [result.tokens for result in decoder.decode(REQUESTS)] == expected
        assert [decoder.decode([request])[0].tokens for request in REQUESTS] == expected


def test_adapters_of_other_ranks_and_layouts_step_alike(tiny_llama, tmp_path):
    """Adapters that differ in rank and in what they adapt, from the first layer on: no trunk, spans of their own."""
    layouts: list[dict[str, Any]] = [
        {"r": 2, "target_modules": ["q_proj", "v_proj", "down_proj"], "layers_to_transform": [0, 2]},
        {"r": 5, "target_modules": ["k_proj", "up_proj"], "layers_to_transform": [1]},
        {"r": 3, "target_modules": ["o_proj", "gate_proj", "up_proj"], "layers_to_transform": [0, 1]},
    ]
    folders = [save_random_adapter(tiny_llama, tmp_path / str(n), n, **more) for n, more in enumerate(layouts)]
    fast, plain = decoders(tiny_llama, "float32", lambda: StackedLora([load_adapter(folder) for folder in folders]))
    assert fast.lora.first_layer == 0
    torch.testing.assert_close(states_of_a_step(fast, 3), states_of_a_step(plain, 3), atol=1e-5, rtol=1e-5)


def test_a_reply_goes_on_when_the_functions_are_compiled_meanwhile(tiny_llama, adapters):
    fast, plain = decoders(tiny_llama, "float32", lambda: StackedLora(adapters))
    stream = plain.stream(REQUESTS)
    next(stream)
    next(stream)
    plain.backbone._kernels = fast.backbone._kernels
    *_, results = stream
    assert [result.tokens for result in results] == [result.tokens for result in fast.decode(REQUESTS)]


def test_whoever_compares_replies_waits_for_the_compiled_functions(tiny_llama):
    backbone = only_plain(LlamaBackbone(tiny_llama, "float32"))
    compiling = backbone._kernels
    before = backbone.step_name
    later = threading.Timer(0.1, compiling.set_result, [kernels])
    later.start()
    backbone.settle()
    later.join()
    assert (before, backbone.step_name) == ("plain", "compiled")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_row_is_the_same_to_the_last_bit_whatever_stands_beside_it(dtype):
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator).to(dtype)

    down, up = (array(torch.randn(2, 3, n, generator=generator)) for n in (8, 32))
    spans = np.array([[[0, 16], [16, 24], [24, 32]]] * 2)
    tables = [array(torch.randn(9, 8, generator=generator)) for _ in range(2)]
    x, qkv, cache = random(6, 8), random(6, 32), random(2, 3, 2, 1, 9, 8)
    start = np.array([4, 8])

    def attended(sequences: slice) -> torch.Tensor:
        rows = slice(3 * sequences.start, 3 * sequences.stop)
        count, mixed = rows.stop - rows.start, torch.zeros(6, 16, dtype=dtype)[rows]
        mine, places = [array(t.clone()) for t in (x[rows], qkv[rows])], start[sequences]
        kept = array(cache[sequences].clone())
        kernels.attend(count, 3, down, up, spans, *mine, *tables, places, kept, array(mixed))
        return mixed

    together = attended(slice(0, 2))
    assert torch.equal(together[:3], attended(slice(0, 1))) and torch.equal(together[3:], attended(slice(1, 2)))
    assert not torch.equal(together[:3], together[3:])


def test_the_exponential_is_exact_to_two_units_in_the_last_place():
    for x in np.concatenate([np.linspace(-87, 88, 4001), np.linspace(-1, 1, 999)]).astype(np.float32):
        got, expected = float(kernels.exponential(x)), float(np.exp(np.float64(x)))
        assert abs(got - expected) <= 2.5 * 2**-23 * expected, x
    assert kernels.exponential(np.float32(-1e30)) < 2e-38 and np.isfinite(kernels.exponential(np.float32(1e30)))


def test_bfloat16_is_read_and_rounded_as_pytorch_does():
    generator = torch.Generator().manual_seed(1)
    bits = torch.randint(-(2**31), 2**31, (4096,), generator=generator).int()
    numbers = bits.view(torch.float32)
    ties = torch.tensor([1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-8, 2**-130])
    numbers = torch.cat([torch.where(numbers.isfinite(), numbers, 1.0), ties])
    half, one = torch.zeros(len(numbers), dtype=torch.bfloat16), np.ones((1, 1), np.float32)
    kernels.add_low_rank(one[0], array(half), one, numbers[None].numpy(), np.array([[0, len(numbers)]]))
    assert torch.equal(half, numbers.bfloat16())
    kernels.add_low_rank(one[0], array(half), one, 0 * numbers[None].numpy(), np.array([[0, len(numbers)]]))
    assert torch.equal(half, numbers.bfloat16())


def test_in_float16_a_step_is_the_same_to_the_last_bit_whatever_stands_beside_it(tiny_llama, adapters):
    """FBGEMM's products are, so the whole step is. Prompts are read by other functions, so all start from one cache."""
    if not supports_float16():
        pytest.skip("float16 products need FBGEMM")
    decoder, _ = decoders(tiny_llama, "float16", lambda: StackedLora(adapters))
    with torch.inference_mode():
        _, cache = decoder.prefill(PROMPTS, 12)
        last, start = torch.arange(3, 8), torch.tensor([len(prompt) for prompt in PROMPTS])

        def states(which: list[int]) -> torch.Tensor:
            mine = torch.tensor(which)
            ids, kept = last[mine, None], cache.copy(which)
            return decoder.backbone.forward(ids, start[mine], kept, decoder.lora, torch.zeros_like(mine))

        together = states([0, 1, 2, 3, 4])
        for n in range(5):
            assert torch.equal(states([n])[:, 0], together[:, n])


def begun_anew(dtype: torch.dtype, device: str = "cpu") -> Any:
    """As `compiled` in a process that begins now."""
    return begun.__wrapped__(dtype if dtype in TYPES else None)


def loaded(dtype: torch.dtype) -> Any:
    """What a process that begins now would have loaded."""
    return begun_anew(dtype).result(timeout=120)


def test_without_numba_it_says_so_and_goes_on_plainly(tiny_llama, adapters, decoder, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "emorl.ensemble.kernels", None)
    monkeypatch.delattr("emorl.ensemble.kernels")
    with caplog.at_level(logging.INFO):
        assert loaded(torch.float32) is None
    assert [record.message for record in caplog.records] == [
        "decoding without numba, which would make it faster: pip install numba"
    ]
    monkeypatch.setattr(backbone_module, "compiled", begun_anew)
    plain = EnsembleDecoder(LlamaBackbone(tiny_llama, "float32"), StackedLora(adapters), [2])
    assert plain.backbone._kernels.result(timeout=120) is None
    assert (plain.backbone.step_name, decoder.backbone.step_name) == ("plain", "compiled")
    assert [r.tokens for r in plain.decode(REQUESTS)] == [r.tokens for r in decoder.decode(REQUESTS)]


def test_functions_that_cannot_be_compiled_are_reported_and_left_out(monkeypatch, caplog):
    def broken(dtype: Any) -> None:
        raise ValueError("no such instruction")

    monkeypatch.setattr(kernels, "warm_up", broken)
    assert loaded(torch.float32) is None
    assert "could not be compiled" in caplog.text and "no such instruction" in caplog.text


def test_other_types_of_activations_go_the_plain_way():
    assert loaded(torch.float64) is None


def test_where_no_folder_can_be_written_the_functions_are_compiled_anew(monkeypatch):
    njit = kernels.numba.njit

    def nowhere(*, cache: bool = False, **settings: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function 'twice': no locator available for file 'x.py'")
        return njit(**settings)

    monkeypatch.setattr(kernels.numba, "njit", nowhere)
    twice = kernels.compiled()(lambda x: x + x)
    assert twice(2.5) == 5.0 and twice.signatures
