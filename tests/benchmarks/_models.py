"""What the benchmarks run on: the shipped base with its warm start, adapters, and a few plain prompts.

More experts than are shipped are copies of shipped ones with seeded noise; larger and smaller bases are Llamas of other
shapes with random weights, for which only time means anything. Left out: scorers.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from emorl.ensemble.lora import PROJECTIONS, Adapter, load_adapter, merge
from emorl.models.base import ensure_base
from emorl.models.folder import models_dir
from emorl.models.manifest import read_manifest
from emorl.models.template import prompt_text

STATEMENTS = (
    "I said I would stop after new year, and here we are in March.",
    "My sister does everything for our mother, and I send a card.",
    "They moved my desk next to the door and nobody has said why.",
    "Some days I only get up because the dog needs to go out.",
)


@dataclass(frozen=True)
class Models:
    """Base and adapters.

    Attributes:
        name: What they are.
        base: A transformers causal model in float32, its warm start merged.
        adapters: Adapters of one layout.
        prompts: Token ids of prompts.
    """

    name: str
    base: Any
    adapters: tuple[Adapter, ...]
    prompts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Shape:
    """Sizes of a Llama with random weights.

    Attributes:
        name: Name of the row.
        layers: Layers.
        width: D.
        inner: Width inside the MLP.
        heads: Query heads.
        kv_heads: Key-value heads.
        words: Vocabulary.
    """

    name: str
    layers: int
    width: int
    inner: int
    heads: int
    kv_heads: int
    words: int = 49152


SHAPES = (  # the first two are 15 and 30 layers of SmolLM2-135M, the third is SmolLM2-360M's
    Shape("half of 135M", 15, 576, 1536, 9, 3),
    Shape("135M", 30, 576, 1536, 9, 3),
    Shape("360M", 32, 960, 2560, 15, 5),
)


def shipped_models() -> Models:
    """The models folder's base, warm start and adapters (`EMORL_MODELS` names another folder).

    Raises:
        AssetError: Base or models folder cannot be found.
        ManifestError: The models folder is inconsistent.
        AdapterMismatch: An adapter cannot be mixed exactly.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    manifest, folder = read_manifest(models_dir()), ensure_base(progress=False)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    if manifest.warm_start:
        merge(base, load_adapter(manifest.warm_start))
    adapters = tuple(load_adapter(o.adapter, manifest.base_id, o.name) for o in manifest.objectives)
    prompts = tuple(tuple(tokenizer(prompt_text(s)).input_ids) for s in STATEMENTS)
    return Models("shipped", base, adapters, prompts)


def random_models(shape: Shape, prompts: Sequence[Sequence[int]], experts: int = 3, rank: int = 8) -> Models:
    """A seeded Llama of this shape, with adapters on the upper two fifths of its layers as shipped ones have."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    base = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=shape.words,
            hidden_size=shape.width,
            intermediate_size=shape.inner,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.kv_heads,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
        )
    ).eval()
    factors = {}
    for layer in range(shape.layers * 3 // 5, shape.layers):
        for projection in PROJECTIONS:
            out, inside = base.model.layers[layer].get_submodule(projection).weight.shape
            factors[layer, projection] = (torch.randn(rank, inside) * 0.02, torch.randn(out, rank) * 0.02)
    first = Adapter("random", rank, 2.0, factors, sha256="")
    return Models(shape.name, base, more_adapters([first], experts), tuple(tuple(p) for p in prompts))


def more_adapters(adapters: Sequence[Adapter], count: int, noise: float = 0.3) -> tuple[Adapter, ...]:
    """The first `count` adapters; where there are fewer, copies of them with seeded noise of that many deviations."""
    generator = torch.Generator().manual_seed(0)

    def shaken(tensor: torch.Tensor) -> torch.Tensor:
        return tensor + noise * tensor.std() * torch.randn(tensor.shape, generator=generator)

    made = list(adapters[:count])
    while len(made) < count:
        source = adapters[len(made) % len(adapters)]
        factors = {target: (shaken(down), shaken(up)) for target, (down, up) in source.factors.items()}
        made.append(replace(source, name=f"{source.name} {len(made) + 1}", factors=factors, sha256=""))
    return tuple(made)


def merged(base: Any, adapter: Adapter, dtype: torch.dtype) -> Any:
    """A copy of the base with the adapter merged in float32, then cast."""
    model = copy.deepcopy(base)
    merge(model, adapter)
    return model.to(dtype).eval()


def weighted_sum(adapters: Sequence[Adapter], shares: Sequence[float]) -> Adapter:
    """One adapter of rank K R whose update is exactly the sum of the weighted updates: a parameter soup.

    The A factors are stacked, the weighted and scaled B factors stand side by side.
    """
    factors = {}
    for target in adapters[0].factors:
        downs = [adapter.factors[target][0] for adapter in adapters]
        ups = [s * a.scale_of(target) * a.factors[target][1] for s, a in zip(shares, adapters, strict=True)]
        factors[target] = (torch.cat(downs), torch.cat(ups, 1))
    return Adapter("soup", sum(a.rank for a in adapters), 1.0, factors, sha256="")


def idle_adapter(base: Any) -> Adapter:
    """Rank 1, all zeros, on one product of the last layer: our engine wants an adapter even where all is merged."""
    target = (len(base.model.layers) - 1, "mlp.down_proj")
    out, inside = base.model.layers[target[0]].get_submodule(target[1]).weight.shape
    return Adapter("idle", 1, 1.0, {target: (torch.zeros(1, inside), torch.zeros(out, 1))}, sha256="")
