"""Look-up by weights, and the JSON that commands and browser read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from emorl.atlas import Atlas, Region, as_json
from emorl.atlas.polygons import Polygon, simplex
from emorl.errors import WeightError

LEFT = Polygon(np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5]]))
RIGHT = Polygon(np.array([[0, 1.0, 0], [0, 0.5, 0.5], [0.5, 0.5, 0]]))


@pytest.fixture
def atlas() -> Atlas:
    regions = (Region((7, 2), True, LEFT), Region((8, 2), True, RIGHT))
    return Atlas(3, (0, 1, 2), 1.0, regions, 9, 0.25)


def test_weights_find_their_region_whatever_their_scale(atlas):
    assert atlas.at([0.8, 0.1, 0.1]).tokens == (7, 2) and atlas.at([80, 10, 10]).tokens == (7, 2)
    assert atlas.at([0.1, 0.8, 0.1]).tokens == (8, 2)
    assert atlas.at([1, 0, 0]).tokens == (7, 2)
    assert atlas.at([1, 1, 0]).tokens in {(7, 2), (8, 2)}


def test_it_says_nothing_where_it_knows_nothing(atlas):
    assert atlas.at([0, 0, 1]) is None and atlas.at([0.3, 0.3, 0.4]) is None
    assert atlas.at([0, 0, 0]) is None  # the base's own reply


def test_bad_weights_and_a_wrong_number_of_them_are_refused(atlas):
    with pytest.raises(WeightError, match="Got 2 weights"):
        atlas.at([1, 1])
    with pytest.raises(WeightError, match="Got -1 for weight 1"):
        atlas.at([-1, 1, 1])


def test_json_is_plain_and_adds_up(atlas):
    result = as_json(atlas, ["warm", "short", "clear"], ["Left.", "Right."])
    assert (
        json.loads(json.dumps(result))
        == result
        == {
            "objectives": ["warm", "short", "clear"],
            "coverage": 0.5,
            "decode_steps": 9,
            "regions": [
                {"reflection": "Left.", "area": 0.25, "polygon": [[1, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5]]},
                {"reflection": "Right.", "area": 0.25, "polygon": [[0, 1, 0], [0, 0.5, 0.5], [0.5, 0.5, 0]]},
            ],
        }
    )
    assert sum(region["area"] for region in result["regions"]) == pytest.approx(result["coverage"], abs=1e-9)


def test_json_is_rounded_and_has_no_minus_zero():
    piece = simplex(3).clip(np.array([1.0, -1.0, 0.3]))
    odd = Polygon(piece.vertices - np.array([0, 0, 1e-17]))
    atlas = Atlas(3, (0, 1, 2), 1.0, (Region((2,), True, odd),), 0, 0.0)
    text = json.dumps(as_json(atlas, ["a", "b", "c"], ["x"], digits=3))
    assert "-0.0" not in text and all(len(str(x)) <= 5 for v in json.loads(text)["regions"][0]["polygon"] for x in v)


def test_json_of_four_objectives_tells_the_walls_whose_products_are_distances():
    cell = simplex(4).clip(np.array([3.0, -1.0, -1.0, -1.0]))
    (region,) = as_json(Atlas(4, (0, 1, 2, 3), 1.0, (Region((2,), True, cell),), 0, 0.0), list("abcd"), ["x"])[
        "regions"
    ]
    for point in ([0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.3, 0.2], [0.1, 0.3, 0.3, 0.3]):
        assert (np.array(region["walls"]) @ point).min() == pytest.approx(cell.margin(np.array(point)), abs=1e-6)


def test_json_of_a_slice_names_its_objectives():
    atlas = Atlas(4, (3, 1), 1.0, (Region((2,), True, simplex(2)),), 0, 0.0)
    result = as_json(atlas, ["a", "b", "c", "d"], ["x"])
    assert result["objectives"] == ["d", "b"] and result["regions"][0]["polygon"] == [[1, 0], [0, 1]]
