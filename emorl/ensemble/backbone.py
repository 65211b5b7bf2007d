"""Llama-family backbone whose rows are the experts: one base product over all rows, plus a stacked low-rank term.

Written out by hand instead of hooking transformers' modules, because a decode step is bound by memory traffic and by
the number of operations: query, key and value are one product, gate and up another, every product is packed
(`products`), the norms' weights are folded into the products behind them, residuals are added by the products before
them, and the layers below the first adapted one run once a sequence (shared trunk). Rows lie sequence by sequence.
Every sequence keeps its own length: slot s of its cache holds position s, prompts are padded on the right and the
padding is overwritten, so sequences of any length share a batch. `tests/ensemble` holds the naive twin: each adapter
merged into transformers' own model, no cache. Left out: encoder-decoders (T5).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from emorl.ensemble.cache import Cache
from emorl.ensemble.lora import FUSED, Adapter, StackedLora
from emorl.ensemble.products import FEW, PRECISIONS, Product, product
from emorl.errors import AdapterMismatch, BackboneError

STORED = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16, "int8": torch.bfloat16}
"""Type of embedding and head by precision."""


@dataclass(frozen=True)
class LayerProducts:
    """The four products of one layer, and the folded weights of its two norms, (D,) float32."""

    qkv: Product
    o: Product
    gate_up: Product
    down: Product
    attention_norm: torch.Tensor
    mlp_norm: torch.Tensor


@dataclass(frozen=True)
class Look:
    """Where the tokens of one pass stand and what they may look at; made once for the trunk and once for the experts.

    Attributes:
        cos: Rotary cosines, (rows * B * T, 1, width), rows 1 in the trunk.
        sin: Rotary sines, the first half of the width negated, same shape.
        mask: 0 or -inf to add to the scores, (N, 1, 1, S) or (1, 1, T, S); None where all of S or a triangle is seen.
        at: Position of each sequence's first token, (B,); an int where all have the same.
        span: S, positions looked at.
        steps: T.
    """

    cos: torch.Tensor
    sin: torch.Tensor
    mask: torch.Tensor | None
    at: torch.Tensor | int
    span: int
    steps: int


class LlamaBackbone:
    """Weights of a Llama-family causal model, and the forward pass of base and experts.

    Attributes:
        head: Shared, bias-free output head, (V, D).
        scale: Factor of the logits; 1 for Llama.
        width: D.
        precision: Key of `products.PRECISIONS`.
        dtype: Type of the activations.
    """

    scale = 1.0

    def __init__(self, model: Any, precision: str | torch.dtype | None = None) -> None:
        """Take over the weights of a transformers causal model.

        Args:
            model: A `LlamaForCausalLM` or a model with the same modules.
            precision: "float32", "bfloat16", "float16" (weights only), "int8" (weights only), or one of torch's types
                of these names; the model's own type by default.

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
        self.precision = precision_name(precision or next(model.parameters()).dtype)
        self.dtype, stored = PRECISIONS[self.precision], STORED[self.precision]
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_width = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.width, self.max_positions = config.hidden_size, config.max_position_embeddings
        self.eps = config.rms_norm_eps
        self._floor = torch.tensor((self.eps * self.width) ** 0.5)  # see `_unit`

        def take(*modules: Any) -> torch.Tensor:
            plain = [getattr(m, "base_layer", m) for m in modules]  # PEFT wraps the layers it adapts
            return torch.cat([m.weight.detach() for m in plain])

        def fold(norm: Any) -> torch.Tensor:
            return take(norm).float() * self.width**0.5

        inner = model.model
        self.embedding = take(inner.embed_tokens).to(stored).contiguous()
        tied = model.lm_head.weight.data_ptr() == inner.embed_tokens.weight.data_ptr()
        self.head = self.embedding if tied else take(model.lm_head).to(stored).contiguous()
        # float32 activations and logits always: with bfloat16's three digits many words would tie
        self._head = product(self.head, "float32" if self.precision == "float32" else "float16")
        self.final_norm = take(inner.norm).to(self.dtype)
        self.layers = []
        for b in inner.layers:
            before, between = fold(b.input_layernorm), fold(b.post_attention_layernorm)
            qkv = take(b.self_attn.q_proj, b.self_attn.k_proj, b.self_attn.v_proj) * before
            gate_up = take(b.mlp.gate_proj, b.mlp.up_proj) * between
            self.layers.append(
                LayerProducts(
                    product(qkv, self.precision),
                    product(take(b.self_attn.o_proj), self.precision),
                    product(gate_up, self.precision),
                    product(take(b.mlp.down_proj), self.precision),
                    before,
                    between,
                )
            )
        self._inner = config.intermediate_size
        self._rotary = inner.rotary_emb
        self._cos = self._sin = torch.empty(0, 1)

    @classmethod
    def from_pretrained(
        cls, folder: Path, warm_start: Adapter | None = None, precision: str | torch.dtype = "bfloat16"
    ) -> LlamaBackbone:
        """Load a base and merge its warm start (sum in float32, then cast).

        Args:
            folder: A folder transformers can load.
            warm_start: Supervised adapter merged into the base, or None.
            precision: See the constructor.

        Raises:
            BackboneError: See the constructor.
            AdapterMismatch: The warm start does not fit the base.
        """
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        if warm_start is not None:
            merge(model, warm_start)
        return cls(model, precision)

    def prepare(self, lora: StackedLora) -> None:
        """Fuse the stacked factors for this base, and fold its norms into them.

        Raises:
            AdapterMismatch: A factor does not fit this base.
        """
        q, kv = self.heads * self.head_width, self.kv_heads * self.head_width
        widths = {"qkv": (q, kv, kv), "o": (self.width,), "gate_up": (self._inner, self._inner), "down": (self.width,)}
        for index, layer in enumerate(self.layers):
            norms = {"qkv": layer.attention_norm, "gate_up": layer.mlp_norm}
            for name in FUSED:
                lora.build(index, name, widths[name], norms.get(name))

    def empty_cache(self, batch: int, slots: int, lora: StackedLora) -> Cache:
        """A cache for B new sequences with room for `slots` positions."""
        rows = [1 if index < lora.first_layer else lora.rows for index in range(len(self.layers))]
        return Cache.empty(batch, slots, rows, self.kv_heads, self.head_width, self.dtype)

    def positions(self, upto: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Rotary tables for positions 0 to at least upto - 1, each (S, head width): cos, and sin ready for `_turn`."""
        if self._cos.shape[0] < upto:
            ids = torch.arange(max(upto, 256))[None]
            cos, sin = self._rotary(torch.empty(1, dtype=torch.float32), ids)
            half = self.head_width // 2
            self._cos = cos[0].to(self.dtype)
            self._sin = torch.cat([-sin[0, :, :half], sin[0, :, half:]], -1).to(self.dtype)
        return self._cos, self._sin

    def forward(
        self, ids: torch.Tensor, start: torch.Tensor, cache: Cache, lora: StackedLora, last: torch.Tensor | None = None
    ) -> torch.Tensor:
        """States after the final norm, for base and experts at once.

        Args:
            ids: Token ids, (B, T); right-padded where sequences differ in length.
            start: Position of the first token of each sequence, (B,); the same for all where T > 1.
            cache: Cache whose first B sequences these are, with room for start + T; written in place.
            lora: Prepared adapters (see `prepare`).
            last: Index in 0..T-1 of the token to keep for each sequence, (B,); all positions when None.

        Returns:
            (rows, B, D) when `last` is given, else (rows, B, T, D). Row 0 is the base if `lora.base_row`.
        """
        batch, steps = ids.shape
        look = self._look(start, steps)
        x = _fill(F.embedding(ids, self.embedding).to(self.dtype).view(batch * steps, self.width))
        rows = 1
        for index, layer in enumerate(self.layers):
            if index == lora.first_layer:
                rows = lora.rows
                x = x[: batch * steps].view(batch, 1, steps, self.width).expand(-1, rows, -1, -1)
                x, look = _fill(x.reshape(-1, self.width)), _repeat(look, batch, rows)
            x = self._layer(index, layer, x, batch * rows, look, cache, lora)
        x = x[: batch * rows * steps].view(batch, rows, steps, self.width)
        if last is not None:
            x = x[torch.arange(batch), :, last]
        return F.rms_norm(x, (self.width,), self.final_norm, self.eps).transpose(0, 1)

    def _look(self, start: torch.Tensor, steps: int) -> Look:
        """What the tokens of the trunk look at."""
        first, span = int(start[0]), int(start.max()) + steps
        same = bool((start == first).all())
        if steps > 1 and not same:
            raise ValueError("expected sequences that start at one position, or one token of each")
        at = start[:, None] + torch.arange(steps)  # (B, T)
        cos, sin = (table[at].view(-1, 1, self.head_width) for table in self.positions(span))
        mask = None
        if steps > 1 and first:
            mask = torch.arange(span) > at[0, :, None]  # (T, S)
        elif not same:
            mask = (torch.arange(span) > at)[:, None]  # (B, 1, S)
        if mask is not None:
            hidden = torch.zeros(mask.shape, dtype=self.dtype).masked_fill_(mask, -torch.inf)
            mask = hidden[None, None] if steps > 1 else hidden[:, None]
        return Look(cos, sin, mask, first if same else start, span, steps)

    def _layer(
        self, index: int, layer: LayerProducts, x: torch.Tensor, n: int, look: Look, cache: Cache, lora: StackedLora
    ) -> torch.Tensor:
        """One decoder layer over x (at least n * T, D) of n = rows * B sequences."""
        adapted, tokens = index >= lora.first_layer, n * look.steps
        normed = self._unit(x)
        qkv = layer.qkv(normed)
        if adapted:
            lora.add(index, "qkv", normed[:tokens], qkv[:tokens], look.steps)
        mixed = self._attend(index, qkv[:tokens], n, look, cache)
        out = layer.o(_fill(mixed), x)
        if adapted:
            lora.add(index, "o", mixed, out[:tokens], look.steps)
        normed = self._unit(out)
        gate_up = layer.gate_up(normed)
        if adapted:
            lora.add(index, "gate_up", normed[:tokens], gate_up[:tokens], look.steps)
        inner = F.silu(gate_up[:, : self._inner]).mul_(gate_up[:, self._inner :])
        out = layer.down(inner, out)
        if adapted:
            lora.add(index, "down", inner[:tokens], out[:tokens], look.steps)
        return out

    def _unit(self, x: torch.Tensor) -> torch.Tensor:
        """RMS norm without its weight and the factor √D, which the next product holds: x / √(|x|² + ε D)."""
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
        return torch.div(x, torch.hypot(norm, self._floor), out=torch.empty_like(x))

    def _attend(self, index: int, qkv: torch.Tensor, n: int, look: Look, cache: Cache) -> torch.Tensor:
        """Write keys and values of qkv (n * T, ·) to the cache and attend; (n * T, heads * head width)."""
        parts = qkv.view(-1, self.heads + 2 * self.kv_heads, self.head_width)
        turning = parts[:, : self.heads + self.kv_heads]
        rolled = turning.roll(self.head_width // 2, -1)
        torch.addcmul(turning * look.cos, rolled, look.sin, out=turning)
        cache.write(index, parts[:, self.heads :], look.at, look.steps)
        keys, values = cache.read(index, n, look.span)
        if look.steps == 1:
            query = parts[:, : self.heads].view(n, self.kv_heads, self.heads // self.kv_heads, self.head_width)
            mixed = F.scaled_dot_product_attention(query, keys, values, attn_mask=look.mask)
        else:
            query = parts[:, : self.heads].view(n, look.steps, self.heads, self.head_width).transpose(1, 2)
            mixed = F.scaled_dot_product_attention(
                query, keys, values, attn_mask=look.mask, is_causal=look.mask is None, enable_gqa=True
            ).transpose(1, 2)
        return mixed.reshape(n * look.steps, self.heads * self.head_width)

    def logits(self, mixed: torch.Tensor) -> torch.Tensor:
        """Logits scale · W f, float32, (B, V), of mixed states f (B, D)."""
        return self._head(mixed.float()) * self.scale


def precision_name(precision: str | torch.dtype) -> str:
    """The key of `PRECISIONS` for a name or one of torch's types.

    Raises:
        BackboneError: There is no such precision.
    """
    name = str(precision).removeprefix("torch.")
    if name not in PRECISIONS:
        raise BackboneError(f"Got the precision {name}: expected {', '.join(PRECISIONS)}; choose one of these.")
    return name


def _fill(x: torch.Tensor) -> torch.Tensor:
    """At least `FEW` rows, with zeros behind: the matrix library is slower with fewer."""
    return F.pad(x, (0, 0, 0, FEW - len(x))) if len(x) < FEW else x


def _repeat(look: Look, batch: int, rows: int) -> Look:
    """The same for every row of each sequence."""

    def each(table: torch.Tensor) -> torch.Tensor:
        return table.view(batch, 1, look.steps, -1).expand(-1, rows, -1, -1).reshape(batch * rows * look.steps, 1, -1)

    mask = look.mask
    if mask is not None and look.steps == 1:
        mask = mask.repeat_interleave(rows, 0)
    return Look(each(look.cos), each(look.sin), mask, look.at, look.span, look.steps)


def merge(model: Any, adapter: Adapter) -> None:
    """Add scale · B A to the weights of a transformers causal model, in place.

    Raises:
        AdapterMismatch: A factor does not fit the model.
    """
    layers = model.model.layers
    for (index, projection), (down, up) in adapter.factors.items():
        if index >= len(layers):
            raise AdapterMismatch(
                f"Adapter {adapter.name} changes layer {index}: expected fewer than {len(layers)}; "
                "use the base it was trained on."
            )
        linear = layers[index].get_submodule(projection)
        delta = adapter.scale * (up @ down)
        if delta.shape != linear.weight.shape:
            raise AdapterMismatch(
                f"Adapter {adapter.name} has shape {tuple(delta.shape)} for {projection} of layer {index}: expected "
                f"{tuple(linear.weight.shape)}; use the base it was trained on."
            )
        with torch.no_grad():
            linear.weight += delta.to(linear.weight.dtype)
