"""What lies between two products of a decoding step, each as one function that numba compiles to machine code.

PyTorch does the same in some 25 operations a layer, each of which takes longer to start than to run. There are four
functions: attention of one token over the cache, with its rotary embedding and cache write; the activation; the
addition of what the adapters say, which the other three begin with; and the norm before the next product.

Arrays are rows of float32, or of bfloat16, which numpy does not know and uint16 stands for; sums are float32. A row is
computed by itself and in the same order whatever else is in the batch. `step` calls these functions, and imports this
module late, because it brings numba. Left out: prompts, other devices, and bfloat16's numbers that are none (NaN).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba import extending, types

Function = TypeVar("Function", bound=Callable[..., Any])
intrinsic: Callable[[Callable[..., Any]], Any] = extending.intrinsic

ANY_ORDER = {"reassoc", "contract", "nsz", "arcp"}
"""What LLVM may do with sums: take their terms in another order, so that it can use vectors."""

ZERO, HALF, ONE = np.float32(0), np.float32(0.5), np.float32(1)
LOWEST, HIGHEST = np.float32(-87), np.float32(88)  # where e^x leaves the normal numbers
LOG2_E = np.float32(1.44269504)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
SERIES = tuple(map(np.float32, (1.9875691e-4, 1.3981999e-3, 8.3334519e-3, 4.1665796e-2, 0.16666665, 0.5)))  # Cephes


def compiled(order: set[str] | bool = ANY_ORDER) -> Callable[[Function], Function]:
    """A decorator: compile at the first call, and keep the machine code for the next process where a folder allows."""

    def decorate(function: Function) -> Function:
        settings: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": order}
        made: Function
        try:
            made = numba.njit(cache=True, **settings)(function)
        except RuntimeError:  # no folder that can be written
            made = numba.njit(**settings)(function)
        return made

    return decorate


@intrinsic
def widen(context: Any, number: types.Type) -> Any:
    """The float32 that an element stands for: float32 itself, or bfloat16 in a uint16."""

    def same(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        return values[0]

    def from_half(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        bits = builder.shl(builder.zext(values[0], ir.IntType(32)), ir.Constant(ir.IntType(32), 16))
        return builder.bitcast(bits, ir.FloatType())

    return types.float32(number), same if number == types.float32 else from_half


@intrinsic
def narrow(context: Any, number: types.Type, like: types.Type) -> Any:
    """A float32 as an element of the type that `like` has, rounded to the nearest, ties to even."""

    def same(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        return values[0]

    def to_half(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        def constant(value: int) -> ir.Constant:
            return ir.Constant(ir.IntType(32), value)

        bits = builder.bitcast(values[0], ir.IntType(32))
        odd = builder.and_(builder.lshr(bits, constant(16)), constant(1))
        rounded = builder.add(builder.add(bits, constant(0x7FFF)), odd)
        return builder.trunc(builder.lshr(rounded, constant(16)), ir.IntType(16))

    return like(types.float32, like), same if like == types.float32 else to_half


@intrinsic
def power_of_two(context: Any, exponent: types.Type) -> Any:
    """2^n, float32, of a whole number n from -126 to 127 (int32)."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, values: Any) -> Any:
        biased = builder.add(values[0], ir.Constant(ir.IntType(32), 127))
        return builder.bitcast(builder.shl(biased, ir.Constant(ir.IntType(32), 23)), ir.FloatType())

    return types.float32(types.int32), generate


@compiled({"contract"})
def exponential(x: np.float32) -> np.float32:
    """e^x to one unit in the last place or two, without a call, so that LLVM can use vectors."""
    x = min(max(x, LOWEST), HIGHEST)
    whole = np.floor(x * LOG2_E + HALF)
    rest = x - whole * LN2_HIGH - whole * LN2_LOW
    series = SERIES[0]
    series = series * rest + SERIES[1]
    series = series * rest + SERIES[2]
    series = series * rest + SERIES[3]
    series = series * rest + SERIES[4]
    series = series * rest + SERIES[5]
    return np.float32((series * rest * rest + rest + ONE) * power_of_two(np.int32(whole)))


