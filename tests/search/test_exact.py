"""The exact search finds what brute force finds, on random maps and on the tiny model."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from emorl.atlas import Atlas, Region, grow_atlas
from emorl.atlas.polygons import simplex
from emorl.search.exact import exact_search, overlap
from emorl.search.scalarization import minimum, tchebycheff, towards


def random_atlas(rng: random.Random, objectives: int, lines: int) -> Atlas:
    """An atlas made by cutting the simplex with random lines."""
    cells = [simplex(objectives)]
    for _ in range(lines):
        normal = np.array([rng.gauss(0, 1) for _ in range(objectives)])
        cells = [piece for cell in cells for piece in (cell.clip(normal), cell.clip(-normal)) if piece]
    regions = tuple(Region((n,), True, cell) for n, cell in enumerate(sorted(cells, key=lambda c: -c.area)))
    return Atlas(objectives, tuple(range(objectives)), 1.0, regions, len(regions), 0.0)


def value(atlases, scores, point) -> float:
    total = 0.0
    for atlas, score in zip(atlases, scores, strict=True):
        region = atlas.at(point)
        assert region is not None
        total += score[atlas.regions.index(region)]
    return total / len(atlases)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_never_below_brute_force_and_true_at_its_own_point(objectives):
    rng = random.Random(objectives)
    for _ in range(3):
        atlases = [random_atlas(rng, objectives, 3) for _ in range(4)]
        scores = [[rng.random() for _ in atlas.regions] for atlas in atlases]
        found = exact_search(atlases, scores)
        assert found.score == pytest.approx(value(atlases, scores, found.best), abs=1e-12)
        raster = [p for p in itertools.product(range(13), repeat=objectives) if sum(p) == 12]
        inside = [np.array(p, dtype=float) * 0.98 + 0.02 for p in raster]  # off the edges, where maps may tie
        assert found.score >= max(value(atlases, scores, p) for p in inside) - 1e-12
        assert found.coverage == pytest.approx(1)


def test_the_optimum_of_two_prompts_is_the_one_worked_out_by_hand():
    # two prompts on two objectives: one changes at w_1 = 1/2, the other at w_1 = 1/4
    half, quarter = np.array([1.0, -1.0]), np.array([3.0, -1.0])
    atlases, scores = [], [[1.0, 0.0], [0.0, 0.5]]
    for normal in (half, quarter):
        first, second = simplex(2).clip(normal), simplex(2).clip(-normal)
        regions = (Region((1,), True, first), Region((2,), True, second))
        atlases.append(Atlas(2, (0, 1), 1.0, regions, 3, 0.0))
    found = exact_search(atlases, scores)
    assert found.score == 0.5 and found.decode_steps == 6  # (1 + 0) / 2 for w_1 > 1/2; (0 + 0.5) / 2 for w_1 < 1/4
    assert found.best == pytest.approx((0.75, 0.25))


def test_every_objective_may_be_given_a_least_share():
    rng = random.Random(8)
    atlases = [random_atlas(rng, 3, 3) for _ in range(4)]
    scores = [[rng.random() for _ in atlas.regions] for atlas in atlases]
    free, limited = exact_search(atlases, scores), exact_search(atlases, scores, least_share=0.2)
    assert min(limited.best) >= 0.2 - 1e-12 and limited.score <= free.score
    inside = 0.2 + 0.4 * np.random.default_rng(1).dirichlet([1, 1, 1], 300)
    assert limited.score >= max(value(atlases, scores, p) for p in inside) - 1e-12
    with pytest.raises(ValueError, match="below 1 / 3"):
        exact_search(atlases, scores, least_share=0.4)


AIMS = {
    "minimum": minimum,
    "target": towards([0.7, 0.4, 0.9]),
    "tchebycheff": tchebycheff([0.9, 0.8, 1.0], [2, 1, 1]),
}


@pytest.mark.parametrize("aim", AIMS)
def test_several_scores_a_reply_are_never_below_brute_force(aim):
    """The aim of the means does not add up over the prompts, so only the bound of each score by itself does."""
    rng, scalarization = random.Random(5), AIMS[aim]
    atlases = [random_atlas(rng, 3, 2) for _ in range(4)]
    rows = [[[rng.random() for _ in range(3)] for _ in atlas.regions] for atlas in atlases]

    def at(point) -> float:
        columns = [value(atlases, [[row[m] for row in table] for table in rows], point) for m in range(3)]
        return scalarization(columns)

    found = exact_search(atlases, rows, scalarization=scalarization)
    assert found.score == pytest.approx(at(found.best), abs=1e-12)
    assert found.score >= max(at(p) for p in np.random.default_rng(1).dirichlet([1, 1, 1], 150)) - 1e-12


def test_the_best_minimum_of_two_prompts_is_the_one_worked_out_by_hand():
    atlases = []
    for normal in (np.array([1.0, -1.0]), np.array([3.0, -1.0])):  # changes at w_1 = 1/2 and at w_1 = 1/4
        cells = simplex(2).clip(normal), simplex(2).clip(-normal)
        regions = tuple(Region((n,), True, cell) for n, cell in enumerate(cells))
        atlases.append(Atlas(2, (0, 1), 1.0, regions, 3, 0.0))
    rows = [[(1.0, 0.0), (0.0, 1.0)], [(1.0, 0.2), (0.0, 0.6)]]
    # means above 1/2: (1, 0.1); between: (0.5, 0.6); below 1/4: (0, 0.8)
    found = exact_search(atlases, rows, scalarization=minimum)
    assert found.score == 0.5 and found.best == pytest.approx((0.375, 0.625))


def test_against_the_decoder_of_the_tiny_model(decoder):
    prompts = [[5, 6, 7, 8], [9, 10, 11], [12, 13]]
    atlases = [[*grow_atlas(decoder, p, max_tokens=6)][-1] for p in prompts]
    scores = [[sum(region.tokens) % 17 / 17 for region in atlas.regions] for atlas in atlases]
    found = exact_search(atlases, scores)
    rng = np.random.default_rng(0)
    assert (
        found.score
        >= max(value(atlases, scores, p) for p in rng.dirichlet([1, 1, 1], 60) if all(a.at(p) for a in atlases)) - 1e-12
    )
    assert found.score == pytest.approx(value(atlases, scores, found.best))


def test_overlap_of_disjoint_cells_is_empty():
    normal = np.array([1.0, -1.0, 0.2])
    above, below = simplex(3).clip(normal), simplex(3).clip(-normal)
    assert overlap(above, below) is None
    assert overlap(simplex(3), above).area == pytest.approx(above.area)


def test_atlases_and_scores_that_do_not_fit_together_are_refused():
    atlas = random_atlas(random.Random(1), 2, 2)
    for atlases, scores in (([], []), ([atlas], [[0.5]]), ([atlas, random_atlas(random.Random(1), 3, 2)], [[], []])):
        with pytest.raises(ValueError, match="expected"):
            exact_search(atlases, scores)
