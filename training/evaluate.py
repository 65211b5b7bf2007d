"""Evaluation on statements that no training has seen: scores, judges, diversity, copying, with bootstrap intervals.

Every method writes one greedy reply to each statement, as the app does by default. Warm start and single adapters also
sample one at temperature 1, which is what reinforcement learning optimises. Differences to the warm start are paired by
statement and their 95 % intervals come from resampling statements. Left out: human ratings, which the app collects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from emorl.ensemble import EnsembleDecoder, Request, decode_directions
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.scoring.metrics import copy_rate, diversity_2, edit_rate, words
from emorl.scoring.score_cache import ScoreCache


class ReplyWriter(Protocol):
    """Writes replies to many statements under one weight vector."""

    def __call__(
        self, statements: Sequence[str], weights: Sequence[float], temperature: float = 0.0, strength: float = 1.0
    ) -> list[str]:
        """One reply a statement; temperature 0 is greedy, and a sample's seed is the statement's place."""


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


def bootstrap(values: Sequence[float], seed: int = 0, draws: int = 2000) -> Interval:
    """Mean of the values and the interval of the means of `draws` resamples."""
    sample = np.asarray(values, dtype=float)
    rng = np.random.default_rng(seed)
    means = sample[rng.integers(0, len(sample), (draws, len(sample)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(sample.mean()), float(low), float(high))


def reply_writer(
    decoder: EnsembleDecoder,
    tokenizer: SharedTokenizer,
    prompt_text: Callable[[str], str],
    max_tokens: int = 48,
    batch: int = 24,
) -> ReplyWriter:
    """A function that writes replies to many statements under one weight vector (temperature 0 is greedy)."""

    def write(
        statements: Sequence[str], weights: Sequence[float], temperature: float = 0.0, strength: float = 1.0
    ) -> list[str]:
        replies: list[str] = [""] * len(statements)
        order = sorted(range(len(statements)), key=lambda i: len(statements[i]))
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            prompts = [tokenizer.ids(prompt_text(statements[i])) for i in rows]
            requests = [
                Request(prompt, weights, strength, temperature, seed=i, max_tokens=max_tokens)
                for i, prompt in zip(rows, prompts, strict=True)
            ]
            for i, result in zip(rows, decoder.decode(requests), strict=True):
                replies[i] = tokenizer.text(result.tokens)
        return replies

    return write


def greedy_replies(
    decoder: EnsembleDecoder,
    tokenizer: SharedTokenizer,
    prompt_text: Callable[[str], str],
    statements: Sequence[str],
    weights: Sequence[Sequence[float]],
    max_tokens: int = 48,
    chunk: int = 8,
    strength: float = 1.0,
) -> tuple[list[list[str]], dict[str, int]]:
    """Greedy replies by weight vector and statement, equal beginnings decoded once, `chunk` statements at a time.

    Returns:
        The replies, and the decoding steps taken (`steps`) beside those of one weight vector at a time (`alone`).
    """
    prompts = [tokenizer.ids(prompt_text(s)) for s in statements]
    written: list[list[str]] = [[] for _ in weights]
    cost = {"steps": 0, "alone": 0}
    for start in range(0, len(prompts), chunk):  # bounds the memory of the caches
        found = decode_directions(decoder, prompts[start : start + chunk], weights, strength, max_tokens)
        cost = {"steps": cost["steps"] + found.steps, "alone": cost["alone"] + found.alone}
        for row in found.tokens:
            for texts, tokens in zip(written, row, strict=True):
                texts.append(tokenizer.text(tokens))
    return written, cost


def measure(statements: Sequence[str], replies: Sequence[str], cache: ScoreCache) -> dict[str, list[float]]:
    """Every scorer's value of every reply, and the measures that need no model, each a list of N."""
    table = cache.columns(statements, replies)
    pairs = list(zip(statements, replies, strict=True))
    table["copy_rate"] = [copy_rate(s, r) for s, r in pairs]
    table["edit_rate"] = [edit_rate(s, r) for s, r in pairs]
    table["diversity_2"] = [diversity_2([r]) for r in replies]
    table["words"] = [float(len(words(r))) for r in replies]
    return table


def gain(before: Sequence[float], after: Sequence[float]) -> Interval:
    """Paired mean difference with its interval."""
    return bootstrap(np.asarray(after) - np.asarray(before))