@compiled()
def add_low_rank(x: Any, y: Any, down: Any, up: Any, spans: Any) -> None:
    """Add B A x to y: one row and one adapter; see `StackedLora.arrays`."""
    inputs, sums = np.empty(len(x), np.float32), np.zeros(len(y), np.float32)
    for i in range(len(x)):
        inputs[i] = widen(x[i])
    for r in range(len(down)):
        first, end = spans[r, 0], spans[r, 1]
        if first == end:
            continue
        total = ZERO
        for i in range(len(x)):
            total += inputs[i] * down[r, i]
        part, column = sums[first:end], up[r, first:end]  # indices from 0 on: others might count from the end
        for j in range(len(part)):
            part[j] += total * column[j]
    for j in range(len(y)):
        y[j] = narrow(widen(y[j]) + sums[j], y[j])


@compiled()
def normalise(x: Any, normed: Any, floor: np.float32) -> None:
    """One row of `LlamaBackbone._normalise`: x / √(|x|² + ε D), with `floor` = ε D."""
    total = ZERO
    for i in range(len(x)):
        total += widen(x[i]) * widen(x[i])
    factor = ONE / np.sqrt(total + floor)
    for i in range(len(x)):
        normed[i] = narrow(widen(x[i]) * factor, normed[i])


@compiled()
def normalise_rows(count: int, x: Any, normed: Any, floor: np.float32) -> None:
    """`normalise` of the first `count` rows."""
    for row in range(count):
        normalise(x[row], normed[row], floor)


@compiled()
def add_and_normalise(
    count: int, rows: int, down: Any, up: Any, spans: Any, x: Any, y: Any, normed: Any, floor: np.float32
) -> None:
    """Add the adapters' part to y (M, D), the output of a product with inputs x (M, in), and normalise it.

    Args:
        count: Rows of y that count, the others being padding; `rows` of them belong to each sequence.
        rows: Rows of a sequence.
        down: A, (K, R', in); K is 0 where nothing is adapted.
        up: Scaled B, (K, R', D).
        spans: First and end of the columns of `up` that are not zero, (K, R', 2).
        x: Inputs of the product.
        y: Its output, changed in place.
        normed: What `normalise` makes of y, (M, D); written.
        floor: ε D.
    """
    base = rows - len(down)  # 1 where the base has a row of its own
    for row in range(count):
        if len(down) and row % rows >= base:
            k = row % rows - base
            add_low_rank(x[row], y[row], down[k], up[k], spans[k])
        normalise(y[row], normed[row], floor)


@compiled()
def activate(count: int, rows: int, down: Any, up: Any, spans: Any, x: Any, gate_up: Any, inner: Any) -> None:
    """SiLU(gate) · up, (M, inner width), after the adapters' part has been added; arguments as above."""
    base, width = rows - len(down), inner.shape[1]
    for row in range(count):
        if len(down) and row % rows >= base:
            k = row % rows - base
            add_low_rank(x[row], gate_up[row], down[k], up[k], spans[k])
        for j in range(width):
            gate = widen(gate_up[row, j])
            inner[row, j] = narrow(gate / (ONE + exponential(-gate)) * widen(gate_up[row, width + j]), inner[row, j])


@compiled()
def rotate(x: Any, cos: Any, sin: Any, factor: np.float32, rotated: Any) -> None:
    """The rotary embedding of one head, (head width,), times a factor."""
    half = len(x) // 2
    for j in range(half):
        one, other = widen(x[j]), widen(x[half + j])
        rotated[j] = narrow((one * cos[j] + other * sin[j]) * factor, rotated[j])
        rotated[half + j] = narrow((other * cos[half + j] + one * sin[half + j]) * factor, rotated[half + j])


@compiled()
def softmax(scores: Any) -> None:
    """The softmax of T numbers, in place."""
    highest, whole = np.float32(-np.inf), ZERO
    for t in range(len(scores)):
        highest = max(highest, scores[t])
    for t in range(len(scores)):
        scores[t] = exponential(scores[t] - highest)
        whole += scores[t]
    for t in range(len(scores)):
        scores[t] /= whole


