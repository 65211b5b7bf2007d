"""The atlas of the shipped adapters: direct decoding with float32 sums finds the region's own words, everywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from emorl.atlas import Atlas, grow_atlas
from emorl.ensemble import Request
from emorl.reflecting.reflector import Reflector
from emorl.reflecting.writer import MAX_TOKENS, Writer
from tests.shipped.conftest import emptied

pytestmark = pytest.mark.shipped
STATEMENTS = (
    "I keep saying I'll cut down on the wine, and then it's Friday and I've had the week I've had.",
    "Nobody at the new school talks to me. I eat my lunch in the library.",
    "Mum keeps asking when I'll visit. I just don't want to go back to that house.",
    "The scan was clear. I should be happy, shouldn't I?",
)
POINTS = {"float32": 125, "float16": 50}  # a statement: 500 and 200 in all
NEAR_BORDER = 1e-5
"""In shares. Logits agree to about 1e-5 nats between batches of different shapes, and two tokens' logits part by one
nat and more over the simplex: nearer to a border than this either may come first."""


@pytest.fixture(scope="module", params=["float32", "float16"])
def reflector(request) -> Iterator[Reflector]:
    loaded = Reflector(Writer.load(dtype=request.param, scored=False))  # nothing here is scored
    yield loaded
    emptied(loaded)


@pytest.fixture(scope="module")
def atlases(reflector) -> dict[str, Atlas]:
    """By statement, as they are asked for; of one precision, so that no two ensembles are there at once."""
    return {}


@pytest.fixture(params=STATEMENTS)
def mapped(request, reflector, atlases) -> tuple[str, list[int], Atlas]:
    statement, prompt = request.param, reflector.writer.prompt(request.param)
    if statement not in atlases:
        *_, atlases[statement] = grow_atlas(reflector.writer.decoder, prompt, max_tokens=MAX_TOKENS)
    return statement, prompt, atlases[statement]


def test_areas_add_up_and_every_reply_is_its_own(mapped):
    _, _, atlas = mapped
    assert atlas.open_area == 0 and 0.995 < atlas.coverage <= 1 + 1e-9
    assert len({region.tokens for region in atlas.regions}) == len(atlas.regions) > 1


def test_random_weights_decode_to_the_region_they_fall_in(mapped, reflector):
    statement, prompt, atlas = mapped
    rng = random.Random(statement)
    points = POINTS[reflector.writer.decoder.backbone.precision]
    weights = [[rng.expovariate(1.0) for _ in range(3)] for _ in range(points)]
    silent, wrong = 0, []
    for start in range(0, points, 25):
        some = weights[start : start + 25]
        written = reflector.writer.decoder.decode([Request(prompt, w, max_tokens=MAX_TOKENS) for w in some])
        for w, reply in zip(some, written, strict=True):
            region = atlas.at(w)
            silent += region is None
            if region is not None and list(region.tokens) != reply.tokens:
                wrong.append(region.cell.margin(np.array(w) / sum(w)))
    assert all(margin < NEAR_BORDER for margin in wrong), wrong
    assert silent <= 2 + 3 * points * (1 - atlas.coverage)


def test_texts_equal_the_reflectors_own(mapped, reflector):
    statement, _, atlas = mapped
    for mix in ({"reflection": 1.0}, reflector.presets["balanced"]):
        setting = reflector.setting(mix)
        region = atlas.at(setting.weights)
        if region is None:  # a preset may lie in lost area
            continue
        text = reflector.writer.text(region.tokens)
        assert text == reflector.reflect(statement, setting, explain=False).reflection
