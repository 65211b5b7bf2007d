"""The shipped ensemble writes what its naive twin writes, in float32. No scorers: the twin is three more models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from transformers import AutoModelForCausalLM

from emorl.ensemble import Setting
from emorl.ensemble.lora import load_adapter, merge
from emorl.models.base import ensure_base
from emorl.models.folder import models_dir
from emorl.models.manifest import read_manifest
from emorl.reflecting.reflector import Reflector
from emorl.reflecting.writer import Writer
from tests.ensemble.naive import begins_a_repeat, merged_models, naive_decode
from tests.shipped.conftest import emptied

pytestmark = pytest.mark.shipped
CASES = (
    ("I keep saying I'll cut down on the wine, and then it's Friday and I've had the week I've had.", (0.5, 0.3, 0.2)),
    ("Nobody at the new school talks to me. I eat my lunch in the library.", (0.1, 0.7, 0.2)),
)


@pytest.fixture
def reflector() -> Iterator[Reflector]:
    loaded = Reflector(Writer.load(dtype="float32", scored=False))
    yield loaded
    emptied(loaded)


def test_equals_the_naive_twin_token_for_token(reflector):
    manifest = read_manifest(models_dir())
    base = AutoModelForCausalLM.from_pretrained(ensure_base(), dtype=torch.float32)
    merge(base, load_adapter(manifest.warm_start))
    models = merged_models(base, [load_adapter(o.adapter) for o in manifest.objectives])
    tokenizer = reflector.writer.tokenizer.plain
    texts = [tokenizer.decode([token]) for token in range(len(tokenizer))]
    for statement, weights in CASES:
        prompt = reflector.writer.prompt(statement)
        got = reflector.reflect(statement, Setting(weights))
        ends = list(reflector.writer.decoder.end_tokens)
        expected = naive_decode(models, prompt, weights, max_tokens=24, end_tokens=ends, repeats=begins_a_repeat(texts))
        assert [t.id for t in got.tokens][:24] == [t for t in expected if t not in ends]
