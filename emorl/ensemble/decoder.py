"""The decoder: writes B sequences at once, each with its own weights, strength, seed and temperature.

Every step runs one row per expert, mixes the states f = Σ_k c_k h_k in float32 and applies the shared head once (EMORL,
arXiv 2505.02579, section 3.2; at s = 1 the distribution is the product of experts Π p_k^ŵ_k, renormalised). There is no
global state and no `set_adapter`, so requests of different users may share a batch. Sequences with the same prompt
share its prefill. Batching is continuous: a sequence may join a batch that is already being written and leaves it when
it ends. A mask forbids tokens depending on the reply so far (`mask.py`). Left out: beam search, penalties.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import torch

from emorl.ensemble.backbone import LlamaBackbone
from emorl.ensemble.cache import Cache, assign_slots
from emorl.ensemble.mask import Mask, forbid, no_run_twice
from emorl.ensemble.next_token import choose, logps_of
from emorl.ensemble.sequence import Decoded, Request, RunningSequence, SequenceStatus
from emorl.ensemble.stack import StackedLora
from emorl.ensemble.weights import coefficients
from emorl.errors import WeightError


class EnsembleDecoder:
    """Decodes with one backbone, one stack of adapters, and one mask that applies to everything it writes.

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

        One batch, in which each sequence has its own weights. Only their proportions matter; all zero is the base:

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
            mask: Which tokens may not come next; `mask.nothing` for the plain policy.

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

        Closing the iterator stops after the step in progress; what was yielded last is then the partial result.

        Args:
            requests: B sequences.
            keep_states: Keep every step's states, for explanations.
            keep_cache: Keep each sequence's cache at its end, for `remix`.

        Yields:
            After each step, the B results so far (the same objects, growing).

        Raises:
            WeightError: Bad weights or strength, or not K weights.
            ValueError: No request, an empty prompt, or a prompt whose reply would exceed the base's positions.
        """
        batch = ContinuousBatch(self)
        results = batch.join(requests, keep_states, keep_cache)
        while batch.step():
            yield results

    def check_lengths(self, prompts: Sequence[int], max_tokens: int) -> int:
        """Positions that prompts of these lengths need, their replies included.

        Raises:
            ValueError: No prompt, an empty one, or more positions than the base has.
        """
        longest = max(prompts, default=0) + max_tokens
        if min(prompts, default=0) < 1 or longest > self.backbone.max_positions:
            raise ValueError(
                f"Got prompts of {list(prompts)} tokens: expected at least one prompt, each of 1 to "
                f"{self.backbone.max_positions - max_tokens} tokens, to leave room for {max_tokens} more."
            )
        return longest

    def check_requests(self, requests: Sequence[Request]) -> int:
        """Positions that the longest of these requests needs, its reply included; see `check_lengths`."""
        return self.check_lengths([len(r.prompt) for r in requests], max((r.max_tokens for r in requests), default=0))

    def row_coefficients(self, weights: Sequence[float], strength: float) -> torch.Tensor:
        """Coefficients of the rows that exist, (rows,).

        Raises:
            WeightError: Bad weights or strength, not K weights, or weights that need the base where the stack has no
                row for it.
        """
        if len(weights) != len(self.lora.adapters):
            raise WeightError.of(
                f"{len(weights)} weights",
                f"{len(self.lora.adapters)}, one for each adapter",
                "give every adapter a weight, 0 to leave it out",
            )
        mix = coefficients(weights, strength)
        if self.lora.base_row:
            return mix
        if mix[0] != 0:
            raise WeightError.of(
                f"weights {list(weights)} at strength {strength}, which mix in the base",
                "weights that do not, as the stack has no row for it",
                "stack the adapters with base_row=True",
            )
        return mix[1:]

    def prefill(self, prompts: Sequence[Sequence[int]], slots: int) -> tuple[torch.Tensor, Cache]:
        """States of each prompt's last token, (rows, B, D), and the filled cache with room for `slots` positions.

        Equal prompts are computed once.
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
        sources = [unique.index(key) for key in keys]
        cache.reorder(sources)
        return states[:, sources], cache


