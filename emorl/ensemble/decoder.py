"""The decoder: writes B sequences at once, each with its own weights, strength, seed and temperature.

Every step runs one row an expert, mixes the states f = Σ_k c_k h_k in float32 and asks the shared head once (EMORL,
arXiv 2505.02579, section 3.2; at s = 1 the distribution is the product of experts Π p_k^ŵ_k, renormalised). There is no
global state and no `set_adapter`: requests of different users may stand in one batch. Sequences that share a prompt
share its prefill; a sequence may join a batch that is under way and leaves it when it ends. A mask forbids tokens by
the reply so far (`mask.py`). Left out: beam search, penalties.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch

from emorl.ensemble.backbone import LlamaBackbone
from emorl.ensemble.cache import Cache, settle
from emorl.ensemble.lora import StackedLora
from emorl.ensemble.mask import Mask, forbid, no_run_twice
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

    Example:
        >>> Request(prompt=[5, 6, 7], weights=[3, 1]).strength
        1.0
    """

    prompt: Sequence[int]
    weights: Sequence[float]
    strength: float = 1.0
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 64


@dataclass
class Decoded:
    """What was written for one request so far.

    Attributes:
        tokens: Token ids, the end token included when it was written.
        ended: Whether the end token was written.
        coefficients: c of f = Σ_k c_k h_k, (K+1,).
        prefill_ms: Milliseconds until its first states were there.
        decode_ms: Milliseconds from then to its last token.
        kept: States of base and experts at every step, each (K+1, D) float32, if they are kept.
        cache: Keys and values of the sequence at its end, for `resume`, if it is kept.
    """

    tokens: list[int]
    ended: bool
    coefficients: torch.Tensor
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    kept: list[torch.Tensor] = field(default_factory=list)
    cache: Cache | None = None

    @property
    def states(self) -> torch.Tensor:
        """States after the final norm at every step, (T, K+1, D) float32; empty unless kept."""
        return torch.stack(self.kept) if self.kept else torch.empty(0)


@dataclass
class Line:
    """A sequence under way: what was asked, what is written, and where it stands."""

    request: Request
    result: Decoded
    chance: torch.Generator
    began: float
    keep_states: bool
    keep_cache: bool


