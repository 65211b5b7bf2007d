"""The tree of prefixes: a language worked out on paper, budgets and edges, and equality with the decoder."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import torch

from emorl.atlas import Atlas, grow_atlas
from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, StackedLora
from emorl.ensemble.mask import no_run_twice, nothing
from emorl.errors import EmorlError, WeightError
from tests.atlas.scripted import ScriptedDecoder

PROMPT = [5, 35, 8, 9]
A, B, C, END = range(4)


def paper(words: tuple[int, ...]) -> list[list[float]]:
    """Three experts, three words and an end.

    At first each expert wants its own word: thirds of the simplex. After "a" the first wants the end (1), the others
    "b" (2): the end wins where w1 > 2 (1 - w1), w1 > 2/3, a triangle of area 1/9. After "c" the first wants "a", the
    second "b", the third nothing: the third of "c" is halved. After all else everybody wants the end.
    """
    if words == ():
        return [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    if words == (A,):
        return [[0, 0, 0, 1], [0, 2, 0, 0], [0, 2, 0, 0]]
    if words == (C,):
        return [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    return [[0, 0, 0, 1]] * 3


ON_PAPER = {(A, END): 1 / 9, (A, B, END): 2 / 9, (B, END): 1 / 3, (C, A, END): 1 / 6, (C, B, END): 1 / 6}


def scripted(experts=paper, count=3) -> Any:
    return ScriptedDecoder(experts, count, 4, [END])


def last(*arguments, **options) -> Atlas:
    *_, atlas = grow_atlas(*arguments, **options)
    return atlas


def by_tokens(atlas: Atlas) -> dict[tuple[int, ...], float]:
    assert len({region.tokens for region in atlas.regions}) == len(atlas.regions)
    return {region.tokens: region.cell.area for region in atlas.regions}


def test_the_language_worked_out_on_paper():
    decoder = scripted()
    atlas = last(decoder, [1, 2])
    assert by_tokens(atlas) == pytest.approx(ON_PAPER)
    assert atlas.coverage == pytest.approx(1, abs=1e-12) and atlas.open_area == 0
    assert atlas.decode_steps == 6 and decoder.batches == [3, 3]  # a, b, c; then a b, c a, c b
    assert all(region.ended for region in atlas.regions)
    sharp = next(region for region in atlas.regions if region.tokens == (A, END))
    corners = {tuple(v) for v in sharp.cell.vertices.round(6)}
    assert corners == {(1, 0, 0), (0.666667, 0.333333, 0), (0.666667, 0, 0.333333)}


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_a_small_batch_finds_the_same(batch):
    decoder = scripted()
    atlas = last(decoder, [1, 2], batch=batch)
    assert by_tokens(atlas) == pytest.approx(ON_PAPER)
    assert max(decoder.batches) <= batch and atlas.decode_steps == 6


def test_the_largest_regions_come_first():
    """One prefix at a time: each of the thirds to its end before the next, the larger half of "a" first of all."""
    seen = [by_tokens(atlas) for atlas in grow_atlas(scripted(), [1], batch=1)]
    assert [len(regions) for regions in seen] == [0, 1, 2, 3, 3, 4, 5]
    assert set(seen[2]) == {(A, END), (A, B, END)}
    for regions in seen:
        assert list(regions.values()) == sorted(regions.values(), reverse=True)


def test_partial_results_are_honest_and_only_grow():
    before: set[tuple[int, ...]] = set()
    for atlas in grow_atlas(scripted(), [1], batch=1):
        assert before <= set(by_tokens(atlas))
        before = set(by_tokens(atlas))
        assert atlas.coverage + atlas.open_area == pytest.approx(1, abs=1e-12)
        assert all(ON_PAPER[tokens] == pytest.approx(area) for tokens, area in by_tokens(atlas).items())


@pytest.mark.parametrize("budget", [0, 1, 2, 3, 5, 6, 7])
def test_a_budget_is_kept_and_the_coverage_says_so(budget):
    decoder = scripted()
    atlas = last(decoder, [1], max_steps=budget)
    assert atlas.decode_steps == sum(decoder.batches) == min(budget, 6)
    assert (atlas.open_area == 0) == (budget >= 6)
    assert atlas.coverage + atlas.open_area == pytest.approx(1)
    assert all(ON_PAPER[tokens] == pytest.approx(area) for tokens, area in by_tokens(atlas).items())
    if budget == 0:
        assert atlas.regions == () and atlas.at([1, 1, 1]) is None
    if budget == 3:
        assert atlas.coverage > 0  # few prefixes at once, so that some come to their end


def test_closing_stops_at_the_next_step():
    decoder = scripted()
    stream: Any = grow_atlas(decoder, [1])
    next(stream)
    partial = next(stream)
    stream.close()
    assert decoder.batches == [3] and partial.open_area > 0 and set(by_tokens(partial)) == {(A, END), (B, END)}
    with pytest.raises(StopIteration):
        next(stream)


def test_what_is_below_the_minimum_area_is_reported_as_lost():
    atlas = last(scripted(), [1], min_area=0.2)
    assert by_tokens(atlas) == pytest.approx({(A, B, END): 2 / 9, (B, END): 1 / 3})
    assert atlas.coverage == pytest.approx(5 / 9) and atlas.open_area == 0
    assert atlas.at([1, 0, 0]) is None and atlas.at([0, 0, 1]) is None
    assert last(scripted(), [1], min_area=0.9).regions == ()


def test_replies_end_at_the_longest_length():
    atlas = last(scripted(), [1], max_tokens=2)
    assert {r.tokens: r.ended for r in atlas.regions} == {
        (A, END): True,
        (A, B): False,
        (B, END): True,
        (C, A): False,
        (C, B): False,
    }


def test_what_the_mask_forbids_wins_nowhere_on_paper():
    """Two experts of "a b c a b ?", who both want a second "c" most of all; the first then has the end, the second "a".

    "c" is forbidden: the end wins where 2 w1 > 1 - w1, w1 > 1/3. Without the mask nothing but "c" is reachable.
    """

    def two(words):
        if len(words) > 5:
            return [[0, 0, 0, 9]] * 2
        if len(words) == 5:
            return [[0, 0, 9, 2], [1, 0, 9, 0]]
        return [torch.eye(4)[(A, B, C, A, B)[len(words)]].tolist()] * 2

    spoken = (A, B, C, A, B)
    masked, plain = (last(ScriptedDecoder(two, 2, 4, [END], mask), [1]) for mask in (no_run_twice, nothing))
    assert by_tokens(masked) == pytest.approx({(*spoken, END): 2 / 3, (*spoken, A, END): 1 / 3})
    assert by_tokens(plain) == {(*spoken, C, END): 1.0}


def test_two_objectives_are_intervals_and_one_is_a_point():
    def two(words):
        return [[0, 0, 0, 1]] * 2 if words else [[1, 0, 0, 0], [0, 3, 0, 0]]

    atlas = last(scripted(two, 2), [1])
    assert by_tokens(atlas) == pytest.approx({(A, END): 1 / 4, (B, END): 3 / 4})
    assert atlas.at([0.8, 0.2]).tokens == (A, END) and atlas.at([0.7, 0.3]).tokens == (B, END)

    atlas = last(scripted(lambda words: [[0, 1, 0, 0]] if not words else [[0, 0, 0, 1]], 1), [1])
    assert by_tokens(atlas) == {(B, END): 1.0} and atlas.at([0.2]).tokens == (B, END)


def test_four_objectives_are_polytopes():
    def four(words):
        return [[0, 0, 0, 0, 1]] * 4 if words else torch.eye(4, 5).tolist()

    decoder = ScriptedDecoder(four, 4, 5, [4])
    atlas = last(decoder, [1])
    assert by_tokens(atlas) == pytest.approx({(k, 4): 1 / 4 for k in range(4)})
    assert atlas.at([0.1, 0.2, 0.6, 0.1]).tokens == (2, 4)


def test_a_slice_spans_the_chosen_objectives_and_leaves_the_others_at_zero():
    def five(words):
        return [[0, 0, 0, 0, 0, 1]] * 5 if words else torch.eye(5, 6).tolist()

    decoder: Any = ScriptedDecoder(five, 5, 6, [5])
    atlas = last(decoder, [1], objectives=[4, 0, 2])
    assert by_tokens(atlas) == pytest.approx({(k, 5): 1 / 3 for k in (0, 2, 4)})
    assert atlas.at([0.5, 0, 0.2, 0, 0.3]).tokens == (0, 5) and atlas.at([0.5, 0.01, 0.2, 0, 0.3]) is None
    with pytest.raises(EmorlError, match="Got 5 objectives"):
        next(grow_atlas(decoder, [1]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objectives": []}, "Got 0 objectives"),
        ({"objectives": [0, 0]}, "different numbers below 3"),
        ({"objectives": [0, 3]}, "different numbers below 3"),
        ({"min_area": -0.1}, "minimum area of -0.1"),
        ({"min_area": math.nan}, "minimum area of nan"),
        ({"max_steps": -1}, "budget of -1 steps"),
    ],
)
def test_bad_requests_get_one_line(options, message):
    with pytest.raises(EmorlError, match=message) as caught:
        next(grow_atlas(scripted(), [1], **options))
    assert "\n" not in str(caught.value)


def test_bad_strength_and_prompt(decoder):
    with pytest.raises(WeightError, match="Got -1(.0)? for strength"):
        next(grow_atlas(decoder, PROMPT, -1.0))
    with pytest.raises(ValueError, match="Got prompts of"):
        next(grow_atlas(decoder, []))


# From here on the seeded tiny Llama, whose adapters differ wildly: hundreds of regions.


@pytest.fixture(scope="module")
def atlases(decoder) -> dict[float, Atlas]:
    return {strength: last(decoder, PROMPT, strength, max_tokens=8) for strength in (1.0, 1.7)}


def decoded(decoder, weights, strength=1.0, max_tokens=8) -> list[tuple[int, ...]]:
    requests = [Request(PROMPT, list(w), strength, max_tokens=max_tokens) for w in weights]
    return [tuple(r.tokens) for start in range(0, len(requests), 64) for r in decoder.decode(requests[start:][:64])]


@pytest.mark.parametrize("strength", [1.0, 1.7])
def test_250_random_weights_decode_to_the_region_they_fall_in(decoder, atlases, strength):
    atlas = atlases[strength]
    rng = random.Random(int(10 * strength))
    weights = [[rng.expovariate(1) for _ in range(3)] for _ in range(250)]
    found = [atlas.at(w) for w in weights]
    assert sum(region is None for region in found) <= 2 + 500 * (1 - atlas.coverage)
    wrong = []
    for w, region, tokens in zip(weights, found, decoded(decoder, weights, strength), strict=True):
        if region is not None and region.tokens != tokens:
            wrong.append(region.cell.margin(np.array(w) / sum(w)))
    assert all(margin < 1e-5 for margin in wrong), wrong
    assert len({region.tokens for region in found if region}) > 20


def test_against_brute_force_on_a_raster(decoder, atlases):
    """Every point of a 1/16 raster; corners and edges included, where shares are exactly 0."""
    atlas = atlases[1.0]
    raster = [(i, j, 16 - i - j) for i in range(17) for j in range(17 - i)]
    counted: dict[tuple[int, ...], int] = {}
    for w, tokens in zip(raster, decoded(decoder, raster), strict=True):
        region = atlas.at(w)
        counted[tokens] = counted.get(tokens, 0) + 1
        assert region is None or region.tokens == tokens or abs(region.cell.margin(np.array(w) / 16)) < 1e-5
    areas = by_tokens(atlas)
    biggest = max(areas, key=areas.__getitem__)
    assert counted[biggest] / len(raster) == pytest.approx(areas[biggest], abs=0.05)


@pytest.mark.parametrize("strength", [1.0, 1.7])
def test_areas_add_up(atlases, strength):
    atlas = atlases[strength]
    assert atlas.open_area == 0 and len(atlas.regions) > 20
    assert 0.99 < atlas.coverage <= 1 + 1e-9
    assert all(region.cell.area >= 1e-4 for region in atlas.regions)
    assert len(by_tokens(atlas)) == len(atlas.regions)


def test_every_corner_writes_what_its_expert_writes_alone(decoder, atlases):
    for k in range(3):
        weights = [float(i == k) for i in range(3)]
        assert atlases[1.0].at(weights).tokens == decoded(decoder, [weights])[0]


def test_a_waiting_batch_with_a_real_cache_finds_the_same(decoder, atlases):
    narrow = last(decoder, PROMPT, 1.0, max_tokens=8, batch=3)
    assert by_tokens(narrow) == pytest.approx(by_tokens(atlases[1.0]), abs=1e-5)
    assert narrow.decode_steps == atlases[1.0].decode_steps


def test_two_objectives_through_a_growing_cache(tiny_llama, adapters):
    """Replies longer than the room a cache starts with, on the edge between two experts, no base row."""
    decoder = EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora(adapters[:2], base_row=False), [2])
    atlas = last(decoder, PROMPT, max_tokens=40, min_area=1e-3)
    assert max(len(region.tokens) for region in atlas.regions) > 20
    asked = [any(no_run_twice(region.tokens[:end]) for end in range(len(region.tokens))) for region in atlas.regions]
    assert any(asked)  # the mask had something to forbid
    weights = [(i + 0.37, 60.63 - i) for i in range(60)]
    for w, tokens in zip(weights, decoded(decoder, weights, max_tokens=40), strict=True):
        region = atlas.at(w)
        assert region is None or region.tokens == tokens or region.cell.margin(np.array(w) / 61) < 1e-5
    with pytest.raises(WeightError, match="base"):
        next(grow_atlas(decoder, PROMPT, 1.5))


def test_identical_adapters_and_strength_zero_have_one_region(tiny_llama, adapters, decoder):
    same = EnsembleDecoder(LlamaBackbone(tiny_llama, torch.float32), StackedLora([adapters[0]] * 3), [2])
    for engine, strength, weights in ((same, 1.0, [1, 0, 0]), (decoder, 0.0, [0, 0, 0])):
        atlas = last(engine, PROMPT, strength, max_tokens=8)
        (region,) = atlas.regions
        assert atlas.coverage == pytest.approx(1) and atlas.decode_steps == len(region.tokens) - 1
        assert region.tokens == decoded(engine, [weights])[0]
