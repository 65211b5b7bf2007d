"""One token of every sequence: the forward pass of a decoding step, with compiled functions between the products.

It computes what the plain way of `LlamaBackbone` computes for single tokens, from the same weights and in the same
cache, and the tests hold one to the other. A layer is four products and four calls of `kernels`, whose machine code is
loaded, or compiled where there is none yet, in a thread of its own; until then, and where numba is not installed, the
plain way serves. Left out: prompts, other devices than the CPU, and bases that norm their query and key heads (Qwen3).
"""

from __future__ import annotations

import functools
import logging
import threading
from concurrent.futures import Future
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import numpy
import torch
from torch.nn import functional as F

from emorl.ensemble.cache import Cache
from emorl.ensemble.lora import FUSED
from emorl.ensemble.products import LayerProducts, pad_rows
from emorl.ensemble.stack import StackedLora

log = logging.getLogger(__name__)

TYPES = (torch.float32, torch.bfloat16)
"""Types of activations that the compiled functions take."""


def array(tensor: torch.Tensor) -> Any:
    """The tensor's numbers for numpy, bfloat16 as uint16; the same memory."""
    return tensor.numpy() if tensor.dtype == torch.float32 else tensor.view(torch.uint16).numpy()


def compiled(dtype: torch.dtype, device: str = "cpu") -> Future[ModuleType | None]:
    """The module `kernels`, compiled for this type of activations; None where that cannot be done. Begun once."""
    return begun(dtype if dtype in TYPES and device == "cpu" else None)


@functools.cache  # by what is compiled, however it was asked for
def begun(dtype: torch.dtype | None) -> Future[ModuleType | None]:
    """The same for one of `TYPES`; None where the type is None."""
    future: Future[ModuleType | None] = Future()
    if dtype is None:
        future.set_result(None)
    else:
        threading.Thread(target=_load, args=(dtype, future), name="emorl-kernels").start()
    return future


def _load(dtype: torch.dtype, future: Future[ModuleType | None]) -> None:
    """The thread: import numba and call every function once, which compiles it or loads its machine code."""
    found = None
    try:
        from emorl.ensemble import kernels

        kernels.warm_up(array(torch.zeros(1, dtype=dtype)).dtype)
        found = kernels
    except ImportError:
        log.info("decoding without numba, which would make it faster: pip install numba")
    except Exception:
        log.exception("the functions of a decoding step could not be compiled; decoding goes on without them")
    future.set_result(found)


class Backbone(Protocol):
    """What a step needs of a backbone; `LlamaBackbone` says what each is."""

    embedding: torch.Tensor
    layers: list[LayerProducts]
    final_norm: torch.Tensor
    eps: float
    dtype: torch.dtype
    width: int
    heads: int
    head_width: int
    inner: int
    least_rows: int

    def rotary(self, upto: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Rotary tables in float32."""


class Rows(NamedTuple):
    """Rows of activations, for products and for compiled functions: the same numbers twice."""

    tensor: torch.Tensor
    array: Any


class OneTokenStep:
    """Runs single tokens through a backbone."""

    def __init__(self, backbone: Backbone, kernels: ModuleType) -> None:
        """Args: the backbone, and the module `kernels`."""
        self.backbone, self.kernels = backbone, kernels
        self._floor = numpy.float32(backbone.eps * backbone.width)
        self._tables: tuple[Any, Any] = ((), ())  # none yet

    def forward(self, ids: torch.Tensor, start: torch.Tensor, cache: Cache, lora: StackedLora) -> torch.Tensor:
        """States after the final norm, (rows, B, D), of one token of each sequence; see `LlamaBackbone.forward`."""
        backbone, kernels, rows = self.backbone, self.kernels, 1
        upto = int(start.max()) + 1
        assert upto <= cache.slots  # compiled functions do not check
        cos, sin = self._positions(upto)
        places, count = start.numpy(), len(ids)
        x = pad_rows(F.embedding(ids[:, 0], backbone.embedding).to(backbone.dtype), backbone.least_rows)
        normed, mixed, inner = self._begin(x, count)
        for index, layer in enumerate(backbone.layers):
            if index == lora.first_layer:
                rows = lora.rows
                x = pad_rows(x[:count].repeat_interleave(rows, 0), backbone.least_rows)
                count *= rows
                normed, mixed, inner = self._begin(x, count)
            parts = {name: (count, rows, *lora.arrays(index, name)) for name in FUSED}
            qkv = layer.qkv(normed.tensor)
            kernels.attend(
                *parts["qkv"], normed.array, array(qkv), cos, sin, places, array(cache.layer(index)), mixed.array
            )
            out = layer.o(mixed.tensor, x)
            kernels.add_and_normalise(*parts["o"], mixed.array, array(out), normed.array, self._floor)
            gate_up = layer.gate_up(normed.tensor)
            kernels.activate(*parts["gate_up"], normed.array, array(gate_up), inner.array)
            x = layer.down(inner.tensor, out)
            kernels.add_and_normalise(*parts["down"], inner.array, array(x), normed.array, self._floor)
        x = x[:count].view(-1, rows, backbone.width)
        return F.rms_norm(x, (backbone.width,), backbone.final_norm, backbone.eps).transpose(0, 1)

    def _begin(self, x: torch.Tensor, count: int) -> tuple[Rows, Rows, Rows]:
        """Rows for the norm of x, which is computed, for the attention and for the activation."""
        backbone = self.backbone
        widths = (backbone.width, backbone.heads * backbone.head_width, backbone.inner)
        tensors = [torch.zeros(len(x), width, dtype=backbone.dtype) for width in widths]
        normed, mixed, inner = (Rows(tensor, array(tensor)) for tensor in tensors)
        self.kernels.normalise_rows(count, array(x), normed.array, self._floor)
        return normed, mixed, inner

    def _positions(self, upto: int) -> tuple[Any, Any]:
        """Rotary tables in float32 for positions 0 to at least upto - 1; see `LlamaBackbone.rotary`."""
        cos, sin = self._tables
        if len(cos) < upto:
            cos, sin = (table.numpy() for table in self.backbone.rotary(upto))
            self._tables = cos, sin
        return cos, sin