class EnsembleDecoder:
    """Decodes with one backbone, one stack of adapters and one mask, which all that is written with it obeys.

    Example:
        A tiny Llama and two adapters, all with random weights:

        >>> from transformers import LlamaConfig, LlamaForCausalLM
        >>> from emorl.ensemble.lora import Adapter
        >>> _ = torch.manual_seed(0)
        >>> size = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4)
        >>> base = LlamaForCausalLM(LlamaConfig(vocab_size=61, **size))
        >>> backbone = LlamaBackbone(base, "float32")
        >>> def adapter(name):
        ...     factors = {(1, "self_attn.o_proj"): (torch.randn(4, 32), torch.randn(32, 4))}
        ...     return Adapter(name, rank=4, scale=1.0, factors=factors, sha256="")
        >>> lora = StackedLora([adapter("reflection"), adapter("empathy")])
        >>> decoder = EnsembleDecoder(backbone, lora, end_tokens=[2])

        One batch, each sequence with its own weights. Only their proportions matter; all zero is the base model:

        >>> mixes = [[3, 1], [0.75, 0.25], [1, 3], [0, 0]]
        >>> a, b, c, base = decoder.decode([Request([5, 6, 7], mix, max_tokens=8) for mix in mixes])
        >>> a.tokens == b.tokens, a.tokens == c.tokens, a.tokens == base.tokens
        (True, False, False)
        >>> a.coefficients
        tensor([0.0000, 0.7500, 0.2500])
    """

    def __init__(
        self, backbone: LlamaBackbone, lora: StackedLora, end_tokens: Sequence[int], mask: Mask = no_run_twice
    ) -> None:
        """Prepare the adapters for this base.

        Args:
            backbone: The base.
            lora: K adapters.
            end_tokens: Token ids that end a sequence.
            mask: What a reply may not go on with; `mask.nothing` for the plain policy.

        Raises:
            AdapterMismatch: The adapters do not fit the base.
        """
        backbone.prepare(lora)
        self.backbone, self.lora, self.end_tokens, self.mask = backbone, lora, frozenset(end_tokens), mask

    def decode(self, requests: Sequence[Request], keep_states: bool = False) -> list[Decoded]:
        """Write all requests to their end; see `stream`."""
        *_, results = self.stream(requests, keep_states)
        return results

    def stream(
        self, requests: Sequence[Request], keep_states: bool = False, keep_cache: bool = False
    ) -> Iterator[list[Decoded]]:
        """Write token by token.

        Closing the iterator stops at the next step boundary; what was yielded last is then the partial result.

        Args:
            requests: B sequences.
            keep_states: Keep every step's states, for explanations.
            keep_cache: Keep each sequence's cache at its end, for `rewrite`.

        Yields:
            After each step, the B results so far (the same objects, growing).

        Raises:
            WeightError: Bad weights or strength, or not K weights.
            ValueError: An empty prompt, or prompt and reply longer than the base's positions.
        """
        batch = Batch(self)
        results = batch.join(requests, keep_states, keep_cache)
        while batch.step():
            yield results

    def check_lengths(self, prompts: Sequence[int], max_tokens: int) -> int:
        """Positions that prompts of these lengths need with their reply.

        Raises:
            ValueError: No prompt, an empty one, or more positions than the base has.
        """
        longest = max(prompts, default=0) + max_tokens
        if min(prompts, default=0) < 1 or longest > self.backbone.max_positions:
            raise ValueError(f"prompts must have 1 to {self.backbone.max_positions} tokens with their reply")
        return longest

    def row_coefficients(self, weights: Sequence[float], strength: float) -> torch.Tensor:
        """Coefficients of the rows that exist, (rows,).

        Raises:
            WeightError: Bad weights or strength, not K weights, or weights that need a base row the stack lacks.
        """
        if len(weights) != len(self.lora.adapters):
            raise WeightError(f"Got {len(weights)} weights: expected {len(self.lora.adapters)}, one an adapter.")
        mix = coefficients(weights, strength)
        if self.lora.base_row:
            return mix
        if mix[0] != 0:
            raise WeightError("These weights need the base's row: expected a stack with base_row=True.")
        return mix[1:]

    def prefill(self, prompts: Sequence[Sequence[int]], slots: int) -> tuple[torch.Tensor, Cache]:
        """States of each prompt's last token, (rows, B, D), and the filled cache with room for `slots` positions.

        Equal prompts run once.
        """
        keys = [tuple(prompt) for prompt in prompts]
        unique = list(dict.fromkeys(keys))
        lengths = torch.tensor([len(p) for p in unique])
        ids = torch.zeros(len(unique), int(lengths.max()), dtype=torch.long)
        for row, prompt in enumerate(unique):
            ids[row, : len(prompt)] = torch.tensor(prompt)
        cache = self.backbone.empty_cache(len(unique), slots, self.lora)
        start = torch.zeros(len(unique), dtype=torch.long)
        states = self.backbone.forward(ids, start, cache, self.lora, lengths - 1)
        if len(unique) == len(keys):
            return states, cache
        which = [unique.index(key) for key in keys]
        cache.place(which)
        return states[:, which], cache


