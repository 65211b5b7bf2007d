"""The decoder: writes B sequences at once, each with its own weights, strength, seed and temperature.

Every step runs one row an expert, mixes the states f = Σ_k c_k h_k in float32 and asks the shared head once (EMORL,
arXiv 2505.02579, section 3.2; at s = 1 the distribution is the product of experts Π p_k^ŵ_k, renormalised). There is no
global state and no `set_adapter`: requests of different users may stand in one batch. Sequences that share a prompt
share its prefill; a finished sequence leaves the batch. Left out: joining a running batch, beam search, penalties.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch

from emorl.ensemble.backbone import Cache, LlamaBackbone
from emorl.ensemble.lora import StackedLora
from emorl.ensemble.weights import coefficients
from emorl.errors import WeightError


@dataclass(frozen=True)
class Request:
    """One sequence to write.

    Attributes:
        prompt: Token ids of the prompt, at least one.
        weights: K raw weights, at least 0; all zero gives the base's own reply.
        strength: s; 1 is the plain ensemble, 0 the base.
        temperature: 0 for greedy; otherwise logits are divided by it before sampling.
        seed: Seed of this sequence's own random numbers (sampling only).
        max_tokens: Most tokens written, the end token included.
    """

    prompt: Sequence[int]
    weights: Sequence[float]
    strength: float = 1.0
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 64


@dataclass
class Decoded:
    """What was written for one request.

    Attributes:
        tokens: Token ids, the end token included when it was written.
        ended: Whether the end token was written.
        states: States after the final norm of base and experts at every step, (T, K+1, D) float32; empty unless kept.
        coefficients: c of f = Σ_k c_k h_k, (K+1,).
        prefill_ms: Milliseconds until the first token of the batch.
        decode_ms: Milliseconds from then to the end of this sequence.
    """

    tokens: list[int]
    ended: bool
    coefficients: torch.Tensor
    states: torch.Tensor = field(default_factory=lambda: torch.empty(0))
    prefill_ms: float = 0.0
    decode_ms: float = 0.0


class EnsembleDecoder:
    """Decodes with one backbone and one stack of adapters."""

    def __init__(self, backbone: LlamaBackbone, lora: StackedLora, end_tokens: Sequence[int]) -> None:
        """Prepare the adapters for this base.

        Args:
            backbone: The base.
            lora: K adapters.
            end_tokens: Token ids that end a sequence.

        Raises:
            AdapterMismatch: The adapters do not fit the base.
        """
        backbone.prepare(lora)
        self.backbone, self.lora, self.end_tokens = backbone, lora, frozenset(end_tokens)

    def decode(self, requests: Sequence[Request], keep_states: bool = False) -> list[Decoded]:
        """Write all requests to their end; see `stream`."""
        *_, results = self.stream(requests, keep_states)
        return results

    @torch.inference_mode()
    def stream(self, requests: Sequence[Request], keep_states: bool = False) -> Iterator[list[Decoded]]:
        """Write token by token.

        Closing the iterator stops at the next step boundary; what was yielded last is then the partial result.

        Args:
            requests: B sequences.
            keep_states: Keep every step's states, for explanations.

        Yields:
            After each step, the B results so far (the same objects, growing).

        Raises:
            WeightError: Bad weights or strength, or not K weights.
            ValueError: An empty prompt, or prompt and reply longer than the base's positions.
        """
        mix = torch.stack([self._coefficients(request) for request in requests])  # (B, rows)
        longest = max(len(r.prompt) + r.max_tokens for r in requests)
        if min(len(r.prompt) for r in requests) < 1 or longest > self.backbone.max_positions:
            raise ValueError(f"prompts must have 1 to {self.backbone.max_positions} tokens with their reply")
        results = [Decoded([], False, c) for c in mix]
        kept: list[list[torch.Tensor]] = [[] for _ in requests]
        chance = [torch.Generator().manual_seed(r.seed) for r in requests]
        began = time.perf_counter()
        states, cache = self._prefill(requests, longest)
        prefill_ms = 1000 * (time.perf_counter() - began)
        began = time.perf_counter()
        alive = list(range(len(requests)))  # request of each sequence in the batch
        position = torch.tensor([len(r.prompt) for r in requests])
        while True:
            logits = self.backbone.logits(torch.einsum("br,rbd->bd", mix, states.float()))  # (B, V)
            tokens = self._choose(logits, [requests[i] for i in alive], [chance[i] for i in alive])
            elapsed = 1000 * (time.perf_counter() - began)
            for slot, index in enumerate(alive):
                result = results[index]
                result.tokens.append(tokens[slot])
                result.ended = tokens[slot] in self.end_tokens
                result.prefill_ms, result.decode_ms = prefill_ms, elapsed
                if keep_states:
                    kept[index].append(states[:, slot].float())
                    result.states = torch.stack(kept[index])
            yield results
            going = [
                slot for slot, i in enumerate(alive)
                if not results[i].ended and len(results[i].tokens) < requests[i].max_tokens
            ]  # fmt: skip
            if not going:
                return
            last = torch.tensor(tokens)
            if len(going) < len(alive):  # finished sequences leave the batch
                keep = torch.tensor(going)
                alive = [alive[slot] for slot in going]
                mix, position, last, cache = mix[keep], position[keep], last[keep], cache.take(keep, 0)
            states = self.backbone.forward(last[:, None], position, cache, self.lora, torch.zeros_like(last))
            position = position + 1

    def _coefficients(self, request: Request) -> torch.Tensor:
        """Coefficients of the rows that exist, (rows,)."""
        if len(request.weights) != len(self.lora.adapters):
            raise WeightError(
                f"Got {len(request.weights)} weights: expected {len(self.lora.adapters)}, one an adapter."
            )
        mix = coefficients(request.weights, request.strength)
        if self.lora.base_row:
            return mix
        if mix[0] != 0:
            raise WeightError("These weights need the base's row: expected a stack with base_row=True.")
        return mix[1:]

    def _prefill(self, requests: Sequence[Request], slots: int) -> tuple[torch.Tensor, Cache]:
        """States of each prompt's last token, (rows, B, D), and the filled cache; equal prompts run once."""
        prompts = [tuple(r.prompt) for r in requests]
        unique = list(dict.fromkeys(prompts))
        lengths = torch.tensor([len(p) for p in unique])
        ids = torch.zeros(len(unique), int(lengths.max()), dtype=torch.long)
        for row, prompt in enumerate(unique):
            ids[row, : len(prompt)] = torch.tensor(prompt)
        cache = self.backbone.empty_cache(len(unique), slots, self.lora)
        start = torch.zeros(len(unique), dtype=torch.long)
        states = self.backbone.forward(ids, start, cache, self.lora, lengths - 1)
        if len(unique) == len(prompts):
            return states, cache
        which = torch.tensor([unique.index(p) for p in prompts])
        return states[:, which], cache.take(which, 0)

    @staticmethod
    def _choose(
        logits: torch.Tensor, requests: Sequence[Request], chance: Sequence[torch.Generator]
    ) -> list[int]:
        """The next token of each sequence: argmax, or the inverse CDF at one uniform number of its own."""
        greedy = logits.argmax(-1).tolist()
        sampled = [slot for slot, r in enumerate(requests) if r.temperature > 0]
        if sampled:
            heat = torch.tensor([requests[s].temperature for s in sampled])[:, None]
            cumulative = (logits[sampled] / heat).softmax(-1).cumsum(-1)
            draws = torch.cat([torch.rand(1, generator=chance[s]) for s in sampled])[:, None]
            chosen = torch.searchsorted(cumulative, draws * cumulative[:, -1:], right=True)
            for slot, token in zip(sampled, chosen[:, 0].clamp(max=logits.shape[-1] - 1).tolist(), strict=True):
                greedy[slot] = token
        return greedy
