"""The backbone whose rows are the experts: one base product over all rows, plus a stacked low-rank term.

It is written out by hand instead of hooking into transformers' modules, because memory traffic and the number of
operations decide how fast a decoding step is. Query, key and value are one product, gate and up another, and every
product is packed (`products`). The norms' weights are folded into the products after them, and residuals are added by
the products before them. Layers below the first adapted one run once per sequence (the shared trunk).

The rows of one sequence lie side by side. Every sequence keeps its own length: slot s of its cache holds position s,
prompts are padded on the right, and the padding is overwritten later. So sequences of any length can share a batch.
`architecture` says which bases these are and reads their layers. `tests/ensemble` holds the naive twin: each adapter
merged into transformers' own model, without a cache. Left out: encoder-decoders (T5).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from emorl.ensemble.architecture import (
    check_config,
    check_model,
    fused_bias,
    fused_weight,
    head_norms,
    read_config,
    weight_of,
)
from emorl.ensemble.attention import AttentionInputs
from emorl.ensemble.cache import Cache
from emorl.ensemble.device import CPU
from emorl.ensemble.lora import FUSED, PROJECTIONS, Adapter
from emorl.ensemble.products import PRECISIONS, LayerProducts, Product, pad_rows, product
from emorl.ensemble.stack import StackedLora
from emorl.ensemble.step import OneTokenStep, compiled
from emorl.errors import BackboneError

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

EMBEDDING_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "int8": torch.bfloat16,
}
"""Type of embedding and head by precision, at most; a base that is stored in fewer bits keeps its own."""


class LlamaBackbone:
    """Weights of a causal model of Llama's family, and the forward pass of base and experts.

    Attributes:
        head: Shared, bias-free output head, (V, D), on the CPU.
        scale: Factor of the logits; 1 for Llama.
        width: D.
        precision: Key of `products.PRECISIONS`.
        dtype: Type of the activations.
        device: Where weights, caches and adapters lie. What goes in and comes out is on the CPU.
    """

    scale = 1.0

    def __init__(
        self, model: LlamaForCausalLM, precision: str | torch.dtype | None = None, warm_start: Adapter | None = None
    ) -> None:
        """Take the weights of a transformers causal model, one layer after the other; the model stays as it is.

        Args:
            model: A model of one of `architecture.MODEL_TYPES`; PEFT may have wrapped its layers. It is used where it
                lies.
            precision: "float32", "bfloat16", "float16" (weights only), "int8" (weights only), or one of torch's types
                of these names; the model's own type by default.
            warm_start: Supervised adapter added to the weights as they are read (sum in float32, then cast), or None.

        Raises:
            BackboneError: The architecture would break exact mixing or is not of the Llama family.
            AdapterMismatch: The warm start does not fit the model.
        """
        check_model(model)
        if warm_start is not None:
            warm_start.check_depth(len(model.model.layers))
        config = model.config
        self.precision = precision_name(precision or next(model.parameters()).dtype)
        self.dtype, stored = PRECISIONS[self.precision], EMBEDDING_DTYPES[self.precision]
        self.heads, self.kv_heads = int(config.num_attention_heads), int(config.num_key_value_heads)
        self.width, self.max_positions = int(config.hidden_size), int(config.max_position_embeddings)
        self.head_width = int(getattr(config, "head_dim", None) or self.width // self.heads)
        self.eps = float(config.rms_norm_eps)
        self.device: torch.device = model.lm_head.weight.device
        self._norm_floor = torch.tensor((self.eps * self.width) ** 0.5, device=self.device)  # see `_normalise`

        inner = model.model
        self.embedding = _at_most(weight_of(inner.embed_tokens), stored)
        tied = model.lm_head.weight is inner.embed_tokens.weight
        head = self.embedding if tied else _at_most(weight_of(model.lm_head), stored)
        self.head = head.to(CPU)
        # float32 activations and logits always: with bfloat16's three digits many words would tie
        self._head = product(head, "float32" if self.precision == "float32" else "float16")
        self.final_norm = weight_of(inner.norm).to(self.dtype)
        self.layers = [self._read_layer(index, layer, warm_start) for index, layer in enumerate(inner.layers)]
        self.inner, self.least_rows = config.intermediate_size, self.layers[0].qkv.least
        self._rotary = inner.rotary_emb
        self._cos = self._sin = torch.empty(0, 1, device=self.device)
        self._kernels = compiled(self.dtype, self.device.type)
        self._one_token: OneTokenStep | None = None

    def _read_layer(self, index: int, layer: nn.Module, warm_start: Adapter | None) -> LayerProducts:
        """The products of a layer, the norms before them folded into their weights."""
        changes = {
            projection: warm_start.change((index, projection), weight_of(layer.get_submodule(projection)).shape)
            for projection in PROJECTIONS
            if warm_start is not None and (index, projection) in warm_start.factors
        }
        factor: float = self.width**0.5  # see `_normalise`
        before, between = (
            weight_of(layer.get_submodule(name)).float() * factor
            for name in ("input_layernorm", "post_attention_layernorm")
        )

        def packed(name: str, norm: torch.Tensor | None = None) -> Product:
            weight = fused_weight(layer, name, changes)
            return product(weight if norm is None else weight * norm, self.precision, fused_bias(layer, name))

        norms = head_norms(layer, self.heads, self.kv_heads)
        return LayerProducts(
            packed("qkv", before),
            packed("o"),
            packed("gate_up", between),
            packed("down"),
            before,
            between,
            None if norms is None else norms.to(self.dtype),
        )

    @classmethod
    def from_pretrained(
        cls,
        folder: Path,
        warm_start: Adapter | None = None,
        precision: str | torch.dtype = "bfloat16",
        device: torch.device = CPU,
    ) -> LlamaBackbone:
        """Load a base with its warm start.

        Args:
            folder: A folder that transformers can load.
            warm_start: See the constructor, as for the others.
            precision: "bfloat16" by default.
            device: Where it is to compute.

        Raises:
            BackboneError: See the constructor.
            AdapterMismatch: See the constructor.
        """
        from transformers import AutoModelForCausalLM

        check_config(read_config(folder))
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        return cls(model.to(device), precision, warm_start)

    def prepare(self, lora: StackedLora) -> None:
        """Fuse the stacked factors for this base, and fold its norms into them.

        Raises:
            AdapterMismatch: A factor does not fit this base.
        """
        lora.check_layers(len(self.layers))
        q, kv = self.heads * self.head_width, self.kv_heads * self.head_width
        inputs = {"qkv": self.width, "o": q, "gate_up": self.width, "down": self.inner}
        widths = {"qkv": (q, kv, kv), "o": (self.width,), "gate_up": (self.inner, self.inner), "down": (self.width,)}
        for index, layer in enumerate(self.layers):
            norms = {"qkv": layer.attention_norm, "gate_up": layer.mlp_norm}
            for name in FUSED:
                lora.build(index, name, inputs[name], widths[name], norms.get(name), self.device)

    def empty_cache(self, batch: int, slots: int, lora: StackedLora) -> Cache:
        """A cache for B new sequences with room for `slots` positions."""
        rows = [1 if index < lora.first_layer else lora.rows for index in range(len(self.layers))]
        return Cache.empty(batch, slots, rows, self.kv_heads, self.head_width, self.dtype, self.device)

    def positions(self, upto: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Rotary tables for positions 0 to at least upto - 1, each (S, head width): cosines, and sines with signs."""
        if self._cos.shape[0] < upto:
            self._cos, self._sin = (table.to(self.dtype) for table in self.rotary(upto))
        return self._cos, self._sin

    def rotary(self, upto: int) -> tuple[torch.Tensor, torch.Tensor]:
        """What `positions` gives, computed anew, in float32."""
        ids, half = torch.arange(max(upto, 256), device=self.device)[None], self.head_width // 2
        cos, sin = self._rotary(torch.empty(1, dtype=torch.float32, device=self.device), ids)
        return cos[0].contiguous(), torch.cat([-sin[0, :, :half], sin[0, :, half:]], -1)

    def forward(
        self, ids: torch.Tensor, start: torch.Tensor, cache: Cache, lora: StackedLora, last: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Hidden states after the final norm, of base and experts at once.

        Args:
            ids: Token ids, (B, T); right-padded where sequences differ in length.
            start: Position of the first token of each sequence, (B,); all the same where T > 1.
            cache: Cache whose first B sequences these are, with room for start + T positions; written in place.
            lora: Prepared adapters (see `prepare`).
            last: Index in 0..T-1 of the token whose state is wanted, (B,); all tokens when None.

        Returns:
            (rows, B, D) when `last` is given, else (rows, B, T, D). Row 0 is the base if `lora.base_row`. Like ids,
            start and last, they are on the CPU.
        """
        batch, steps = ids.shape
        if steps == 1 and last is not None and (step := self._step()):
            return step.forward(ids, start, cache, lora)
        inputs = self._attention_inputs(start, steps)
        ids = ids.to(self.device)
        x = pad_rows(F.embedding(ids, self.embedding).to(self.dtype).view(batch * steps, self.width), self.least_rows)
        rows = 1
        for index, layer in enumerate(self.layers):
            if index == lora.first_layer:
                rows = lora.rows
                x = x[: batch * steps].view(batch, 1, steps, self.width).expand(-1, rows, -1, -1)
                x, inputs = pad_rows(x.reshape(-1, self.width), self.least_rows), inputs.repeated(batch, rows)
            x = self._layer(index, layer, x, batch * rows, inputs, cache, lora)
        x = x[: batch * rows * steps].view(batch, rows, steps, self.width)
        if last is not None:
            x = x[torch.arange(batch, device=self.device), :, last.to(self.device)]
        return F.rms_norm(x, (self.width,), self.final_norm, self.eps).transpose(0, 1).to(CPU)

    @property
    def step_name(self) -> str:
        """How single tokens are computed now: "compiled" or "plain"."""
        return "plain" if self._step() is None else "compiled"

    def settle(self) -> None:
        """Wait until the fast step can be used, or cannot be: `step_name` stays the same from then on."""
        self._kernels.result()

    def _step(self) -> OneTokenStep | None:
        """The fast way for single tokens, once its functions are compiled."""
        if self._one_token is None and self._kernels.done() and (kernels := self._kernels.result()):
            if self.layers[0].head_norms is None:  # the compiled functions know none
                self._one_token = OneTokenStep(self, kernels)
        return self._one_token

    def _attention_inputs(self, start: torch.Tensor, steps: int) -> AttentionInputs:
        """Rotary embeddings and mask for the trunk."""
        first, span = int(start[0]), int(start.max()) + steps
        same = bool((start == first).all())
        if steps > 1 and not same:
            raise ValueError("Got several tokens at different positions: expected one position, or one token each.")
        start = start.to(self.device)
        position = start[:, None] + torch.arange(steps, device=self.device)  # (B, T)
        cos, sin = (table[position].view(-1, 1, self.head_width) for table in self.positions(span))
        mask = None
        if steps > 1 and first:
            mask = torch.arange(span, device=self.device) > position[0, :, None]  # (T, S)
        elif not same:
            mask = (torch.arange(span, device=self.device) > position)[:, None]  # (B, 1, S)
        if mask is not None:
            hidden = torch.zeros(mask.shape, dtype=self.dtype, device=self.device).masked_fill_(mask, -torch.inf)
            mask = hidden[None, None] if steps > 1 else hidden[:, None]
        return AttentionInputs(cos, sin, mask, first if same else start, span, steps)

    def _layer(
        self,
        index: int,
        layer: LayerProducts,
        x: torch.Tensor,
        n: int,
        inputs: AttentionInputs,
        cache: Cache,
        lora: StackedLora,
    ) -> torch.Tensor:
        """One decoder layer over x (at least n * T, D) of n = rows * B sequences."""
        adapted, tokens = index >= lora.first_layer, n * inputs.steps
        normed = self._normalise(x)
        qkv = layer.qkv(normed)
        if adapted:
            lora.add(index, "qkv", normed[:tokens], qkv[:tokens], inputs.steps)
        mixed = self._attend(index, layer, qkv[:tokens], n, inputs, cache)
        out = layer.o(pad_rows(mixed, self.least_rows), x)
        if adapted:
            lora.add(index, "o", mixed, out[:tokens], inputs.steps)
        normed = self._normalise(out)
        gate_up = layer.gate_up(normed)
        if adapted:
            lora.add(index, "gate_up", normed[:tokens], gate_up[:tokens], inputs.steps)
        inner = F.silu(gate_up[:, : self.inner]).mul_(gate_up[:, self.inner :])
        out = layer.down(inner, out)
        if adapted:
            lora.add(index, "down", inner[:tokens], out[:tokens], inputs.steps)
        return out

    def _normalise(self, x: torch.Tensor) -> torch.Tensor:
        """RMS norm without its weight and the factor √D, which are folded into the next product: x / √(|x|² + ε D)."""
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
        return torch.div(x, torch.hypot(norm, self._norm_floor), out=torch.empty_like(x))

    def _attend(
        self, index: int, layer: LayerProducts, qkv: torch.Tensor, n: int, inputs: AttentionInputs, cache: Cache
    ) -> torch.Tensor:
        """Write keys and values of qkv (n * T, ·) to the cache and attend; (n * T, heads * head width)."""
        parts = qkv.view(-1, self.heads + 2 * self.kv_heads, self.head_width)
        rotated = parts[:, : self.heads + self.kv_heads]  # queries and keys, in place
        if layer.head_norms is not None:
            torch.mul(F.rms_norm(rotated, (self.head_width,), eps=self.eps), layer.head_norms, out=rotated)
        rolled = rotated.roll(self.head_width // 2, -1)
        torch.addcmul(rotated * inputs.cos, rolled, inputs.sin, out=rotated)
        cache.write(index, parts[:, self.heads :], inputs.start, inputs.steps)
        keys, values = cache.read(index, n, inputs.span)
        if inputs.steps == 1:
            query = parts[:, : self.heads].view(n, self.kv_heads, self.heads // self.kv_heads, self.head_width)
            mixed = F.scaled_dot_product_attention(query, keys, values, attn_mask=inputs.mask)
        else:
            query = parts[:, : self.heads].view(n, inputs.steps, self.heads, self.head_width).transpose(1, 2)
            mixed = F.scaled_dot_product_attention(
                query, keys, values, attn_mask=inputs.mask, is_causal=inputs.mask is None, enable_gqa=True
            ).transpose(1, 2)
        return mixed.reshape(n * inputs.steps, self.heads * self.head_width)

    def logits(self, mixed: torch.Tensor) -> torch.Tensor:
        """Logits scale · W f, float32, (B, V), of mixed states f (B, D); both on the CPU."""
        return self._head(mixed.float().to(self.device)).to(CPU) * self.scale


def precision_name(precision: str | torch.dtype) -> str:
    """The key of `PRECISIONS` for a name or one of torch's types.

    Raises:
        BackboneError: There is no such precision.
    """
    name = str(precision).removeprefix("torch.")
    if name not in PRECISIONS:
        raise BackboneError.of(f"the precision {name}", ", ".join(PRECISIONS), "choose one of these")
    return name


def _at_most(weight: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The weights in this type; the same memory where their own type takes no more."""
    return (weight if weight.dtype.itemsize <= dtype.itemsize else weight.to(dtype)).contiguous()