class ContinuousBatch:
    """Sequences that are written together: they may join before any step and leave after any.

    What a sequence writes does not depend on the others of its batch (in float32, apart from rounding that differs
    between matrix shapes; see the tests). A sequence that joins costs its prefill; one that leaves frees its rows.
    """

    def __init__(self, decoder: EnsembleDecoder) -> None:
        """Start with no sequence."""
        self.decoder = decoder
        self.sequences: list[RunningSequence] = []
        self.cache: Cache | None = None
        self._mix = torch.empty(0, decoder.lora.rows)  # (B, rows)
        self._position = torch.empty(0, dtype=torch.long)  # (B,), where the next token goes
        self._pending: list[int] = []  # tokens chosen but not yet run, of the first sequences
        self._states = torch.empty(0)  # (rows, new, D) of the sequences that joined since the last step

    @torch.inference_mode()
    def join(self, requests: Sequence[Request], keep_states: bool = False, keep_cache: bool = False) -> list[Decoded]:
        """Prefill new sequences, which are written from the next step on; see `EnsembleDecoder.stream`."""
        decoder = self.decoder
        longest = decoder.check_requests(requests)
        mix = torch.stack([decoder.row_coefficients(r.weights, r.strength) for r in requests])
        started = time.perf_counter()
        states, cache = decoder.prefill([r.prompt for r in requests], longest)
        prefill_ms = 1000 * (time.perf_counter() - started)
        results = [Decoded([], SequenceStatus.RUNNING, c, prefill_ms=prefill_ms) for c in mix]
        sequences = [
            RunningSequence.start(r, result, keep_states, keep_cache)
            for r, result in zip(requests, results, strict=True)
        ]
        self._add(sequences, mix, torch.tensor([len(r.prompt) for r in requests]), states, cache)
        return results

    @torch.inference_mode()
    def resume(self, request: Request, result: Decoded) -> None:
        """Continue a result whose cache holds all but its last token; states and cache are kept.

        The result's present cache is not changed. A result that is not running stays as it is.
        """
        if not result.running:
            return
        assert result.cache is not None
        position = torch.tensor([len(request.prompt) + len(result.tokens) - 1])
        cache = result.cache.copy([0], len(request.prompt) + request.max_tokens)
        states = self.decoder.backbone.forward(
            torch.tensor([result.tokens[-1:]]), position, cache, self.decoder.lora, torch.tensor([0])
        )
        self._add(
            [RunningSequence.start(request, result, True, True)], result.coefficients[None], position + 1, states, cache
        )

    def _add(
        self,
        sequences: list[RunningSequence],
        mix: torch.Tensor,
        position: torch.Tensor,
        states: torch.Tensor,
        cache: Cache,
    ) -> None:
        self.sequences += sequences
        self._mix, self._position = torch.cat([self._mix, mix]), torch.cat([self._position, position])
        self._states = torch.cat([self._states, states], 1) if self._states.numel() else states
        if self.cache is None:
            self.cache = cache
        else:
            self.cache.append(cache)

    @torch.inference_mode()
    def step(self) -> bool:
        """Write one token of every sequence, and drop those that end. False if there was no sequence."""
        if not self.sequences:
            return False
        states = self._forward()
        logits = self.decoder.backbone.logits(torch.einsum("br,rbd->bd", self._mix, states.float()))  # (B, V)
        forbid(logits, [self.decoder.mask(sequence.result.tokens) for sequence in self.sequences])
        temperatures = [sequence.request.temperature for sequence in self.sequences]
        self._pending = choose(logits, temperatures, [sequence.generator for sequence in self.sequences])
        self._record(self._pending, logps_of(logits, self._pending), states)
        self._drop_finished()
        return True

    def _forward(self) -> torch.Tensor:
        """States of every sequence, (rows, B, D): run the pending tokens, and take those of new sequences."""
        assert self.cache is not None
        states = self._states
        if self._pending:
            old = len(self._pending)
            last = torch.tensor(self._pending)
            stepped = self.decoder.backbone.forward(
                last[:, None], self._position[:old], self.cache, self.decoder.lora, torch.zeros_like(last)
            )
            self._position[:old] += 1
            states = torch.cat([stepped, states], 1) if states.numel() else stepped
        self._states = torch.empty(0)
        return states

    def _record(self, tokens: list[int], logps: list[float], states: torch.Tensor) -> None:
        """Add to every result its next token, and what else it keeps of this step."""
        assert self.cache is not None
        now = time.perf_counter()
        for slot, (sequence, token, logp) in enumerate(zip(self.sequences, tokens, logps, strict=True)):
            result = sequence.result
            result.tokens.append(token)
            result.logps.append(logp)
            result.status = SequenceStatus.of(result.tokens, self.decoder.end_tokens, sequence.request.max_tokens)
            result.decode_ms = 1000 * (now - sequence.started)
            if sequence.keep_states:
                result.kept.append(states[:, slot].float())
            if sequence.keep_cache and not result.running:
                result.cache = self.cache.copy([slot])

    @torch.inference_mode()
    def cancel(self, results: Sequence[Decoded]) -> None:
        """Stop writing these; their tokens so far stay. Results that are not running are ignored."""
        for result in results:
            if result.running:
                result.status = SequenceStatus.CANCELLED
        self._drop_finished()

    def _drop_finished(self) -> None:
        """Free the rows of sequences that are not running any more."""
        slots = [slot for slot, sequence in enumerate(self.sequences) if sequence.result.running]
        if len(slots) == len(self.sequences):
            return
        assert self.cache is not None
        old = len(self._pending)
        if old == len(self.sequences):  # otherwise new sequences, which have no token yet, must stay after the others
            slots = [slots[i] for i in assign_slots(slots)]
        if self._states.numel():
            self._states = self._states[:, [slot - old for slot in slots if slot >= old]]
        self._pending = [self._pending[slot] for slot in slots if slot < old]
        self.sequences = [self.sequences[slot] for slot in slots]
        self._mix, self._position = self._mix[slots], self._position[slots]
        if slots:
            self.cache.reorder(slots)
        else:
            self.cache = None
