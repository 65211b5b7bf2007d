"""The real service over the tiny ensemble: words for token ids, counted letters for scores, no models folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, StackedLora
from emorl.ensemble.lora import load_adapter
from emorl.models.manifest import Manifest, ObjectiveEntry
from emorl.reflecting.reflector import Reflector
from emorl.reflecting.scorers import Scorers
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.reflecting.writer import Writer
from tests.ensemble.conftest import save_random_adapter

NAMES = ["reflection", "empathy", "fluency"]


class Words:
    """A tokenizer of 61 words, of which the third ends a reply."""

    def __call__(self, prompt: str) -> Any:
        return SimpleNamespace(input_ids=[5, 6, 7, 8])

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        return "".join(f" w{token}" for token in ids if token != 2)


class Counted:
    """A scorer: how often some letter stands in a reply, as a share of its length; counts what it is asked."""

    def __init__(self, letter: str) -> None:
        self.letter, self.asked = letter, 0

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        self.asked += len(replies)
        return torch.tensor([reply.count(self.letter) / max(1, len(reply)) for reply in replies])


def manifest_of(names: Sequence[str]) -> Manifest:
    """A manifest of objectives that have no files."""
    entries = tuple(ObjectiveEntry(name, name, name, Path(), "1" * 64, "fluency") for name in names)
    return Manifest(Path(), "0" * 64, "", None, "", entries, {"balanced": dict.fromkeys(names, 1.0), "base": {}})


@pytest.fixture(scope="package")
def decoder(tiny_llama, tmp_path_factory) -> EnsembleDecoder:
    root = tmp_path_factory.mktemp("reflecting")
    adapters = [load_adapter(save_random_adapter(tiny_llama, root / f"e{k}", seed=10 + k)) for k in range(3)]
    return EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(adapters), [2])


@pytest.fixture
def reflector(decoder) -> Reflector:
    """The real one over the tiny ensemble."""
    scorers = Scorers({name: Counted(letter) for name, letter in zip(NAMES, "135", strict=True)})
    return Reflector(Writer(manifest_of(NAMES), decoder, SharedTokenizer(Words()), scorers))
