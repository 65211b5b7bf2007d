"""One sequence that is written: what is asked for, where it stands, what has been written, and its random numbers."""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from enum import Enum

import torch

from emorl.ensemble.cache import Cache


@dataclass(frozen=True)
class Request:
    """One sequence to write.

    Attributes:
        prompt: Token ids of the prompt, at least one.
        weights: K raw weights, at least 0; all zero gives the base's own reply.
        strength: s; 1 is the plain ensemble, 0 the base.
        temperature: 0 for greedy; otherwise logits are divided by it before sampling.
        seed: Seed of this sequence's own random numbers (sampling only).
        max_tokens: Maximum number of tokens written, the end token included.

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


class SequenceStatus(Enum):
    """Where a sequence stands, from its prefill on."""

    RUNNING = "running"
    ENDED = "ended"  # with the end token
    TRUNCATED = "truncated"  # at its maximum number of tokens
    CANCELLED = "cancelled"  # before its end

    @classmethod
    def of(cls, tokens: Sequence[int], end_tokens: Container[int], max_tokens: int) -> SequenceStatus:
        """The status of a sequence of at least one token that was not cancelled."""
        if tokens[-1] in end_tokens:
            return cls.ENDED
        return cls.RUNNING if len(tokens) < max_tokens else cls.TRUNCATED


@dataclass
class Decoded:
    """What has been written for one request so far.

    Attributes:
        tokens: Token ids, the end token included if it was written.
        status: Whether it is still being written, and if not, why.
        coefficients: c of f = Σ_k c_k h_k, (K+1,).
        prefill_ms: Milliseconds the prefill took.
        decode_ms: Milliseconds from the prefill to the last token.
        kept: States of base and experts at every step, each (K+1, D) float32, if they were to be kept.
        cache: Keys and values of the sequence at its end, for `resume`, if they were to be kept.
        logps: Log-probability of every token in nats, under the mixture at temperature 1 and after the mask, whatever
            temperature it was drawn at.
    """

    tokens: list[int]
    status: SequenceStatus
    coefficients: torch.Tensor
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    kept: list[torch.Tensor] = field(default_factory=list)
    cache: Cache | None = None
    logps: list[float] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether it is still being written."""
        return self.status is SequenceStatus.RUNNING

    @property
    def ended(self) -> bool:
        """Whether the end token was written."""
        return self.status is SequenceStatus.ENDED

    @property
    def states(self) -> torch.Tensor:
        """States after the final norm at every step, (T, K+1, D) float32; empty unless kept."""
        return torch.stack(self.kept) if self.kept else torch.empty(0)


@dataclass
class RunningSequence:
    """A sequence of a batch: the request, its result so far, and what the next step needs.

    Attributes:
        request: What was asked for.
        result: What has been written.
        generator: Random numbers for sampling.
        started: When its prefill was done, in seconds of `time.perf_counter`.
        keep_states: Whether the states of every step are kept.
        keep_cache: Whether its cache is kept at its end.
    """

    request: Request
    result: Decoded
    generator: torch.Generator
    started: float
    keep_states: bool
    keep_cache: bool

    @classmethod
    def start(cls, request: Request, result: Decoded, keep_states: bool, keep_cache: bool) -> RunningSequence:
        """A sequence whose prefill has just been done."""
        generator = torch.Generator().manual_seed(request.seed)
        return cls(request, result, generator, time.perf_counter(), keep_states, keep_cache)
