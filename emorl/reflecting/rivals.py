"""Writes on from rivals to the end of their word, so that a screen can name the words that were not written.

The reply is read once more, and each rival goes on from its place in it: one token for all of them at a time. The mix
goes on from its runner-ups, the base and each objective from its own choices. Left out: what comes after the word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from emorl.ensemble import EnsembleDecoder
from emorl.ensemble.cache import Cache
from emorl.ensemble.mask import forbid
from emorl.explain.rivals import BASE, Rival, first_word
from emorl.reflecting.reflection import Reflection
from emorl.reflecting.writer import Writer

MOST_PIECES = 5  # of a word; what is longer is cut with an ellipsis
AT_ONCE = 16  # rivals, each with a copy of the cache


@dataclass
class _Branch:
    """A rival and what follows it."""

    rival: Rival
    before: list[int]  # tokens of the reply before it
    mix: torch.Tensor  # coefficients of the rows
    tokens: list[int] = field(default_factory=list)  # it and what follows


@torch.inference_mode()
def complete_rivals(writer: Writer, reflection: Reflection, rivals: Sequence[Rival]) -> Mapping[Rival, str]:
    """The word that each rival would have become; see `emorl.explain.rivals`.

    Args:
        writer: What wrote the reflection.
        reflection: Written with `explain`.
        rivals: Places in it and what could have stood there.
    """
    assert reflection.trace is not None
    written = list(reflection.trace.tokens)
    branches = [
        _Branch(rival, written[: rival.step], _coefficients(writer, reflection, rival.alone), [rival.token])
        for rival in dict.fromkeys(rivals)
    ]
    found = {branch.rival: "" for branch in branches if branch.rival.token in writer.decoder.end_tokens}
    growing = [branch for branch in branches if branch.rival not in found]
    prompt = writer.prompt(reflection.statement)
    read = [*prompt, *written[:-1]]
    _, whole = writer.decoder.prefill([read], len(read) + 1 + MOST_PIECES)
    for start in range(0, len(growing), AT_ONCE):
        for branch in _grown(writer, len(prompt), whole, growing[start : start + AT_ONCE]):
            found[branch.rival] = _word(writer, branch)
    return found


def _word(writer: Writer, branch: _Branch) -> str:
    """The word of a finished branch, with an ellipsis where it was cut."""
    ended = branch.tokens[-1] in writer.decoder.end_tokens
    pieces = [writer.tokenizer.piece(token) for token in (branch.tokens[:-1] if ended else branch.tokens)]
    whole = first_word(pieces)
    return whole if whole is not None else "".join(pieces).strip() + ("" if ended else "…")


def _coefficients(writer: Writer, reflection: Reflection, alone: str) -> torch.Tensor:
    """Coefficients of the rows: of the reflection's own mix, or of the base or an objective alone."""
    weights = list(reflection.setting.weights) if not alone else [float(name == alone) for name in writer.names]
    assert any(weights) or alone in ("", BASE)
    return writer.decoder.row_coefficients(weights, reflection.setting.strength)


def _grown(writer: Writer, prompt: int, whole: Cache, branches: list[_Branch]) -> list[_Branch]:
    """The branches, each written on until its word is complete.

    Args:
        writer: The models.
        prompt: Tokens of the prompt.
        whole: Of prompt and reply; it stays as it is.
        branches: At most `AT_ONCE`.
    """
    decoder = writer.decoder
    cache, growing = whole.copy([0] * len(branches)), list(branches)
    while growing:
        position = torch.tensor([prompt + len(one.before) + len(one.tokens) - 1 for one in growing])
        last = torch.tensor([[one.tokens[-1]] for one in growing])
        states = decoder.backbone.forward(last, position, cache, decoder.lora, torch.zeros(len(growing)).long())
        mix = torch.stack([one.mix for one in growing])
        logits = decoder.backbone.logits(torch.einsum("br,rbd->bd", mix, states.float()))  # (B, V)
        forbid(logits, [decoder.mask([*one.before, *one.tokens]) for one in growing])
        for one, token in zip(growing, logits.argmax(-1).tolist(), strict=True):
            one.tokens.append(token)
        going = [slot for slot, one in enumerate(growing) if _goes_on(writer, decoder, one)]
        growing = [growing[slot] for slot in going]
        cache.reorder(going)
    return branches


def _goes_on(writer: Writer, decoder: EnsembleDecoder, branch: _Branch) -> bool:
    """Whether the next token may still belong to the word."""
    if branch.tokens[-1] in decoder.end_tokens or len(branch.tokens) > MOST_PIECES:
        return False
    return first_word([writer.tokenizer.piece(token) for token in branch.tokens]) is None
