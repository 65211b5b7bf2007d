"""The tree of prefixes: every greedy reply the weights can reach, each with its exact region.

The root is the prompt with the whole simplex. A prefix with its cell P goes through base and experts once; the upper
envelope of its logits cuts P into the pieces in which each next token wins; every piece is a child. A prefix ends as a
region with an end token or at `max_tokens`. Weights in P, and only they, write this prefix: so at the root, and a
child's piece is by definition where its token is the argmax of the allowed ones, which the decoder's mask tells by the
prefix and so are the same all over P. Children of one prefix differ in their last token and share no interior, so every
token sequence occurs in one region only, regions share no interior, and their areas add up to 1 less what was lost:
pieces smaller than `min_area`, and what the step budget left open.

All prefixes of a batch have the same length and run as one batch of sequences through the engine; a cache is copied
only where a prefix splits or ends. When more than `batch` are alive, the largest go on and the others wait with their
caches; the waiting batch with the largest cell is next. Left out: the token's text, sampling, weights all zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from emorl.atlas.envelope import upper_envelope
from emorl.atlas.lookup import Atlas, Region
from emorl.atlas.polygons import Cell, simplex
from emorl.ensemble.cache import Cache, settle
from emorl.ensemble.decoder import EnsembleDecoder
from emorl.errors import EmorlError

MOST_OBJECTIVES = 4
ROOM = 16
"""Positions by which a cache grows, so that copies stay small."""


@dataclass(frozen=True)
class Prefix:
    """Words written by all weights in a cell."""

    tokens: tuple[int, ...]
    cell: Cell


@dataclass
class Batch:
    """Prefixes of one length and their caches."""

    prefixes: list[Prefix]
    cache: Cache

    @property
    def largest(self) -> float:
        """Area of the largest cell."""
        return max(prefix.cell.area for prefix in self.prefixes)

    def split(self, width: int) -> Batch:
        """Keep the `width` largest and return the others, with caches of their own."""
        slots = sorted(range(len(self.prefixes)), key=lambda slot: -self.prefixes[slot].cell.area)
        rest = Batch([self.prefixes[slot] for slot in slots[width:]], self.cache.copy(slots[width:]))
        kept = [slots[:width][i] for i in settle(slots[:width])]
        self.prefixes = [self.prefixes[slot] for slot in kept]
        self.cache.place(kept)
        return rest


@torch.inference_mode()
def grow_atlas(
    decoder: EnsembleDecoder,
    prompt: Sequence[int],
    strength: float = 1.0,
    *,
    objectives: Sequence[int] | None = None,
    max_tokens: int = 64,
    min_area: float = 1e-4,
    max_steps: int | None = None,
    batch: int = 32,
) -> Iterator[Atlas]:
    """Find every reply greedy decoding can write for one prompt.

    Closing the iterator stops at the next step boundary; what was yielded last is then the partial atlas.

    Args:
        decoder: The ensemble; only its greedy choice is mapped.
        prompt: Token ids.
        strength: s, for all weights.
        objectives: Which objectives to span, one to four; the others stay at weight 0. All K by default.
        max_tokens: Most tokens a reply, the end token included.
        min_area: Pieces with a smaller share of the simplex are given up. At the default of 1e-4 one point of a 1/32
            raster stands for twenty times as much, and a triangle of 500 pixels has such a piece on 10 of them.
        max_steps: Most prefixes sent through the experts after the prefill; no limit by default. A budget holds as
            many prefixes alive at once as it could bring to their end, so that it buys whole replies.
        batch: Most prefixes a step of the engine.

    Yields:
        The atlas so far after the prefill and after each step of the engine; the last one is finished, or what the
        budget bought.

    Raises:
        WeightError: A bad strength, or one that needs a base row the stack lacks.
        EmorlError: Bad objectives, minimum area or budget.
        ValueError: An empty prompt, or one too long for the base's positions.

    Example:
        With the `decoder` of the example in `EnsembleDecoder`, one atlas answers for all weights:

        >>> from emorl.ensemble import Request
        >>> *_, atlas = grow_atlas(decoder, [5, 6, 7], max_tokens=8)
        >>> len(atlas.regions) > 1, round(atlas.coverage, 3)
        (True, 1.0)
        >>> [written] = decoder.decode([Request([5, 6, 7], [3, 1], max_tokens=8)])
        >>> atlas.at([3, 1]).tokens == tuple(written.tokens)
        True
    """
    count = len(decoder.lora.adapters)
    spanned = tuple(range(count)) if objectives is None else tuple(objectives)
    _check(count, spanned, min_area, max_steps)
    decoder.row_coefficients([1.0] * count, strength)
    decoder.check_lengths([len(prompt)], max_tokens)
    regions: list[Region] = []
    waiting: list[Batch] = []
    steps = 0

    def branch(at: Batch, states: torch.Tensor) -> Batch | None:
        """The children that go on; those that end become regions."""
        corners = _corner_logits(decoder, states, strength, spanned)
        going: list[tuple[int, Prefix]] = []
        for slot, prefix in enumerate(at.prefixes):
            for token, cell in upper_envelope(prefix.cell, corners[slot], decoder.mask(prefix.tokens)):
                if cell.area < min_area:
                    continue
                child = Prefix((*prefix.tokens, token), cell)
                if token in decoder.end_tokens or len(child.tokens) == max_tokens:
                    regions.append(Region(child.tokens, token in decoder.end_tokens, cell))
                else:
                    going.append((slot, child))
        if not going:
            return None
        order = settle([slot for slot, _ in going])
        at.cache.place([going[i][0] for i in order])
        written = len(prompt) + len(going[0][1].tokens)
        if written > at.cache.slots:
            at.cache.reserve(len(going), written + ROOM)
        return Batch([going[i][1] for i in order], at.cache)

    def atlas(now: Batch | None) -> Atlas:
        alive = [prefix.cell.area for group in [*waiting, *([now] if now else [])] for prefix in group.prefixes]
        found = tuple(sorted(regions, key=lambda region: -region.cell.area))
        return Atlas(count, spanned, strength, found, steps, math.fsum(alive), not alive)

    states, cache = decoder.prefill([prompt], len(prompt) + ROOM)
    now = branch(Batch([Prefix((), simplex(len(spanned)))], cache), states)
    yield atlas(now)
    while now or waiting:
        if now is None:
            now = waiting.pop(max(range(len(waiting)), key=lambda i: waiting[i].largest))
        width = batch
        if max_steps is not None:
            if steps >= max_steps:
                return
            width = min(batch, max(1, (max_steps - steps) // max_tokens))
        if len(now.prefixes) > width:
            waiting.append(now.split(width))
        last = torch.tensor([prefix.tokens[-1] for prefix in now.prefixes])
        position = torch.full_like(last, len(prompt) + len(now.prefixes[0].tokens) - 1)
        states = decoder.backbone.forward(last[:, None], position, now.cache, decoder.lora, torch.zeros_like(last))
        steps += len(now.prefixes)
        now = branch(now, states)
        yield atlas(now)


def _corner_logits(
    decoder: EnsembleDecoder, states: torch.Tensor, strength: float, objectives: Sequence[int]
) -> torch.Tensor:
    """Logits at the corners of the spanned simplex, float32, (B, K, V), of states (rows, B, D)."""
    states = states.float()
    corners = states[[k + decoder.lora.base_row for k in objectives]]
    if strength != 1:
        corners = states[:1] + strength * (corners - states[:1])
    flat = corners.transpose(0, 1).flatten(0, 1)  # one product; on three axes torch makes one a prefix of it
    return decoder.backbone.logits(flat).unflatten(0, (-1, len(objectives)))


def _check(count: int, spanned: tuple[int, ...], min_area: float, max_steps: int | None) -> None:
    """Refuse what a user could have asked for and cannot have."""
    if not 1 <= len(spanned) <= MOST_OBJECTIVES:
        raise EmorlError(
            f"Got {len(spanned)} objectives for an atlas: expected 1 to {MOST_OBJECTIVES}; choose three to span, "
            "the others stay at weight 0."
        )
    if len(set(spanned)) < len(spanned) or not all(0 <= k < count for k in spanned):
        raise EmorlError(f"Got objectives {spanned} for an atlas: expected different numbers below {count}.")
    if not 0 <= min_area < 1:
        raise EmorlError(f"Got a minimum area of {min_area}: expected at least 0 and below 1; 1e-4 is the default.")
    if max_steps is not None and max_steps < 0:
        raise EmorlError(f"Got a budget of {max_steps} steps: expected at least 0; leave it out for no limit.")
