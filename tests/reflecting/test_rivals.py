"""Rivals written on to the end of their word: held against a twin that writes each alone, from the start."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from emorl.ensemble import EnsembleDecoder, Request
from emorl.ensemble.cache import Cache
from emorl.ensemble.mask import nothing
from emorl.explain.rivals import Rival, first_word
from emorl.reflecting.reflector import Reflector
from emorl.reflecting.rivals import AT_ONCE, MOST_PIECES, complete_rivals
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.reflecting.writer import Writer
from tests.reflecting.conftest import NAMES, Words, manifest_of

STATEMENT = "Some nights I lie awake."


class Pieces(Words):
    """Two of three tokens go on with the word before them."""

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        return "".join(f"{' ' * (token % 3 == 0)}w{token}" for token in ids if token != 2)


@pytest.fixture
def writer(decoder: EnsembleDecoder, reflector: Reflector) -> Writer:
    plain = EnsembleDecoder(decoder.backbone, decoder.lora, [2], nothing)  # a twin's mask cannot know the reply
    return Writer(manifest_of(NAMES), plain, SharedTokenizer(Pieces()), reflector.writer.scorers)


def alone(writer: Writer, written: list[int], rival: Rival, weights: Sequence[float]) -> str:
    """The word of one rival, by sending the whole prefix as a prompt."""
    if rival.token == 2:
        return ""
    before = written[: rival.step]
    prompt = [*writer.prompt(STATEMENT), *before, rival.token]
    (found,) = writer.decoder.decode([Request(prompt, weights, max_tokens=MOST_PIECES)])
    tokens = [rival.token, *found.tokens]
    pieces = [writer.tokenizer.piece(token) for token in tokens if token != 2]
    for end in range(1, len(pieces) + 1):
        if word := first_word(pieces[:end]):
            return word
    return "".join(pieces).strip() + ("" if tokens[-1] == 2 else "…")


def test_words_are_those_that_each_would_have_written_alone(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    reflection = Reflector(writer).reflect(STATEMENT, writer.setting({"reflection": 2, "empathy": 1}))
    assert reflection.trace is not None
    written = list(reflection.trace.tokens)
    steps = range(0, min(6, len(written)))
    rivals = [Rival(step, token, part) for step in steps for token in (3, 10, 2) for part in ("", "base", "empathy")]
    assert len(rivals) > 2 * AT_ONCE
    prefill, read = EnsembleDecoder.prefill, list[int]()

    def counted(self: EnsembleDecoder, prompts: Sequence[Sequence[int]], slots: int) -> tuple[torch.Tensor, Cache]:
        read.append(len(prompts))
        return prefill(self, prompts, slots)

    with monkeypatch.context() as patched:
        patched.setattr(EnsembleDecoder, "prefill", counted)
        found = complete_rivals(writer, reflection, [*rivals, rivals[0]])
    assert read == [1]  # the reply is read once, for however many rivals
    weights = {"": list(reflection.setting.weights), "base": [0.0, 0, 0], "empathy": [0.0, 1, 0]}
    for rival in rivals:
        assert found[rival] == alone(writer, written, rival, weights[rival.alone]), rival
    assert len(set(found.values())) > 6
    assert any(word.endswith("…") for word in found.values())
    assert "" in found.values()
