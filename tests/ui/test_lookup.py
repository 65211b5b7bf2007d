"""The browser's look-up (`lookup.js` in Chromium) is the twin of Python's, on random weights and on borders."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser

from emorl.atlas import Atlas, grow_atlas
from emorl.ensemble.weights import shares
from emorl.explain.contributions import explain_tokens
from emorl.ui.bundle import FOLDER, bundle
from tests.ui.mapped import LENGTH, NAMES, WORDS, MappedReflector

NEAR = 5e-6
"""In shares: corners are sent with six digits."""

Ask = Any


@pytest.fixture(scope="module")
def ask(browser: Browser) -> Iterator[Ask]:
    """Calls a function of `lookup.js` for each list of arguments."""
    page = browser.new_page()
    page.add_script_tag(content=bundle(FOLDER / "atlas/lookup.js", "lookup"))

    def call(function: str, calls: list[list[Any]], atlas: Any = None) -> list[Any]:
        code = f"([calls, atlas]) => calls.map((c) => lookup.{function}(...(atlas ? [atlas, ...c] : c)))"
        return page.evaluate(code, [calls, atlas])

    yield call
    page.close()


@cache
def mapped(count: int, seed: int) -> tuple[MappedReflector, Atlas, dict[str, Any]]:
    reflector = MappedReflector(count, seed=seed, length=LENGTH if count < 4 else 4)
    *_, exact = grow_atlas(reflector.decoder, [1])
    *_, sent = reflector.atlas("x")
    assert sent is not None
    return reflector, exact, json.loads(json.dumps(sent))


def some_weights(count: int, rng: random.Random, atlas: Atlas) -> list[list[float]]:
    """Anywhere, on slider positions, on edges and corners of the simplex, and on the regions' own corners."""
    anywhere = [[rng.expovariate(1.0) for _ in range(count)] for _ in range(400)]
    steps = [[rng.randrange(101) / 100 for _ in range(count)] for _ in range(200)]
    edges = [[rng.random() * (k != j) for k in range(count)] for j in range(count) for _ in range(20)]
    ends = [[float(k == j) for k in range(count)] for j in range(count)]
    borders = [list(map(float, corner)) for region in atlas.regions for corner in region.cell.vertices]
    return [*anywhere, *steps, *edges, *ends, *borders]


@pytest.mark.parametrize(("count", "seed"), [(2, 0), (2, 5), (3, 0), (3, 3), (3, 5), (3, 6), (4, 5)])
def test_the_browser_finds_the_region_that_python_finds(ask: Ask, count: int, seed: int) -> None:
    _, exact, sent = mapped(count, seed)
    names = NAMES[:count]
    weights = [w for w in some_weights(count, random.Random(seed), exact) if any(w)]
    found = ask("regionAt", [[dict(zip(names, w, strict=True))] for w in weights], sent)
    clear = 0
    for w, index in zip(weights, found, strict=True):
        point = np.array(shares(w))
        margins = [region.cell.margin(point) for region in exact.regions]
        best = max(margins)
        if abs(best) > NEAR:  # well inside a region, or well inside what is not mapped
            clear += 1
            region = exact.at(w)
            assert index == (-1 if region is None else exact.regions.index(region)), w
        elif index >= 0:  # on a border: any of those that meet there
            assert margins[index] > -NEAR, w
    corners = sum(len(region.cell.vertices) for region in exact.regions)  # all of them on borders
    assert clear > 0.8 * (len(weights) - corners)
    assert clear > 500


def test_borders_and_corners_are_never_lost(ask: Ask) -> None:
    """A fully mapped simplex answers everywhere, although rounding parts the neighbours."""
    _, exact, sent = mapped(3, 3)
    assert exact.coverage > 0.9999
    points = [
        (a + b) / 2
        for region in exact.regions
        for a, b in zip(region.cell.vertices, np.roll(region.cell.vertices, -1, 0), strict=True)
    ]
    found = ask("regionAt", [[dict(zip(NAMES[:3], map(float, p), strict=True))] for p in points], sent)
    assert len(points) > 150 and min(found) >= 0


def test_where_the_map_does_not_say(ask: Ask) -> None:
    square = {
        "objectives": ["a", "b", "c"],
        "regions": [
            {"polygon": [[1, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5]]},
            {"polygon": [[0, 1, 0], [0, 0.5, 0.5], [0.5, 0.5, 0]]},
        ],
    }
    calls = [
        [{"a": 8, "b": 1, "c": 1}],
        [{"a": 0, "b": 1, "c": 0}],
        [{"a": 0, "b": 0, "c": 1}],
        [{"a": 0, "b": 0, "c": 0}],
        [{"a": 1, "b": 0, "c": 0, "d": 1}],
        [{"a": 0.5 + 1e-6, "b": 0, "c": 0.5 - 1e-6}],
    ]
    assert ask("regionAt", calls, square) == [0, 1, -1, -1, -1, 0]
    assert ask("regionAt", [[{"a": 1}]], {"objectives": ["a"], "regions": [{"polygon": [[1]]}]}) == [0]
    assert ask("regionAt", [[{"a": 1}]], {"objectives": ["a"], "regions": []}) == [-1]


@pytest.mark.parametrize(("count", "seed"), [(2, 5), (3, 0), (3, 5), (4, 5)])
def test_a_slider_keeps_the_text_inside_its_band_and_not_outside(ask: Ask, count: int, seed: int) -> None:
    reflector, exact, sent = mapped(count, seed)
    names, rng, left = NAMES[:count], random.Random(seed), 0
    rounds = 60 if count < 4 else 20
    for _ in range(rounds):
        w = [rng.random() for _ in names]
        region = exact.at(w)
        if region is None:
            continue
        index, k = exact.regions.index(region), rng.randrange(count)
        ((low, high),) = ask("sliderBand", [[index, dict(zip(names, w, strict=True)), names[k]]], sent)
        assert 0 <= low <= w[k] <= high <= 1

        def at(value: float, w: list[float] = w, k: int = k) -> list[int]:
            return reflector.write([value if j == k else x for j, x in enumerate(w)])[0]

        for inside in (low + 1e-4, high - 1e-4, rng.uniform(low, high)):
            if low < inside < high:
                assert at(inside) == list(region.tokens)
        for outside in (low - 1e-4, high + 1e-4):
            if 0 < outside < 1:
                left += 1
                assert at(outside) != list(region.tokens)
    assert left > rounds / 2


def test_the_bands_of_map_and_reasons_agree(ask: Ask) -> None:
    reflector, exact, sent = mapped(3, 5)
    rng, seen = random.Random(1), 0
    for _ in range(25):
        w = [0.1 + rng.random() for _ in range(3)]
        w = [x / max(w) for x in w]
        region, raw = exact.at(w), dict(zip(NAMES[:3], w, strict=True))
        if region is None:
            continue
        tokens, states = reflector.write(w)
        facts = explain_tokens(tokens, torch.stack(states), shares(w), 1.0, torch.eye(len(WORDS)))
        for k, name in enumerate(NAMES[:3]):
            spans = [fact.unchanged[k] for fact in facts]
            if any(span is None for span in spans):
                continue
            common = [max(s[0] for s in spans if s), min(s[1] for s in spans if s)]
            (by_map,) = ask("sliderBand", [[exact.regions.index(region), raw, name]], sent)
            (by_reasons,) = ask("bandOfShares", [[common, raw, name]])
            assert by_map == pytest.approx(by_reasons, abs=1e-3)
            seen += 1
    assert seen > 40
