"""Slider reuse: new weights for a reply already written, decoded again only from the first word that changes.

The experts' states on a prefix do not depend on the weights. So the states of a greedy reply are kept, mixed anew for
all its steps in one product, and compared with what was written: up to the first position where the argmax differs
the new reply is the old one, its cache is good as far as that, and the mask forbids the same. Identical to decoding
from the start. Left out: sampling, whose draws would have to be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from emorl.ensemble.decoder import Batch, Decoded, EnsembleDecoder, Request
from emorl.ensemble.mask import forbid


@dataclass(frozen=True)
class Rewritten:
    """A reply under new weights.

    Attributes:
        result: The reply, with states and cache, so that it can be rewritten in turn.
        reused: Tokens taken over from the old reply without running the experts.
    """

    result: Decoded
    reused: int


@torch.inference_mode()
def remix(decoder: EnsembleDecoder, old: Request, written: Decoded, new: Request) -> Decoded:
    """As much of the greedy reply under new weights or strength as the kept states tell, in one product.

    Args:
        decoder: The ensemble that wrote the old reply.
        old: What was asked.
        written: Its result, with states and cache kept; it is not changed.
        new: What is asked now; the same prompt, temperature 0.

    Returns:
        The tokens up to and with the first that differs, and the old cache, which holds all but the last of them.

    Raises:
        WeightError: Bad weights or strength.
        ValueError: Another prompt, sampling, or a result without states or cache.
    """
    if list(new.prompt) != list(old.prompt) or new.temperature or old.temperature:
        raise ValueError("expected the same prompt and temperature 0 in both requests")
    if written.cache is None or not written.kept:
        raise ValueError("expected a result whose states and cache were kept")
    mix = decoder.row_coefficients(new.weights, new.strength)
    states = written.states[: new.max_tokens]
    logits = decoder.backbone.logits(torch.einsum("r,trd->td", mix, states))  # (T, V)
    choices = forbid(logits, [decoder.mask(written.tokens[:t]) for t in range(len(states))]).argmax(-1).tolist()
    same = next((t for t, (a, b) in enumerate(zip(choices, written.tokens, strict=False)) if a != b), len(choices))
    tokens = [*written.tokens[:same], *choices[same : same + 1]]
    ended = tokens[-1] in decoder.end_tokens
    return Decoded(tokens, ended, mix, kept=written.kept[: len(tokens)], cache=written.cache)


@torch.inference_mode()
def rewrite(decoder: EnsembleDecoder, old: Request, written: Decoded, new: Request) -> Rewritten:
    """The greedy reply to the same prompt under other weights or another strength; see `remix`."""
    result = remix(decoder, old, written, new)
    reused = len(result.tokens)
    batch = Batch(decoder)
    batch.resume(new, result)
    while batch.step():
        pass
    return Rewritten(result, reused)
