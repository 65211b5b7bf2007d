"""Cells: areas by hand, cuts that lose nothing, and the two kinds of cell against each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emorl.atlas.polygons import EMPTY, Polygon, Polytope, simplex

NORMAL = st.floats(-5, 5, allow_nan=False, width=32)


def cuts(objectives: int, most: int):
    return st.lists(st.lists(NORMAL, min_size=objectives, max_size=objectives).map(np.array), min_size=1, max_size=most)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_the_simplex_is_the_whole(objectives):
    cell = simplex(objectives)
    assert cell.area == pytest.approx(1, abs=1e-12) and cell.vertices.shape == (objectives, objectives)
    assert cell.margin(np.full(objectives, 1 / objectives)) > 0


@pytest.mark.parametrize(
    ("normal", "area"),
    [
        ([3, -1], 3 / 4),  # w1 >= 1/4
        ([1, -1, -1], 1 / 4),  # w1 >= 1/2: a triangle of half the side
        ([1, -1, 0], 1 / 2),
        ([2, -1, -1], 4 / 9),  # w1 >= 1/3
        ([-2, 1, 1], 5 / 9),
        ([1, -1, -1, -1], 1 / 8),
        ([1, -1, 0, 0], 1 / 2),
        ([1, 1, -1, -1], 1 / 2),
        ([1, 2, 3], 1),  # no cut
        ([0, 0, 0], 1),
    ],
)
def test_areas_worked_out_by_hand(normal, area):
    piece = simplex(len(normal)).clip(np.array(normal, dtype=float))
    assert piece.area == pytest.approx(area, abs=1e-12)
    assert piece.vertices.sum(1) == pytest.approx(1, abs=1e-12)
    assert (piece.vertices @ normal >= -1e-12).all()


def test_vertices_of_a_cut_worked_out_by_hand():
    piece = simplex(3).clip(np.array([2.0, -1.0, -1.0]))  # w1 >= 1/3
    expected = {(1, 0, 0), (1 / 3, 2 / 3, 0), (1 / 3, 0, 2 / 3)}
    assert {tuple(v) for v in piece.vertices.round(9)} == {tuple(np.round(v, 9)) for v in expected}


@pytest.mark.parametrize("normal", [[-1], [-1, -2], [0, -1, -1], [-1, -1, -1], [-1, -1, -1, 0]])
def test_nothing_is_left_outside_or_on_the_border(normal):
    assert simplex(len(normal)).clip(np.array(normal, dtype=float)) is None


def test_a_sliver_without_interior_is_no_piece():
    assert simplex(3).clip(np.array([1.0, -1e14, -1e14])) is None


def test_neighbours_share_their_vertices_to_the_last_bit():
    normal = np.array([0.3, -0.1, -0.777])
    one, other = simplex(3).clip(normal), simplex(3).clip(-normal)
    shared = {v.tobytes() for v in one.vertices} & {v.tobytes() for v in other.vertices}
    assert len(shared) == 2


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([2, 3, 4]).flatmap(lambda k: cuts(k, 6)))
def test_cutting_loses_no_area_and_both_parts_are_where_they_should_be(normals):
    """All pieces of a random arrangement of cuts add up to the simplex."""
    cells = [simplex(len(normals[0]))]
    for normal in normals:
        pieces = []
        for cell in cells:
            parts = [part for sign in (1, -1) if (part := cell.clip(sign * normal)) is not None]
            if not normal.any():
                assert parts[0] is parts[-1]
                parts = parts[:1]
            assert sum(part.area for part in parts) == pytest.approx(cell.area, abs=1e-9)
            for part in parts:
                assert part.area > EMPTY and part.margin(part.vertices.mean(0)) > -1e-9
                assert cell.margin(part.vertices.mean(0)) > -1e-9
                assert (part.vertices >= -1e-12).all() and part.vertices.sum(1) == pytest.approx(1, abs=1e-12)
            pieces += parts
        cells = pieces
    assert sum(cell.area for cell in cells) == pytest.approx(1, abs=1e-8)


@settings(max_examples=100, deadline=None)
@given(cuts(3, 5), st.lists(st.floats(0.01, 1), min_size=3, max_size=3))
def test_polygon_and_polytope_agree(normals, weights):
    polygon: Polygon | None = Polygon(np.eye(3))
    polytope: Polytope | None = Polytope(np.eye(3))
    for normal in normals:
        polygon, polytope = polygon and polygon.clip(normal), polytope and polytope.clip(normal)
        if polygon is None or polytope is None:
            assert (polygon or polytope) is None or (polygon or polytope).area < 1e-9
            return
    assert polygon.area == pytest.approx(polytope.area, abs=1e-9)
    point = np.array(weights) / sum(weights)
    if min(polygon.area, polytope.area) > 1e-6:
        assert polygon.margin(point) == pytest.approx(polytope.margin(point), abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([1, 2, 3, 4]).flatmap(lambda k: cuts(k, 4)))
def test_walls_cut_the_cell_out_of_the_simplex_again(normals):
    cell = simplex(len(normals[0]))
    for normal in normals:
        cell = cell.clip(normal) or cell
    again = simplex(len(normals[0]))
    if cell.area > 1e-6:
        for wall in cell.walls():
            again = again.clip(wall)
        assert again.area == pytest.approx(cell.area, abs=1e-8)


def test_margin_is_the_distance_in_the_first_shares_and_negative_outside():
    half = simplex(3).clip(np.array([1.0, -1.0, -1.0]))  # corners (1, 0), (1/2, 1/2), (1/2, 0) in the first two shares
    assert half.margin(np.array([0.6, 0.1, 0.3])) == pytest.approx(0.1)
    assert half.margin(np.array([0.4, 0.1, 0.5])) == pytest.approx(-0.1)
    assert half.margin(np.array([1.0, 0.0, 0.0])) == pytest.approx(0, abs=1e-12)
    interval = simplex(2).clip(np.array([3.0, -1.0]))
    assert interval.margin(np.array([0.3, 0.7])) == pytest.approx(0.05)
    assert interval.margin(np.array([0.2, 0.8])) == pytest.approx(-0.05)
