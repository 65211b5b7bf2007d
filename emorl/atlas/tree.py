"""The tree of prefixes: every greedy reply that the weights can reach, each with its exact region.

The root is the prompt with the whole simplex. A prefix with its cell P goes through base and experts once. The upper
envelope of its logits cuts P into the pieces in which each next token wins, and every piece becomes a child. A prefix
ends as a region, with an end token or at `max_tokens`.

The weights in P, and only they, write this prefix. This holds at the root. It holds for a child because its piece is,
by definition, where its token is the argmax over the allowed tokens; the mask looks at the prefix alone, so the same
tokens are allowed all over P. Children of one prefix differ in their last token and share no interior. So every token
sequence occurs in one region only, and regions share no interior. Their areas sum to 1 minus what is missing: pieces
smaller than `min_area`, and what the step budget left open.

All prefixes of a frontier have the same length and run as one batch of sequences through the engine. A cache is copied
only where a prefix splits or ends. When there are more than `batch` prefixes, the largest are expanded first and the
others wait with their caches; the waiting frontier with the largest cell comes next. Left out: texts, sampling, and
weights that are all zero.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch

from emorl.atlas.envelope import upper_envelope
from emorl.atlas.lookup import Atlas, Region
from emorl.atlas.polygons import Cell, simplex
from emorl.ensemble.cache import Cache, assign_slots
from emorl.ensemble.decoder import EnsembleDecoder
from emorl.errors import AtlasError

MAX_OBJECTIVES = 4
CACHE_GROWTH = 16
"""Positions by which a cache grows. Few, so that copies stay small."""


@dataclass(frozen=True)
class PrefixNode:
    """A prefix, and the cell of all weights that write it."""

    tokens: tuple[int, ...]
    cell: Cell


@dataclass
class Frontier:
    """Prefixes of one length that are still to be expanded, and their caches."""

    nodes: list[PrefixNode]
    cache: Cache

    @property
    def largest(self) -> float:
        """Area of the largest cell."""
        return max(node.cell.area for node in self.nodes)

    def split(self, width: int) -> Frontier:
        """Keep the `width` largest and return the others, with a cache of their own."""
        slots = sorted(range(len(self.nodes)), key=lambda slot: -self.nodes[slot].cell.area)
        rest = Frontier([self.nodes[slot] for slot in slots[width:]], self.cache.copy(slots[width:]))
        kept = [slots[:width][i] for i in assign_slots(slots[:width])]
        self.nodes = [self.nodes[slot] for slot in kept]
        self.cache.reorder(kept)
        return rest


@dataclass
class PrefixTree:
    """The tree while it grows.

    Attributes:
        decoder: The ensemble.
        prompt: Token ids.
        strength: s.
        objectives: Which objectives the atlas spans.
        max_tokens: Maximum number of tokens of a reply.
        min_area: Smaller pieces are dropped.
        regions: Finished replies so far.
        waiting: Frontiers that are not being expanded at the moment.
        steps: Prefixes that went through the experts after the prefill.
    """

    decoder: EnsembleDecoder
    prompt: Sequence[int]
    strength: float
    objectives: tuple[int, ...]
    max_tokens: int
    min_area: float
    regions: list[Region] = field(default_factory=list)
    waiting: list[Frontier] = field(default_factory=list)
    steps: int = 0

    def start(self) -> Frontier | None:
        """The first tokens of all replies; None where every reply ends with its first."""
        states, cache = self.decoder.prefill([self.prompt], len(self.prompt) + CACHE_GROWTH)
        return self._branch(Frontier([PrefixNode((), simplex(len(self.objectives)))], cache), states)

    def expand(self, frontier: Frontier) -> Frontier | None:
        """The next tokens of all prefixes of a frontier; None where every one of them ends."""
        last = torch.tensor([node.tokens[-1] for node in frontier.nodes])
        position = torch.full_like(last, len(self.prompt) + len(frontier.nodes[0].tokens) - 1)
        states = self.decoder.backbone.forward(
            last[:, None], position, frontier.cache, self.decoder.lora, torch.zeros_like(last)
        )
        self.steps += len(frontier.nodes)
        return self._branch(frontier, states)

    def next_waiting(self) -> Frontier:
        """Take out the waiting frontier with the largest cell."""
        return self.waiting.pop(max(range(len(self.waiting)), key=lambda index: self.waiting[index].largest))

    def atlas(self, frontier: Frontier | None) -> Atlas:
        """What has been found so far, while this frontier is the one being expanded."""
        unfinished = self.waiting if frontier is None else [*self.waiting, frontier]
        return Atlas(
            count=len(self.decoder.lora.adapters),
            objectives=self.objectives,
            strength=self.strength,
            regions=tuple(sorted(self.regions, key=lambda region: -region.cell.area)),
            decode_steps=self.steps,
            open_area=math.fsum(node.cell.area for one in unfinished for node in one.nodes),
        )

    def _branch(self, frontier: Frontier, states: torch.Tensor) -> Frontier | None:
        """The children that go on; those that end become regions. States of the frontier's prefixes, (rows, B, D)."""
        corners = _corner_logits(self.decoder, states, self.strength, self.objectives)
        children: list[PrefixNode] = []
        parents: list[int] = []
        for slot, node in enumerate(frontier.nodes):
            for token, cell in upper_envelope(node.cell, corners[slot], self.decoder.mask(node.tokens)):
                if cell.area < self.min_area:
                    continue
                tokens, ended = (*node.tokens, token), token in self.decoder.end_tokens
                if ended or len(tokens) == self.max_tokens:
                    self.regions.append(Region(tokens, ended, cell))
                else:
                    children.append(PrefixNode(tokens, cell))
                    parents.append(slot)
        if not children:
            return None
        order = assign_slots(parents)
        frontier.cache.reorder([parents[i] for i in order])
        length = len(self.prompt) + len(children[0].tokens)
        if length > frontier.cache.slots:
            frontier.cache.reserve(len(children), length + CACHE_GROWTH)
        return Frontier([children[i] for i in order], frontier.cache)


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
) -> Generator[Atlas]:
    """Find every reply that greedy decoding can write for one prompt.

    Closing the iterator stops after the step in progress; what was yielded last is then the partial atlas.

    Args:
        decoder: The ensemble; the atlas is of its greedy replies.
        prompt: Token ids.
        strength: s, for all weights.
        objectives: Which objectives to span, one to four; the others stay at weight 0. All K by default.
        max_tokens: Maximum number of tokens of a reply, the end token included.
        min_area: Pieces with a smaller share of the simplex are dropped. At the default of 1e-4, one point of a 1/32
            grid stands for twenty times as much, and a drawn triangle 500 pixels wide shows such a piece on 10 of them.
        max_steps: Maximum number of prefixes sent through the experts after the prefill; no limit by default. Under a
            budget, only as many prefixes are expanded at once as it could bring to their ends, so that it yields whole
            replies.
        batch: Maximum number of prefixes in one step of the engine.

    Yields:
        The atlas so far, after the prefill and after each step of the engine. The last one is complete, unless the
        budget ran out.

    Raises:
        WeightError: A bad strength, or one that needs the base where the stack has no row for it.
        AtlasError: Bad objectives, minimum area or budget.
        ValueError: An empty prompt, or one whose reply would exceed the base's positions.

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
    tree = PrefixTree(decoder, prompt, strength, spanned, max_tokens, min_area)
    frontier = tree.start()
    yield tree.atlas(frontier)
    while frontier or tree.waiting:
        if frontier is None:
            frontier = tree.next_waiting()
        width = batch
        if max_steps is not None:
            if tree.steps >= max_steps:
                return
            width = min(batch, max(1, (max_steps - tree.steps) // max_tokens))
        if len(frontier.nodes) > width:
            tree.waiting.append(frontier.split(width))
        frontier = tree.expand(frontier)
        yield tree.atlas(frontier)


def _corner_logits(
    decoder: EnsembleDecoder, states: torch.Tensor, strength: float, objectives: Sequence[int]
) -> torch.Tensor:
    """Logits at the corners of the spanned simplex, float32, (B, K, V), of states (rows, B, D)."""
    states = states.float()
    corners = states[[k + decoder.lora.base_row for k in objectives]]
    if strength != 1:
        corners = states[:1] + strength * (corners - states[:1])
    flat = corners.transpose(0, 1).flatten(0, 1)  # one product; with three axes torch would make one for each prefix
    logits = decoder.backbone.logits(flat)
    return logits.view(-1, len(objectives), logits.shape[-1])


def _check(count: int, spanned: tuple[int, ...], min_area: float, max_steps: int | None) -> None:
    """Refuse what a user may ask for but cannot have."""
    if not 1 <= len(spanned) <= MAX_OBJECTIVES:
        raise AtlasError.of(
            f"{len(spanned)} objectives for an atlas",
            f"1 to {MAX_OBJECTIVES}",
            "choose three to span, and the others stay at weight 0",
        )
    if len(set(spanned)) < len(spanned) or not all(0 <= k < count for k in spanned):
        raise AtlasError.of(
            f"the objectives {list(spanned)} for an atlas",
            f"different numbers below {count}",
            "name each objective once",
        )
    if not 0 <= min_area < 1:
        raise AtlasError.of(f"a minimum area of {min_area}", "at least 0 and below 1", "leave it out for 1e-4")
    if max_steps is not None and max_steps < 0:
        raise AtlasError.of(f"a budget of {max_steps} steps", "at least 0", "leave it out for no limit")
