"""The peers our decoder is timed beside, each written from its description and as fast as that description allows.

`Uncached` is the loop of EMORL (Kong et al. 2025, arXiv 2505.02579, section 3.2: at every token the last hidden states
of all experts are weighted and summed, and the head asked once), which keeps no cache; `SetAdapter` and `MixedBatch`
are the two ways PEFT offers to do the same with caches; `Generate` is transformers' own loop on one merged model;
`LlamaCpp` the same base in another engine. All are greedy and of fixed length: nothing is an end token, here and in our
decoder alike, and nothing is masked. Where a description leaves room the faster reading is taken (no head over the
prefix, adapters in the base's dtype, hooks once a reply), so what is said about them is a lower bound. Left out:
sampling.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from transformers import DynamicCache, GenerationConfig

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, StackedLora, shares
from emorl.ensemble.lora import Adapter
from emorl.ensemble.mask import nothing
from emorl.models.sources import BASE_FILENAME
from emorl.settings import settings

Prompts = Sequence[Sequence[int]]
Weights = Sequence[Sequence[float]]  # B weight vectors of K


class Ours:
    """`EnsembleDecoder` with nothing as an end token and no mask, as the others have none."""

    def __init__(self, backbone: LlamaBackbone, adapters: Sequence[Adapter], base_row: bool = False) -> None:
        self.decoder = EnsembleDecoder(backbone, StackedLora(adapters, base_row), [], nothing)

    def write(self, prompts: Prompts, weights: Weights, tokens: int) -> list[list[int]]:
        """`tokens` token ids for each prompt."""
        requests = [Request(p, w, max_tokens=tokens) for p, w in zip(prompts, weights, strict=True)]
        return [result.tokens for result in self.decoder.decode(requests)]


class HiddenStateMixture:
    """The loop that three rivals share: states of K experts, weighted sum, head, argmax, once a token."""

    def __init__(self, head: torch.nn.Linear) -> None:
        """Args: the head all experts share."""
        self.head = head

    def begin(self, batch: int) -> None:
        """Called before the first token of B sequences."""

    def states(self, ids: torch.Tensor, mask: torch.Tensor, new: int) -> torch.Tensor:
        """Last hidden state of every expert after the final norm.

        Args:
            ids: All tokens so far, left-padded, (B, T).
            mask: 1 where they are no padding, (B, T).
            new: How many of the last positions no earlier call has seen.

        Returns:
            (K, B, D).
        """
        raise NotImplementedError

    @torch.inference_mode()
    def write(self, prompts: Prompts, weights: Weights, tokens: int) -> list[list[int]]:
        """`tokens` token ids for each prompt."""
        ids, mask = left_padded(prompts)
        share = torch.tensor([shares(w) for w in weights])  # (B, K)
        self.begin(len(prompts))
        new = ids.shape[1]
        for _ in range(tokens):
            mixed = torch.einsum("bk,kbd->bd", share, self.states(ids, mask, new).float())
            token = self.head(mixed.to(self.head.weight.dtype)).float().argmax(-1, keepdim=True)  # (B, 1)
            ids = torch.cat((ids, token), 1)
            mask = torch.cat((mask, torch.ones_like(token)), 1)
            new = 1
        return ids[:, -tokens:].tolist()


class Uncached(HiddenStateMixture):
    """K merged copies of the model; each reads the whole prefix again for every token, one after the other."""

    def __init__(self, models: Sequence[Any]) -> None:
        """Args: K causal models, each with one adapter merged."""
        super().__init__(models[0].lm_head)
        self.models = list(models)

    def states(self, ids: torch.Tensor, mask: torch.Tensor, new: int) -> torch.Tensor:
        """See the base class."""
        place = positions(mask)
        return torch.stack(
            [
                model.model(ids, attention_mask=mask, position_ids=place, use_cache=False).last_hidden_state[:, -1]
                for model in self.models
            ]
        )


class SetAdapter(HiddenStateMixture):
    """One PEFT model; for every token each adapter is switched on in turn and reads its own cache."""

    def __init__(self, model: Any) -> None:
        """Args: a PEFT model with K adapters."""
        super().__init__(model.get_base_model().lm_head)
        self.model, self.inner, self.names = model, model.get_base_model().model, list(model.peft_config)
        self.caches: list[DynamicCache] = []

    def begin(self, batch: int) -> None:
        """K empty caches."""
        self.caches = [DynamicCache() for _ in self.names]

    def states(self, ids: torch.Tensor, mask: torch.Tensor, new: int) -> torch.Tensor:
        """See the base class."""
        place, found = positions(mask)[:, -new:], []
        for name, cache in zip(self.names, self.caches, strict=True):
            self.model.set_adapter(name)
            out = self.inner(
                ids[:, -new:], attention_mask=mask, position_ids=place, past_key_values=cache, use_cache=True
            )
            found.append(out.last_hidden_state[:, -1])
        return torch.stack(found)


class MixedBatch(HiddenStateMixture):
    """One PEFT model; K rows a sequence, each named to its adapter (`adapter_names`), on one cache."""

    def __init__(self, model: Any) -> None:
        """Args: a PEFT model with K adapters."""
        super().__init__(model.get_base_model().lm_head)
        self.model, self.inner, self.names = model, model.get_base_model().model, list(model.peft_config)
        self.cache = DynamicCache()

    def begin(self, batch: int) -> None:
        """One empty cache."""
        self.cache = DynamicCache()

    def states(self, ids: torch.Tensor, mask: torch.Tensor, new: int) -> torch.Tensor:
        """See the base class."""
        experts = len(self.names)
        out = self.inner(
            ids[:, -new:].repeat(experts, 1),
            attention_mask=mask.repeat(experts, 1),
            position_ids=positions(mask)[:, -new:].repeat(experts, 1),
            past_key_values=self.cache,
            use_cache=True,
        )
        return out.last_hidden_state[:, -1].view(experts, len(ids), -1)

    def write(self, prompts: Prompts, weights: Weights, tokens: int) -> list[list[int]]:
        """See the base class; `forward(adapter_names=...)` would set and remove these hooks at every token."""
        rows = [name for name in self.names for _ in prompts]
        with self.model.base_model._enable_peft_forward_hooks(adapter_names=rows):
            return super().write(prompts, weights, tokens)


class Generate:
    """`generate` of transformers on one model, with its own cache."""

    def __init__(self, model: Any) -> None:
        """Args: a causal model; its generation settings are replaced."""
        self.model = model
        model.generation_config = GenerationConfig()  # else its end token would fill the gap in ours

    def write(self, prompts: Prompts, weights: Weights, tokens: int) -> list[list[int]]:
        """`tokens` token ids for each prompt; the weights have no say."""
        ids, mask = left_padded(prompts)
        settings = GenerationConfig(max_new_tokens=tokens, do_sample=False, pad_token_id=0)
        return self.model.generate(ids, attention_mask=mask, generation_config=settings)[:, ids.shape[1] :].tolist()


class LlamaCpp:
    """llama.cpp on the base's own file (4 bits a weight, no adapter): other weights, so only its time compares."""

    def __init__(self, file: Path, threads: int) -> None:
        """Args: the GGUF file, and how many threads to use."""
        from llama_cpp import Llama

        self.model = Llama(str(file), n_ctx=2048, n_threads=threads, n_threads_batch=threads, verbose=False)

    def write(self, prompts: Prompts, weights: Weights, tokens: int) -> list[list[int]]:
        """`tokens` token ids for the first prompt."""
        self.model.reset()
        self.model.eval(list(prompts[0]))
        written = [self.model.sample(temp=0.0)]
        while len(written) < tokens:
            self.model.eval(written[-1:])
            written.append(self.model.sample(temp=0.0))
        return [written]


