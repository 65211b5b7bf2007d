"""What a search maximises, by hand."""

from __future__ import annotations

import pytest

from emorl.ensemble.weights import shares
from emorl.errors import WeightError
from emorl.search.hierarchical import hierarchical_search
from emorl.search.scalarization import mean, minimum, preferred, tchebycheff, towards


def test_means_minima_and_preferences_by_hand() -> None:
    assert mean([0.2, 0.4, 0.9]) == pytest.approx(0.5) and minimum([0.2, 0.4, 0.9]) == 0.2
    assert preferred([2, 1, 1])([0.2, 0.4, 0.9]) == pytest.approx(0.1 + 0.1 + 0.225)
    assert preferred([5, 5])([0.2, 0.4]) == pytest.approx(mean([0.2, 0.4]))


def test_tchebycheff_by_hand() -> None:
    # distances 0.2 and 0.6, weighted 0.75 and 0.25: 0.15 each
    assert tchebycheff([0.9, 0.8], [3, 1])([0.7, 0.2]) == pytest.approx(-0.15)
    assert tchebycheff([0.9, 0.8], [1, 1])([0.95, 0.9]) == 0.0  # beyond the ideal


def test_a_target_by_hand() -> None:
    # 0.1 and 0.3 are lacking, and what the third has too much earns nothing
    assert towards([0.5, 0.6, 0.2])([0.4, 0.3, 0.9]) == pytest.approx(-0.4 / 3)
    assert towards([0.5, 0.6])([0.5, 0.7]) == 0.0


@pytest.mark.parametrize("make", [preferred, lambda preference: tchebycheff([1.0] * len(preference), preference)])
def test_a_preference_must_prefer_something(make) -> None:
    with pytest.raises(ValueError, match=r"Got a preference of \[0, 0\]: expected at least one number above 0"):
        make([0, 0])
    with pytest.raises(WeightError):
        make([1, -1])


@pytest.mark.parametrize(
    ("scalarization", "share"),
    [
        (mean, 1.0),  # the first objective gains more than the second loses
        (minimum, 1 / 3),  # 2 w = 1 - w
        (preferred([1, 3]), 0.0),  # 2 w + 3 (1 - w) falls with w
        (tchebycheff([2.0, 1.0], [1, 1]), 2 / 3),  # 2 - 2 w = w
    ],
)
def test_the_grid_finds_the_known_optimum_of_each(scalarization, share: float) -> None:
    """Two objectives that score 2 w and 1 - w where the first has the share w."""

    def score(points):
        parts = [shares(point) for point in points]
        return [scalarization([2 * part[0], part[1]]) for part in parts]

    found = hierarchical_search(score, 2, levels=6)
    assert shares(found.best)[0] == pytest.approx(share, abs=0.03)
