"""Products with fixed weights, packed once in the order in which the processor's matrix library reads them.

A decoding step multiplies a handful of rows by every weight of the base, so it is as fast as the weights come out of
memory. A plain product of few rows is two to four times slower than that, because the library rearranges the weights
every time. There are four kinds, all with PyTorch's own kernels:

- float32 and bfloat16: weights packed by oneDNN, activations of the same type, the residual added in the same pass;
- float16: half-precision weights packed by FBGEMM, activations and sums in float32; needs no bfloat16 units;
- int8: the weights of each output rounded to multiples of 1/127 of the largest, activations bfloat16 (weight-only
  quantisation).

Where a packing does not exist (another processor or device), the plain product is used. Left out: quantised
activations, whose steps would depend on the other sequences of the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn import functional as F

MIN_ROWS = 4
"""With fewer rows PyTorch's and oneDNN's products are slower than with this many; the other two kinds are not."""

PRECISIONS = {  # name -> type of the activations
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float32,
    "int8": torch.bfloat16,
}


def pad_rows(x: torch.Tensor, rows: int) -> torch.Tensor:
    """At least so many rows, zeros at the end."""
    return F.pad(x, (0, 0, 0, rows - len(x))) if len(x) < rows else x


class Product(Protocol):
    """y = x W^T + b + add for fixed W (N, in) and b (N,) or none, x (M, in) and add (M, N) or None.

    Attributes:
        least: M with which it is fastest; fewer rows are slower.
    """

    least: int

    def __call__(self, x: torch.Tensor, add: torch.Tensor | None = None) -> torch.Tensor:
        """Multiply; a new tensor (M, N)."""


@dataclass(frozen=True)
class LayerProducts:
    """The four products of one layer, the folded weights of its two norms, and those of its heads' norms.

    The two are (D,) float32; those of query and key heads are (heads + kv heads, head width), or None.
    """

    qkv: Product
    o: Product
    gate_up: Product
    down: Product
    attention_norm: torch.Tensor
    mlp_norm: torch.Tensor
    head_norms: torch.Tensor | None


def product(weight: torch.Tensor, precision: str, bias: torch.Tensor | None = None) -> Product:
    """The fastest product with these weights that this processor supports.

    Args:
        weight: W, (N, in), float32 or the type the model was loaded in.
        precision: A key of `PRECISIONS`.
        bias: b, (N,), or None.
    """
    dtype = PRECISIONS[precision]
    bias = None if bias is None else bias.to(dtype)
    if precision == "int8" and weight.device.type == "cpu":
        return Int8(weight.float(), bias)
    if precision == "float16" and weight.device.type == "cpu" and supports_float16():
        return Float16(weight.float(), bias)
    if weight.device.type == "cpu" and supports_packing(dtype):
        return Packed(weight.to(dtype), bias)
    return Plain(weight.to(dtype), bias)


def supports_packing(dtype: torch.dtype) -> bool:
    """Whether oneDNN packs weights of this type on this processor."""
    available: Callable[[], bool] = torch.backends.mkldnn.is_available
    if not available():
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()))


def supports_float16() -> bool:
    """Whether this processor has FBGEMM's float16 products (x86)."""
    return "fbgemm" in torch.backends.quantized.supported_engines


class Plain:
    """The product as PyTorch does it."""

    least = MIN_ROWS

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> None:
        self.weight, self.bias = weight.contiguous(), bias

    def __call__(self, x: torch.Tensor, add: torch.Tensor | None = None) -> torch.Tensor:
        """See `Product`."""
        y = F.linear(x, self.weight, self.bias)
        return y if add is None else y.add_(add)


class Packed:
    """Weights in oneDNN's blocked order, chosen for a few rows."""

    least = MIN_ROWS

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> None:
        self.weight: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), MIN_ROWS)
        self.bias = bias

    def __call__(self, x: torch.Tensor, add: torch.Tensor | None = None) -> torch.Tensor:
        """See `Product`."""
        linear = torch.ops.mkldnn._linear_pointwise
        y: torch.Tensor
        if add is None:
            y = linear.default(x, self.weight, self.bias, "none", [], "")
        else:
            y = linear.binary(x, add, self.weight, self.bias, "add")
        return y


class Float16:
    """Float16 weights in FBGEMM's order; x and y are float32."""

    least = 1

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> None:
        self.weight = torch.ops.quantized.linear_prepack_fp16(weight.contiguous(), bias)

    def __call__(self, x: torch.Tensor, add: torch.Tensor | None = None) -> torch.Tensor:
        """See `Product`."""
        y: torch.Tensor = torch.ops.quantized.linear_dynamic_fp16(x, self.weight)
        return y if add is None else y.add_(add)


class Int8:
    """Weights as whole numbers from -127 to 127 times one bfloat16 scale an output; x and y are bfloat16."""

    least = 1

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> None:
        scale = (weight.abs().amax(1) / 127).clamp(min=1e-12).bfloat16()
        self.weight = (weight / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8)
        self.scale, self.bias = scale, bias

    def __call__(self, x: torch.Tensor, add: torch.Tensor | None = None) -> torch.Tensor:
        """See `Product`."""
        y = torch._weight_int8pack_mm(x, self.weight, self.scale)
        if self.bias is not None:
            y += self.bias
        return y if add is None else y.add_(add)