def gguf_file() -> Path | None:
    """The base's GGUF file if it is on this machine: named by `EMORL_BASE`, or in our cache."""
    given = settings().base or settings().cache_folder
    if given.is_file() and given.suffix == ".gguf":
        return given
    return next(given.rglob(BASE_FILENAME), None)


def peft_model(base: Any, adapters: Sequence[Adapter], dtype: torch.dtype) -> Any:
    """A PEFT model over a copy of the base, with these adapters under the names a0, a1, ..., all in `dtype`."""
    model = None
    for number, adapter in enumerate(adapters):
        name = f"a{number}"
        modules = [f"model.layers.{layer}.{projection}" for layer, projection in adapter.factors]
        config = LoraConfig(
            task_type="CAUSAL_LM", r=adapter.rank, lora_alpha=adapter.scale * adapter.rank, target_modules=modules
        )
        if model is None:
            plain = copy.deepcopy(base).to(dtype).eval()
            model = get_peft_model(plain, config, adapter_name=name, autocast_adapter_dtype=False)
        else:
            model.add_adapter(name, config, autocast_adapter_dtype=False)
        factors = {}
        for (layer, projection), pair in adapter.factors.items():
            for letter, factor in zip("AB", pair, strict=True):
                factors[f"base_model.model.model.layers.{layer}.{projection}.lora_{letter}.weight"] = factor.to(dtype)
        loaded = set_peft_model_state_dict(model, factors, adapter_name=name)
        assert not loaded.unexpected_keys, loaded.unexpected_keys
    assert model is not None
    return model.to(dtype).eval()


def left_padded(prompts: Prompts) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask, each (B, T), with the padding on the left as transformers wants it."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + list(p) for p in prompts])
    return ids, torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])


def positions(mask: torch.Tensor) -> torch.Tensor:
    """Position of each token, (B, T); 0 in the padding."""
    return (mask.cumsum(-1) - 1).clamp(min=0)
