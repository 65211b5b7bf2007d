"""The upper envelope: cases by hand, ties, and random tables against brute force."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emorl.atlas import envelope
from emorl.atlas.envelope import upper_envelope
from emorl.atlas.polygons import Cell, simplex


def table(*tokens: list[float]) -> torch.Tensor:
    """Corner logits, (K, V), from one row a token."""
    return torch.tensor(tokens, dtype=torch.float32).T.contiguous()


def areas(found) -> dict[int, float]:
    return {token: round(cell.area, 9) for token, cell in found}


def test_three_words_each_the_favourite_of_one_expert():
    found = upper_envelope(simplex(3), table([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]))
    assert areas(found) == {0: pytest.approx(1 / 3), 1: pytest.approx(1 / 3), 2: pytest.approx(1 / 3)}
    first = {tuple(v) for v in found[0][1].vertices.round(6)}
    assert first == {(1, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0.333333, 0.333333, 0.333333)}


def test_a_word_that_wins_only_inside_is_found():
    """The fourth wins where max w < .4: by inclusion and exclusion 1 - 3 x .6^2 + 3 x .2^2 = .04."""
    found = upper_envelope(simplex(3), table([1, 0, 0], [0, 1, 0], [0, 0, 1], [0.4, 0.4, 0.4]))
    assert areas(found)[3] == pytest.approx(0.04, abs=1e-6)
    assert sum(areas(found).values()) == pytest.approx(1)


def test_a_word_that_wins_only_in_the_middle_of_an_edge_is_found():
    found = upper_envelope(simplex(3), table([1, 0, 0], [0, 1, 0], [0, 0, 3], [0.6, 0.6, -9]))
    assert set(areas(found)) == {0, 1, 2, 3}


def test_two_objectives_are_intervals():
    found = upper_envelope(simplex(2), table([1, 0], [0, 3]))  # w1 >= 3 w2: w1 >= 3/4
    assert areas(found) == {0: pytest.approx(1 / 4), 1: pytest.approx(3 / 4)}


def test_one_objective_has_one_winner():
    assert areas(upper_envelope(simplex(1), table([1], [3], [2]))) == {1: 1}


def test_equal_words_go_to_the_lowest_id():
    found = upper_envelope(simplex(3), table([0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]))
    assert set(areas(found)) == {1, 2, 5}
    everywhere = upper_envelope(simplex(3), table([2, 2, 2], [2, 2, 2]))
    assert areas(everywhere) == {0: 1}


def test_words_that_float32_cannot_tell_apart_go_to_the_lowest_id():
    nearly = 1 + 2.0**-23
    found = upper_envelope(simplex(2), table([0, 1], [1, 0], [1, 0], [nearly, 0]))
    assert areas(found) == {0: pytest.approx(1 / 2), 1: pytest.approx(1 / 2)}
    found = upper_envelope(simplex(2), table([nearly, 1], [1, nearly]))
    assert areas(found) == {0: 1}


def test_three_borders_through_one_point_lose_nothing():
    words = [[np.cos(a), np.sin(a), 0.0] for a in np.linspace(0, 1.5, 7)]
    rays = [[x, y, 0.0] for x, y, _ in words]  # all equal at the third corner
    found = upper_envelope(simplex(3), table(*rays))
    assert sum(areas(found).values()) == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_forbidden_tokens_win_nowhere_and_the_others_as_if_they_were_not_there(objectives):
    rng = np.random.default_rng(4)
    corners = torch.tensor(rng.normal(size=(objectives, 40)) * 5, dtype=torch.float32)
    first = upper_envelope(simplex(objectives), corners)
    forbidden = [token for token, _ in first]
    left = [token for token in range(40) if token not in forbidden]
    expected = {left[token]: cell.area for token, cell in upper_envelope(simplex(objectives), corners[:, left])}
    assert areas(upper_envelope(simplex(objectives), corners, forbidden)) == pytest.approx(expected, abs=1e-8)
    assert areas(upper_envelope(simplex(objectives), corners)) == areas(first)  # the logits are as they were


@pytest.mark.parametrize("objectives", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_against_brute_force_in_nested_cells(objectives, seed):
    """Random tables, envelope within envelope: the argmax at random points is the piece they lie in."""
    rng = np.random.default_rng(seed)
    points = rng.dirichlet(np.ones(objectives), 150)
    tables = [torch.tensor(rng.normal(size=(objectives, 300)) * 5, dtype=torch.float32) for _ in range(3)]
    pieces: list[tuple[tuple[int, ...], Cell]] = [((), simplex(objectives))]
    for corners in tables:
        pieces = [((*path, t), piece) for path, cell in pieces for t, piece in upper_envelope(cell, corners)]
        assert len({path for path, _ in pieces}) == len(pieces)
        assert sum(cell.area for _, cell in pieces) == pytest.approx(1, abs=1e-8)
    assert len(pieces) > 5
    winners = np.stack([(points @ corners.double().numpy()).argmax(1) for corners in tables], 1)
    for point, path in zip(points, winners.tolist(), strict=True):
        margins = {p: cell.margin(point) for p, cell in pieces}
        assert margins.pop(tuple(path)) > -1e-9
        assert max(margins.values()) < 1e-9


def test_the_shortlist_only_leaves_out_what_cannot_win(monkeypatch):
    rng = np.random.default_rng(9)
    corners = torch.tensor(rng.normal(size=(3, 2000)), dtype=torch.float32)
    cell = simplex(3).clip(np.array([1.0, -2.0, 0.5]))
    short = envelope._shortlist(cell, corners, [])
    assert len(short) < 200
    fast = areas(upper_envelope(cell, corners))
    monkeypatch.setattr(envelope, "_shortlist", lambda cell, corners, _: torch.arange(corners.shape[1]))
    assert areas(upper_envelope(cell, corners)) == fast
