"""Llama-family backbone whose rows are the experts: one base product over all rows, plus a stacked low-rank term.

Written out by hand instead of hooking transformers' modules, because a decode step is bound by memory traffic and
Python: query, key and value are one product, gate and up another, and the layers below the first adapted one run once a
sequence (shared trunk). Every sequence keeps its own length: slot s of its cache holds position s, prompts are padded
on the right and the padding is overwritten, so sequences of any length share a batch. `tests/ensemble` holds the
naive twin: each adapter merged into transformers' own model, no cache. Left out: encoder-decoders (T5).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from emorl.ensemble.lora import FUSED, Adapter, StackedLora
from emorl.errors import AdapterMismatch, BackboneError


@dataclass(frozen=True)
class LayerWeights:
    """Fused weights of one layer, each (out, in), and its two norms, (D,)."""

    qkv: torch.Tensor
    o: torch.Tensor
    gate_up: torch.Tensor
    down: torch.Tensor
    attention_norm: torch.Tensor
    mlp_norm: torch.Tensor


class Cache:
    """Keys and values of B sequences, a layer (rows * B, kv heads, S, head width); rows is 1 in the trunk."""

    def __init__(self, keys: list[torch.Tensor], values: list[torch.Tensor], batch: int) -> None:
        self.keys, self.values, self.batch = keys, values, batch

    @property
    def slots(self) -> int:
        """Positions that fit."""
        return self.keys[0].shape[2]

    def take(self, sequences: torch.Tensor, slots: int) -> Cache:
        """The cache of the named sequences (repeats allowed), with room for at least `slots` positions."""

        def pick(tensor: torch.Tensor) -> torch.Tensor:
            rows, heads, old, width = tensor.shape
            grouped = tensor.view(rows // self.batch, self.batch, heads, old, width)
            new = tensor.new_empty(grouped.shape[0], len(sequences), heads, max(old, slots), width)
            new[..., :old, :] = grouped[:, sequences]
            new[..., old:, :] = 0  # never read before it is written, but 0 * inf would be NaN
            return new.flatten(0, 1)

        return Cache([pick(k) for k in self.keys], [pick(v) for v in self.values], len(sequences))

    def join(self, other: Cache) -> Cache:
        """The sequences of both, these first, with room for the longer ones."""
        slots = max(self.slots, other.slots)

        def both(mine: torch.Tensor, its: torch.Tensor) -> torch.Tensor:
            grouped = [
                F.pad(t.view(t.shape[0] // c.batch, c.batch, *t.shape[1:]), (0, 0, 0, slots - t.shape[2]))
                for t, c in ((mine, self), (its, other))
            ]
            return torch.cat(grouped, 1).flatten(0, 1)

        keys = [both(a, b) for a, b in zip(self.keys, other.keys, strict=True)]
        values = [both(a, b) for a, b in zip(self.values, other.values, strict=True)]
        return Cache(keys, values, self.batch + other.batch)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary position embedding; x (N, T, heads, width), cos and sin (N, T, 1, width)."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class LlamaBackbone:
    """Weights of a Llama-family causal model, and the forward pass of base and experts.

    Attributes:
        head: Shared, bias-free output head, (V, D).
        scale: Factor of the logits; 1 for Llama.
        width: D.
        dtype: Type of weights and activations.
    """

    scale = 1.0

    def __init__(self, model: Any, dtype: torch.dtype | None = None) -> None:
        """Take over the weights of a transformers causal model.

        Args:
            model: A `LlamaForCausalLM` or a model with the same modules.
            dtype: Type to cast to; the model's own by default.

        Raises:
            BackboneError: The architecture would break exact mixing or is not of the Llama family.
        """
        config = model.config
        if config.model_type not in ("llama", "mistral"):
            raise BackboneError(
                f"The base is of type {config.model_type}: expected a model of the Llama family; "
                "choose one such as SmolLM2."
            )
        if getattr(model.lm_head, "bias", None) is not None:
            raise BackboneError("The base's head has a bias: expected none; mixing would not be exact.")
        if getattr(config, "final_logit_softcapping", None):
            raise BackboneError("The base caps its logits: expected a linear head; mixing would not be exact.")
        if getattr(config, "attention_bias", False) or getattr(config, "mlp_bias", False):
            raise BackboneError("The base has biases in its layers: expected none; choose another base.")
        if getattr(config, "sliding_window", None):
            raise BackboneError("The base uses a sliding window: expected full attention; choose another base.")
        if config.hidden_act != "silu":
            raise BackboneError(f"The base uses {config.hidden_act}: expected silu; choose another base.")
        self.dtype = dtype or next(model.parameters()).dtype
        self.eps = config.rms_norm_eps
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_width = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.width, self.max_positions = config.hidden_size, config.max_position_embeddings

        def take(*modules: Any) -> torch.Tensor:
            plain = [getattr(m, "base_layer", m) for m in modules]  # PEFT wraps the layers it adapts
            return torch.cat([m.weight.detach() for m in plain]).to(self.dtype).contiguous()

        inner = model.model
        self.embedding = take(inner.embed_tokens)
        tied = model.lm_head.weight.data_ptr() == inner.embed_tokens.weight.data_ptr()
        self.head = self.embedding if tied else take(model.lm_head)
        self.final_norm = take(inner.norm)
        self.layers = [
            LayerWeights(
                take(b.self_attn.q_proj, b.self_attn.k_proj, b.self_attn.v_proj), take(b.self_attn.o_proj),
                take(b.mlp.gate_proj, b.mlp.up_proj), take(b.mlp.down_proj),
                take(b.input_layernorm), take(b.post_attention_layernorm),
            )
            for b in inner.layers
        ]  # fmt: skip
        self._rotary = inner.rotary_emb
        self._cos = self._sin = torch.empty(0, 1)

    @classmethod
    def from_pretrained(
        cls, folder: Path, warm_start: Adapter | None = None, dtype: torch.dtype = torch.bfloat16
    ) -> LlamaBackbone:
        """Load a base and merge its warm start (sum in float32, then cast).

        Args:
            folder: A folder transformers can load.
            warm_start: Supervised adapter merged into the base, or None.
            dtype: Type of the weights in use.

        Raises:
            BackboneError: See the constructor.
            AdapterMismatch: The warm start does not fit the base.
        """
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        if warm_start is not None:
            merge(model, warm_start)
        return cls(model, dtype)

    def prepare(self, lora: StackedLora) -> None:
        """Cast and fuse the stacked factors for this base.

        Raises:
            AdapterMismatch: A factor does not fit this base.
        """
        q, kv = self.heads * self.head_width, self.kv_heads * self.head_width
        for index, layer in enumerate(self.layers):
            half = layer.gate_up.shape[0] // 2
            widths = {"qkv": (q, kv, kv), "o": (self.width,), "gate_up": (half, half), "down": (self.width,)}
            for product in FUSED:
                lora.build(index, product, widths[product], self.dtype)

    def empty_cache(self, batch: int, slots: int, lora: StackedLora) -> Cache:
        """A cache for B new sequences with room for `slots` positions."""

        def make() -> list[torch.Tensor]:
            return [
                torch.zeros((1 if i < lora.first_layer else lora.rows) * batch, self.kv_heads, slots, self.head_width,
                            dtype=self.dtype)
                for i in range(len(self.layers))
            ]  # fmt: skip

        return Cache(make(), make(), batch)

    def positions(self, upto: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Rotary tables cos and sin for positions 0 to at least upto - 1, each (S, head width)."""
        if self._cos.shape[0] < upto:
            ids = torch.arange(max(upto, 256))[None]
            cos, sin = self._rotary(torch.empty(1, dtype=torch.float32), ids)
            self._cos, self._sin = cos[0].to(self.dtype), sin[0].to(self.dtype)
        return self._cos, self._sin

    def forward(
        self, ids: torch.Tensor, start: torch.Tensor, cache: Cache, lora: StackedLora, last: torch.Tensor | None = None
    ) -> torch.Tensor:
        """States after the final norm, for base and experts at once.

        Args:
            ids: Token ids, (B, T); right-padded where sequences differ in length.
            start: Position of the first token of each sequence, (B,).
            cache: Cache of these B sequences with room for start + T; written in place.
            lora: Prepared adapters (see `prepare`).
            last: Index in 0..T-1 of the token to keep for each sequence, (B,); all positions when None.

        Returns:
            (rows, B, D) when `last` is given, else (rows, B, T, D). Row 0 is the base if `lora.base_row`.
        """
        batch, steps = ids.shape
        at = start[:, None] + torch.arange(steps)  # (B, T)
        span = int(at.max()) + 1
        cos_table, sin_table = self.positions(span)
        cos, sin = cos_table[at][:, :, None], sin_table[at][:, :, None]  # (B, T, 1, width)
        mask = None
        if steps > 1 or batch > 1:
            mask = (torch.arange(span) <= at[:, :, None])[:, None]  # (B, 1, T, S)
            group = self.heads // self.kv_heads
            if steps > 1:
                mask = mask.repeat(1, 1, group, 1)  # (B, 1, G * T, S), group-major like the queries
        # a prefill starts at 0 everywhere: one slice; a step writes each sequence at its own slot
        slots = None if steps > 1 and not bool(start.any()) else at
        x = self.embedding[ids].view(1, batch * steps, self.width)  # (rows, B * T, D)
        rows = 1
        for index, layer in enumerate(self.layers):
            if index == lora.first_layer:
                rows = lora.rows
                x = x.repeat(rows, 1, 1)
                cos, sin = cos.repeat(rows, 1, 1, 1), sin.repeat(rows, 1, 1, 1)
                mask = None if mask is None else mask.repeat(rows, 1, 1, 1)
                slots = None if slots is None else slots.repeat(rows, 1)
            x = self._layer(index, layer, x, cos, sin, mask, slots, span, cache, lora)
        if last is not None:
            x = x.view(rows, batch, steps, self.width)[:, torch.arange(batch), last]
        x = F.rms_norm(x, (self.width,), self.final_norm, self.eps)
        return x if last is not None else x.view(rows, batch, steps, self.width)

    def _layer(
        self, index: int, layer: LayerWeights, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor,
        mask: torch.Tensor | None, slots: torch.Tensor | None, span: int, cache: Cache, lora: StackedLora,
    ) -> torch.Tensor:  # fmt: skip
        """One decoder layer over x (rows, B * T, D)."""
        rows, flat, _ = x.shape
        adapted = index >= lora.first_layer
        normed = F.rms_norm(x, (self.width,), layer.attention_norm, self.eps)
        qkv = F.linear(normed, layer.qkv)
        if adapted:
            lora.add(index, "qkv", normed, qkv)
        n = cos.shape[0]  # rows * B
        steps = rows * flat // n
        qkv = qkv.view(n, steps, self.heads + 2 * self.kv_heads, self.head_width)
        turned = rotate(qkv[:, :, : self.heads + self.kv_heads], cos, sin)
        query, key = turned[:, :, : self.heads], turned[:, :, self.heads :]
        value = qkv[:, :, self.heads + self.kv_heads :]
        keys, values = cache.keys[index], cache.values[index]
        if slots is None:
            keys[:, :, :steps] = key.transpose(1, 2)
            values[:, :, :steps] = value.transpose(1, 2)
        elif n == 1 or steps == 1:
            everyone = torch.arange(n)
            keys[everyone, :, slots[:, 0]] = key[:, 0]
            values[everyone, :, slots[:, 0]] = value[:, 0]
        else:
            everyone = torch.arange(n)[:, None]
            keys[everyone, :, slots] = key
            values[everyone, :, slots] = value
        group = self.heads // self.kv_heads
        query = query.view(n, steps, self.kv_heads, group, self.head_width).permute(0, 2, 3, 1, 4)
        query = query.reshape(n, self.kv_heads, group * steps, self.head_width)
        mixed = F.scaled_dot_product_attention(query, keys[:, :, :span], values[:, :, :span], attn_mask=mask)
        mixed = mixed.view(n, self.kv_heads, group, steps, self.head_width).permute(0, 3, 1, 2, 4)
        mixed = mixed.reshape(rows, flat, self.heads * self.head_width)
        out = F.linear(mixed, layer.o)
        if adapted:
            lora.add(index, "o", mixed, out)
        x = x + out
        normed = F.rms_norm(x, (self.width,), layer.mlp_norm, self.eps)
        gate_up = F.linear(normed, layer.gate_up)
        if adapted:
            lora.add(index, "gate_up", normed, gate_up)
        gate, up = gate_up.chunk(2, -1)
        inner = F.silu(gate) * up
        out = F.linear(inner, layer.down)
        if adapted:
            lora.add(index, "down", inner, out)
        return x + out

    def logits(self, mixed: torch.Tensor) -> torch.Tensor:
        """Logits scale · W f, float32, (B, V), of mixed states f (B, D)."""
        return F.linear(mixed.to(self.dtype), self.head).float() * self.scale


def merge(model: Any, adapter: Adapter) -> None:
    """Add scale · B A to the weights of a transformers causal model, in place.

    Raises:
        AdapterMismatch: A factor does not fit the model.
    """
    layers = model.model.layers
    for (index, projection), (down, up) in adapter.factors.items():
        if index >= len(layers):
            raise AdapterMismatch(f"Adapter {adapter.name} changes layer {index}: expected fewer than {len(layers)}; "
                                  "use the base it was trained on.")  # fmt: skip
        linear = layers[index].get_submodule(projection)
        delta = adapter.scale * (up @ down)
        if delta.shape != linear.weight.shape:
            raise AdapterMismatch(
                f"Adapter {adapter.name} has shape {tuple(delta.shape)} for {projection} of layer {index}: expected "
                f"{tuple(linear.weight.shape)}; use the base it was trained on."
            )
        with torch.no_grad():
            linear.weight += delta.to(linear.weight.dtype)