@compiled()
def attend_group(query: Any, keys: Any, values: Any, scores: Any, sums: Any, mixed: Any) -> None:
    """Attention of the queries of one key-value head; keys and values are read once for all of them.

    Args:
        query: Queries, already scaled, (heads of the group, head width), float32.
        keys: Keys, (T, head width).
        values: Values, likewise.
        scores: Room for (heads, at least T) numbers.
        sums: Room for (heads, head width) numbers.
        mixed: The heads' values side by side, (heads · head width,); written.
    """
    heads, width = query.shape
    for t in range(len(keys)):
        for h in range(heads):
            total = ZERO
            for j in range(width):
                total += query[h, j] * widen(keys[t, j])
            scores[h, t] = total
    for h in range(heads):
        softmax(scores[h, : len(keys)])
    sums[:] = ZERO
    for t in range(len(keys)):
        for h in range(heads):
            for j in range(width):
                sums[h, j] += scores[h, t] * widen(values[t, j])
    for h in range(heads):
        for j in range(width):
            mixed[h * width + j] = narrow(sums[h, j], mixed[h * width + j])


@compiled()
def attend(
    count: int,
    rows: int,
    down: Any,
    up: Any,
    spans: Any,
    x: Any,
    qkv: Any,
    cos: Any,
    sin: Any,
    start: Any,
    cache: Any,
    mixed: Any,
) -> None:
    """Write keys and values of one token of every row to the cache, and attend over all up to it.

    Args:
        count: As above, as are rows, down, up, spans and x.
        rows: Rows of a sequence.
        down: A.
        up: Scaled B.
        spans: Columns of B.
        x: Inputs of the product.
        qkv: Its output: queries, keys and values, (M, (heads + 2 · kv heads) · head width); changed in place.
        cos: Rotary cosines by position, (S, head width), float32.
        sin: Sines, the first half of the width negated.
        start: Position of each sequence's token, (B,).
        cache: Of this layer, (capacity, rows, 2, kv heads, slots, head width).
        mixed: The heads' values side by side, (M, heads · head width); written.
    """
    base, kv_heads, width = rows - len(down), cache.shape[3], cache.shape[5]
    heads = qkv.shape[1] // width - 2 * kv_heads
    group = heads // kv_heads
    scores = np.empty((group, cache.shape[4]), np.float32)
    query, sums = np.empty((group, width), np.float32), np.empty((group, width), np.float32)
    scale = ONE / np.sqrt(np.float32(width))
    for row in range(count):
        if len(down) and row % rows >= base:
            k = row % rows - base
            add_low_rank(x[row], qkv[row], down[k], up[k], spans[k])
        position, stored = start[row // rows], cache[row // rows, row % rows]
        for h in range(kv_heads):
            key, value = qkv[row, (heads + h) * width :], qkv[row, (heads + kv_heads + h) * width :]
            rotate(key[:width], cos[position], sin[position], ONE, stored[0, h, position])
            stored[1, h, position, :] = value[:width]
            queries = qkv[row, h * group * width : (h + 1) * group * width]
            for g in range(group):
                rotate(queries[g * width : (g + 1) * width], cos[position], sin[position], scale, query[g])
            mine = mixed[row, h * group * width : (h + 1) * group * width]
            attend_group(query, stored[0, h, : position + 1], stored[1, h, : position + 1], scores, sums, mine)


def warm_up(dtype: Any) -> None:
    """Call every function with rows of this type, so that none has to be compiled later."""
    rows, narrow_rows = np.zeros((1, 12), dtype), np.zeros((1, 4), dtype)
    factors = np.zeros((1, 1, 4), np.float32), np.zeros((1, 1, 4), np.float32), np.zeros((1, 1, 2), np.int64)
    table, start = np.zeros((1, 4), np.float32), np.zeros(1, np.int64)
    normalise_rows(1, narrow_rows, narrow_rows, ONE)
    attend(1, 1, *factors, narrow_rows, rows, table, table, start, np.zeros((1, 1, 2, 1, 1, 4), dtype), narrow_rows)
    add_and_normalise(1, 1, *factors, narrow_rows, narrow_rows, narrow_rows, ONE)
    activate(1, 1, *factors, narrow_rows, rows, np.zeros((1, 6), dtype))
