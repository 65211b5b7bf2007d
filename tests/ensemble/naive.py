"""The naive twin of the decoder: every adapter merged into transformers' own model, no cache, no batch, no rows.

It spells out f = h_0 + s Σ ŵ_k (h_k - h_0) on whole prefixes and tries the mask word by word, as slow as it is plain;
tests hold the engine to it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
from transformers import LlamaForCausalLM

from emorl.ensemble.lora import Adapter, merge


def merged_models(base: LlamaForCausalLM, adapters: Sequence[Adapter]) -> list[LlamaForCausalLM]:
    """The base and a copy of it for each adapter, K+1 models; a weight that no adapter changes is there once."""
    models = [base]
    for adapter in adapters:
        changed = {id(base.model.layers[index].get_submodule(name).weight) for index, name in adapter.factors}
        model = copy.deepcopy(base, {id(p): p for p in base.parameters() if id(p) not in changed})
        merge(model, adapter)
        models.append(model.eval())
    return models


@torch.no_grad()
def naive_states(models: Sequence[LlamaForCausalLM], prefix: Sequence[int]) -> torch.Tensor:
    """States after the final norm at the last position, (K+1, D)."""
    ids = torch.tensor([list(prefix)])
    return torch.stack([m(ids, output_hidden_states=True).hidden_states[-1][0, -1] for m in models])


def repeats(written: Sequence[int]) -> bool:
    """Whether the last three tokens stand together earlier in the reply, too."""
    runs = [list(written[i : i + 3]) for i in range(len(written) - 2)]
    return bool(runs) and runs[-1] in runs[:-1]


def begins_a_repeat(texts: Sequence[str]) -> Callable[[Sequence[int]], bool]:
    """Whether the last token begins a word as it did before, after the same two words."""

    def two_words(tokens: Sequence[int]) -> list[str]:
        words = "".join(texts[token] for token in tokens).split()
        return [word.strip('.,;:!?"\u201c\u201d()').lower() for word in words[-2:]]

    def found(written: Sequence[int]) -> bool:
        *before, last = written
        if texts[last][:1] != " ":
            return False
        places = [i for i, token in enumerate(before) if token == last and len(two_words(before[:i])) == 2]
        return any(two_words(before[:i]) == two_words(before) for i in places)

    return found


@torch.no_grad()
def naive_decode(
    models: Sequence[LlamaForCausalLM],
    prompt: Sequence[int],
    weights: Sequence[float],
    strength: float = 1.0,
    max_tokens: int = 64,
    end_tokens: Sequence[int] = (),
    masked: bool = True,
    repeats: Callable[[Sequence[int]], bool] = repeats,
) -> list[int]:
    """Greedy tokens by the definition: the best token that repeats no run, the lowest id of equals."""
    total = sum(weights)
    share = [w / total if total else 0.0 for w in weights]
    written: list[int] = []
    while len(written) < max_tokens and not (written and written[-1] in end_tokens):
        states = naive_states(models, [*prompt, *written])
        mixed = states[0] + strength * sum(
            (w * (h - states[0]) for w, h in zip(share, states[1:], strict=True)), torch.zeros_like(states[0])
        )
        best_first = models[0].lm_head(mixed).argsort(descending=True, stable=True).tolist()
        written.append(next(token for token in best_first if not (masked and repeats([*written, token]))))
    return written