class Batch:
    """Sequences being written together: they may join before any step and leave after any.

    Which sequences share a step changes nothing in what each writes (exactly in float32 but for rounding between
    matrix shapes; see the tests). A joining sequence costs its prefill; a leaving one frees its rows.
    """

    def __init__(self, decoder: EnsembleDecoder) -> None:
        """An empty batch."""
        self.decoder = decoder
        self.alive: list[Line] = []
        self.cache: Cache | None = None
        self._mix = torch.empty(0, decoder.lora.rows)  # (B, rows)
        self._position = torch.empty(0, dtype=torch.long)  # (B,), where the next token goes
        self._pending: list[int] = []  # tokens chosen but not yet run, of the first sequences
        self._states = torch.empty(0)  # (rows, new, D) of the sequences that joined since the last step

    @torch.inference_mode()
    def join(self, requests: Sequence[Request], keep_states: bool = False, keep_cache: bool = False) -> list[Decoded]:
        """Prefill new sequences; they write from the next step on. See `EnsembleDecoder.stream` for what is kept.

        Raises:
            WeightError: Bad weights or strength, or not K weights.
            ValueError: No request, an empty prompt, or prompt and reply longer than the base's positions.
        """
        decoder = self.decoder
        mix = torch.stack([decoder.row_coefficients(r.weights, r.strength) for r in requests])
        longest = decoder.check_lengths([len(r.prompt) for r in requests], max(r.max_tokens for r in requests))
        began = time.perf_counter()
        states, cache = decoder.prefill([r.prompt for r in requests], longest)
        now = time.perf_counter()
        results = [Decoded([], False, c, prefill_ms=1000 * (now - began)) for c in mix]
        lines = self._lines(requests, results, keep_states, keep_cache)
        self._add(lines, mix, torch.tensor([len(r.prompt) for r in requests]), states, cache)
        return results

    @torch.inference_mode()
    def resume(self, request: Request, result: Decoded) -> None:
        """Go on with a result whose cache holds all but its last token; states and cache are kept, the old one stays.

        A result that has ended or has all its tokens stays as it is.
        """
        if result.ended or len(result.tokens) >= request.max_tokens:
            return
        assert result.cache is not None
        position = torch.tensor([len(request.prompt) + len(result.tokens) - 1])
        cache = result.cache.copy([0], len(request.prompt) + request.max_tokens)
        states = self.decoder.backbone.forward(
            torch.tensor([result.tokens[-1:]]), position, cache, self.decoder.lora, torch.tensor([0])
        )
        lines = self._lines([request], [result], True, True)
        self._add(lines, result.coefficients[None], position + 1, states, cache)

    @staticmethod
    def _lines(requests: Sequence[Request], results: list[Decoded], keep_states: bool, keep_cache: bool) -> list[Line]:
        began = time.perf_counter()
        return [
            Line(request, result, torch.Generator().manual_seed(request.seed), began, keep_states, keep_cache)
            for request, result in zip(requests, results, strict=True)
        ]

    def _add(
        self, lines: list[Line], mix: torch.Tensor, position: torch.Tensor, states: torch.Tensor, cache: Cache
    ) -> None:
        self.alive += lines
        self._mix, self._position = torch.cat([self._mix, mix]), torch.cat([self._position, position])
        self._states = torch.cat([self._states, states], 1) if self._states.numel() else states
        if self.cache is None:
            self.cache = cache
        else:
            self.cache.join(cache)

    @torch.inference_mode()
    def step(self) -> bool:
        """Write one token of every sequence; sequences that end leave. False when there was none to write."""
        if not self.alive:
            return False
        assert self.cache is not None
        decoder, backbone = self.decoder, self.decoder.backbone
        states = self._states
        if self._pending:
            old = len(self._pending)
            last = torch.tensor(self._pending)
            stepped = backbone.forward(
                last[:, None], self._position[:old], self.cache, decoder.lora, torch.zeros_like(last)
            )
            self._position[:old] += 1
            states = torch.cat([stepped, states], 1) if states.numel() else stepped
        self._pending, self._states = [], torch.empty(0)
        logits = backbone.logits(torch.einsum("br,rbd->bd", self._mix, states.float()))  # (B, V)
        forbid(logits, [decoder.mask(line.result.tokens) for line in self.alive])
        tokens = _choose(logits, [s.request for s in self.alive], [s.chance for s in self.alive])
        now = time.perf_counter()
        going = []
        for slot, (line, token) in enumerate(zip(self.alive, tokens, strict=True)):
            result = line.result
            result.tokens.append(token)
            result.ended = token in decoder.end_tokens
            result.decode_ms = 1000 * (now - line.began)
            if line.keep_states:
                result.kept.append(states[:, slot].float())
            if not result.ended and len(result.tokens) < line.request.max_tokens:
                going.append(slot)
            elif line.keep_cache:
                result.cache = self.cache.copy([slot])
        self._pending = tokens
        self._retain(going)
        return True

    @torch.inference_mode()
    def leave(self, results: Sequence[Decoded]) -> None:
        """Stop writing these; what they hold stays. Results that have already left are ignored."""
        gone = {id(result) for result in results}
        self._retain([slot for slot, s in enumerate(self.alive) if id(s.result) not in gone])

    def _retain(self, slots: list[int]) -> None:
        if len(slots) == len(self.alive):
            return
        assert self.cache is not None
        old = len(self._pending)
        if old == len(self.alive):
            slots = [slots[i] for i in settle(slots)]  # newcomers, who have no token yet, must stay behind the others
        if self._states.numel():
            self._states = self._states[:, [slot - old for slot in slots if slot >= old]]
        self._pending = [self._pending[slot] for slot in slots if slot < old]
        self.alive = [self.alive[slot] for slot in slots]
        self._mix, self._position = self._mix[slots], self._position[slots]
        if slots:
            self.cache.place(slots)
        else:
            self.cache = None


def _choose(logits: torch.Tensor, requests: Sequence[Request], chance: Sequence[torch.Generator]) -> list[int]:
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
