"""Slider reuse: under new weights a reply is decoded again only from the first token that changes.

The experts' states after a prefix do not depend on the weights. So the states of a greedy reply are kept, mixed anew
for all its steps in one product, and compared with what was written. Up to the first position where the argmax differs,
the new reply equals the old one, its cache can be used, and the mask forbids the same tokens. The result is identical
to decoding from the start. Left out: writing the rest, which `ContinuousBatch.resume` does, and sampled replies, whose
random draws would have to be repeated.
"""

from __future__ import annotations

import torch

from emorl.ensemble.decoder import EnsembleDecoder
from emorl.ensemble.mask import forbid
from emorl.ensemble.next_token import logps_of
from emorl.ensemble.sequence import Decoded, Request, SequenceStatus


@torch.inference_mode()
def remix(decoder: EnsembleDecoder, old: Request, written: Decoded, new: Request) -> Decoded:
    """As much of the greedy reply under new weights or strength as the kept states determine, in one product.

    Args:
        decoder: The ensemble that wrote the old reply.
        old: What was asked for.
        written: Its result, with states and cache; it is not changed.
        new: What is asked for now, with the same prompt and temperature 0.

    Returns:
        The tokens up to and including the first that differs, and the old cache, which holds all but the last of them.

    Raises:
        WeightError: Bad weights or strength.
        ValueError: Another prompt, a temperature above 0, or a result without states or cache.
    """
    if list(new.prompt) != list(old.prompt) or new.temperature or old.temperature:
        raise ValueError("Got another prompt or a temperature above 0: expected the same prompt and temperature 0.")
    if written.cache is None or not written.kept:
        raise ValueError("Got a result without states or cache: expected both to be kept.")
    mix = decoder.row_coefficients(new.weights, new.strength)
    states = written.states[: new.max_tokens]
    logits = decoder.backbone.logits(torch.einsum("r,trd->td", mix, states))  # (T, V)
    forbid(logits, [decoder.mask(written.tokens[:t]) for t in range(len(states))])
    choices = logits.argmax(-1).tolist()
    same = next((t for t, (a, b) in enumerate(zip(choices, written.tokens, strict=False)) if a != b), len(choices))
    tokens = [*written.tokens[:same], *choices[same : same + 1]]
    status = SequenceStatus.of(tokens, decoder.end_tokens, new.max_tokens)
    logps = logps_of(logits[: len(tokens)], tokens)
    return Decoded(tokens, status, mix, kept=written.kept[: len(tokens)], cache=written.cache, logps=logps)
