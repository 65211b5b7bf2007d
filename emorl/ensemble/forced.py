"""Teacher forcing: base and experts read a text that somebody else wrote, in one pass.

`force` gives the states from which each expert would have predicted every token of the text. `go_on` lets single
experts go on alone from places inside it, greedily, for a few tokens: the pass has filled the cache, so nothing is read
again. Experts that write the same tokens from the same place share a sequence. The decoder's mask plays no part, as the
text is not ours. Left out: what is made of the states (`emorl.explain.own_words`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch

from emorl.ensemble.cache import Cache
from emorl.ensemble.decoder import EnsembleDecoder

AT_ONCE = 6
"""Sequences that go on at once: each copies the cache of the text."""

MOST = 8
"""Tokens that an expert writes at most where it goes on."""


@dataclass(frozen=True)
class Forced:
    """A text as base and experts read it.

    Attributes:
        tokens: T token ids of the text.
        states: States after the final norm that predict each of them, (T, K+1, D) float32, base first.
        start: Position of the first of them.
        cache: Keys and values of prompt and text.
    """

    tokens: tuple[int, ...]
    states: torch.Tensor
    start: int
    cache: Cache


@dataclass(frozen=True)
class Departure:
    """Where an expert leaves a text.

    Attributes:
        at: Index of the token that it replaces.
        row: The expert; 0 is the base.
        token: What it writes instead.
    """

    at: int
    row: int
    token: int


@torch.inference_mode()
def force(decoder: EnsembleDecoder, prompt: Sequence[int], text: Sequence[int]) -> Forced:
    """Read a text after a prompt.

    Args:
        decoder: The ensemble; its stack has a row for the base.
        prompt: Token ids, at least one.
        text: Token ids, at least one.

    Raises:
        ValueError: An empty prompt, or more tokens than the base has positions.
    """
    assert decoder.lora.base_row and text
    slots = decoder.check_lengths([len(prompt)], len(text) + MOST)
    cache = decoder.backbone.empty_cache(1, slots, decoder.lora)
    ids = torch.tensor([[*prompt, *text[:-1]]])
    states = decoder.backbone.forward(ids, torch.tensor([0]), cache, decoder.lora)  # (K+1, 1, P+T-1, D)
    return Forced(tuple(text), states[:, 0, len(prompt) - 1 :].transpose(0, 1).float(), len(prompt), cache)


@torch.inference_mode()
def go_on(
    decoder: EnsembleDecoder,
    forced: Forced,
    departures: Iterable[Departure],
    whole: Callable[[int, Sequence[int]], bool],
) -> dict[Departure, list[int]]:
    """What experts write, each alone, from where they leave the text.

    Args:
        decoder: The ensemble that read it.
        forced: From `force`.
        departures: Where they leave it.
        whole: Gets the index of the token that is replaced and the tokens written; whether they are enough.

    Returns:
        Tokens by departure, the first of them its own; at most `MOST`.
    """
    found: dict[Departure, list[int]] = {}
    branches: dict[tuple[int, int], list[Departure]] = {}
    for departure in departures:
        if whole(departure.at, [departure.token]):
            found[departure] = [departure.token]
        else:
            branches.setdefault((departure.at, departure.token), []).append(departure)
    groups = list(branches.values())
    for first in range(0, len(groups), AT_ONCE):
        found |= _grow(decoder, forced, groups[first : first + AT_ONCE], whole)
    return found


def _grow(
    decoder: EnsembleDecoder,
    forced: Forced,
    groups: list[list[Departure]],
    whole: Callable[[int, Sequence[int]], bool],
) -> dict[Departure, list[int]]:
    """Go on token by token; the departures of a group have written the same so far."""
    found: dict[Departure, list[int]] = {}
    written = [[group[0].token] for group in groups]
    cache = forced.cache.copy([0] * len(groups))
    while groups:
        places = [forced.start + group[0].at + len(tokens) - 1 for group, tokens in zip(groups, written, strict=True)]
        ids = torch.tensor([tokens[-1:] for tokens in written])
        last = torch.zeros(len(groups), dtype=torch.long)
        states = decoder.backbone.forward(ids, torch.tensor(places), cache, decoder.lora, last)  # (K+1, B, D)
        branches: dict[tuple[int, int], list[Departure]] = {}  # by slot and next token
        for slot, group in enumerate(groups):
            rows = [departure.row for departure in group]
            chosen = decoder.backbone.logits(states[rows, slot]).argmax(-1).tolist()
            for departure, token in zip(group, chosen, strict=True):
                tokens = [*written[slot], token]
                if whole(departure.at, tokens) or len(tokens) >= MOST:
                    found[departure] = tokens
                else:
                    branches.setdefault((slot, token), []).append(departure)
        if branches:
            cache.reorder([slot for slot, _ in branches])
        written = [[*written[slot], token] for slot, token in branches]
        groups = list(branches.values())
    return found
