"""Every packing of a product gives what the plain product gives, as exactly as its numbers allow."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, StackedLora
from emorl.ensemble import products as module
from emorl.ensemble.backbone import precision_name
from emorl.ensemble.products import PRECISIONS, Plain, product
from emorl.errors import BackboneError

CLOSE = {"float32": 1e-5, "float16": 2e-3, "bfloat16": 3e-2, "int8": 5e-2}  # of the largest output


@pytest.mark.parametrize("rows", [1, 3, 4, 33])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_packing_multiplies_and_adds(precision, rows):
    generator = torch.Generator().manual_seed(rows)
    weight, x, add = (torch.randn(*shape, generator=generator) for shape in ((48, 32), (rows, 32), (rows, 48)))
    dtype = PRECISIONS[precision]
    with torch.inference_mode():
        packed = product(weight, precision)
        plain, summed = packed(x.to(dtype)), packed(x.to(dtype), add.to(dtype))
    assert plain.dtype == dtype and plain.shape == (rows, 48)
    expected = x.double() @ weight.double().T
    bound = CLOSE[precision] * float(expected.abs().max())
    assert float((plain - expected).abs().max()) < bound
    assert float((summed - expected - add).abs().max()) < 2 * bound


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_packing_adds_a_bias_once(precision):
    generator = torch.Generator().manual_seed(5)
    shapes = (48, 32), (48,), (5, 32), (5, 48)
    weight, bias, x, add = (torch.randn(*shape, generator=generator) for shape in shapes)
    dtype = PRECISIONS[precision]
    with torch.inference_mode():
        packed = product(weight, precision, bias)
        plain, summed = packed(x.to(dtype)), packed(x.to(dtype), add.to(dtype))
    expected = x.double() @ weight.double().T + bias
    bound = CLOSE[precision] * float(expected.abs().max())
    assert float((plain - expected).abs().max()) < bound
    assert float((summed - expected - add).abs().max()) < 2 * bound


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_where_nothing_packs_the_plain_product_serves(precision, monkeypatch):
    monkeypatch.setattr(module, "supports_packing", lambda dtype: False)
    monkeypatch.setattr(module, "supports_float16", lambda: False)
    assert isinstance(product(torch.randn(8, 8), precision), Plain)


def test_a_plain_product_adds():
    x, add = torch.randn(3, 8), torch.randn(3, 5)
    weight, bias = torch.randn(5, 8), torch.randn(5)
    assert torch.allclose(Plain(weight)(x, add), x @ weight.T + add, atol=1e-5)
    assert torch.allclose(Plain(weight, bias)(x, add), x @ weight.T + bias + add, atol=1e-5)


def test_int8_rounds_no_weight_by_more_than_half_a_step():
    weight = torch.randn(16, 64)
    made: Any = product(weight, "int8")
    step = made.scale.float()[:, None]
    assert float(((made.weight.float() * step - weight).abs() / step).max()) <= 0.5 + 1e-3 + 127 * 2**-8


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "int8"])
def test_coarser_weights_write_close_to_float32(tiny_llama, adapters, decoder, precision):
    """States of the first token, whose prefix is the same."""
    other = EnsembleDecoder(LlamaBackbone(tiny_llama, precision), StackedLora(adapters), [2])
    request = Request([5, 6, 7, 8], [1.0, 1.0, 1.0], max_tokens=2)
    exact = decoder.decode([request], keep_states=True)[0].states[0]
    coarse = other.decode([request], keep_states=True)[0].states[0]
    error = float((exact - coarse).abs().max() / exact.abs().max())
    assert 0 < error < {"float16": 0.01, "bfloat16": 0.08, "int8": 0.15}[precision]


def test_an_unknown_precision_is_refused(tiny_llama):
    with pytest.raises(BackboneError, match="Got the precision float8"):
        LlamaBackbone(tiny_llama, "float8")
    assert precision_name(torch.bfloat16) == "bfloat16"
