"""The report's arithmetic, by hand: rewards, spreads over seeds, intervals and the paired test."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from training.study.measures import Measured
from training.study.runs import Cost, Run
from training.study.tables import by_statement, compare, figures, rewards, row_of, sign_flip

OBJECTIVES = ["depth", "warmth"]
COST = Cost(100, 400, 30.0, 20.0)
PLAIN = {"diversity_2": [0.8, 0.6], "edit_rate": [1.0, 0.5], "copy_rate": [0.0, 0.25], "words": [4.0, 8.0]}


def measured(
    method: str = "uniform",
    seed: int = 1,
    depth: tuple[float, float] = (0.5, 1.0),
    warmth: tuple[float, float] = (0.2, 0.4),
    faithful: tuple[float, float] = (1.0, 0.5),
    judged: bool = True,
    cost: Cost = COST,
) -> Measured:
    """Two replies; the judges give a tenth less than the scorers."""
    ship = {"depth ship": depth, "warmth ship": warmth, "faithfulness ship": faithful}
    judge = {name.replace("ship", "judge"): [value * 0.9 for value in values] for name, values in ship.items()}
    columns = {**{name: list(values) for name, values in ship.items()}, **(judge if judged else {}), **PLAIN}
    return Measured(Run(method, seed, cost=cost), ["you feel you feel", "so it goes"], columns)


def test_a_reward_is_the_score_times_faithfulness() -> None:
    found = rewards(measured(), OBJECTIVES, "ship")
    assert found is not None and found == pytest.approx(np.array([[0.5, 0.5], [0.2, 0.2]]))
    assert rewards(measured(judged=False), OBJECTIVES, "judge") is None


def test_the_figures_of_a_run_by_hand() -> None:
    found = figures(measured(), OBJECTIVES)
    assert (found["depth"], found["warmth"]) == (pytest.approx(0.5), pytest.approx(0.2))
    assert (found["mean"], found["minimum"], found["faithfulness"]) == (pytest.approx(0.35), pytest.approx(0.2), 0.75)
    assert found["judge_mean"] == pytest.approx(0.35 * 0.81) and found["judge_faithfulness"] == pytest.approx(0.675)
    assert (found["diversity_2"], found["edit_rate"], found["copy_rate"], found["words"]) == (
        pytest.approx(0.7),
        0.75,
        0.125,
        6.0,
    )
    assert found["distinct_2"] == pytest.approx(4 / 5)  # "you feel" twice among five bigrams
    assert (found["data_points"], found["rollouts"], found["seconds_sum"], found["seconds_parallel"]) == (
        100,
        400,
        30,
        20,
    )


def test_what_could_not_be_judged_is_no_number() -> None:
    found = figures(measured(judged=False), OBJECTIVES)
    unjudged = [name for name, value in found.items() if math.isnan(value)]
    assert unjudged == ["judge_depth", "judge_warmth", "judge_mean", "judge_minimum", "judge_faithfulness"]


def test_a_row_has_means_and_spreads_over_seeds() -> None:
    other = measured(seed=2, depth=(0.9, 0.6), warmth=(0.2, 0.4), cost=Cost(200, 800, 40.0, 40.0))
    row = row_of([measured(), other], OBJECTIVES)
    # the second seed: depth (0.9 + 0.3) / 2 = 0.6, warmth 0.2, mean 0.4
    assert row.means["mean"] == pytest.approx(0.375)
    assert row.spreads["mean"] == pytest.approx(0.05 / math.sqrt(2))  # two values: |difference| / √2
    assert row.means["data_points"] == 150 and row.spreads["data_points"] == pytest.approx(100 / math.sqrt(2))
    assert row.spreads["warmth"] == 0.0 and (row.method, row.seeds) == ("uniform", 2)
    assert row.intervals["ship"].mean == pytest.approx(0.375)
    alone = row_of([measured()], OBJECTIVES)
    assert math.isnan(alone.spreads["mean"]) and alone.seeds == 1


def test_a_statements_value_is_the_mean_over_objectives_and_seeds() -> None:
    found = by_statement([measured(), measured(seed=2, depth=(0.9, 0.6))], OBJECTIVES, "ship")
    # first: (0.5 + 0.2) / 2 and (0.9 + 0.2) / 2; second: (0.5 + 0.2) / 2 and (0.3 + 0.2) / 2
    assert found is not None and found.tolist() == pytest.approx([0.45, 0.3])
    assert by_statement([measured(), measured(seed=2, judged=False)], OBJECTIVES, "judge") is None


def test_two_methods_are_compared_by_statement() -> None:
    better = measured("emorl", depth=(0.7, 1.4))
    found = compare([better], [measured()], OBJECTIVES, "ship")
    # both statements gain 0.2 of depth, 0.1 of the mean: no width
    assert found is not None and found.role == "ship"
    assert (found.difference.mean, found.difference.low, found.difference.high) == pytest.approx((0.1, 0.1, 0.1))
    assert found.p == pytest.approx(0.5, abs=0.02)  # 2 of the 4 ways to choose the signs
    assert compare([better], [measured(judged=False)], OBJECTIVES, "judge") is None


def test_the_sign_flip_test_beside_all_signs_counted() -> None:
    values = np.array([0.4, 0.1, -0.2, 0.3, 0.5, -0.1])
    means = [abs(np.mean(np.array(signs) * values)) for signs in itertools.product([-1, 1], repeat=6)]
    exact = float(np.mean([mean >= abs(values.mean()) - 1e-12 for mean in means]))
    assert sign_flip(values) == pytest.approx(exact, abs=0.015)
    assert sign_flip(np.zeros(5)) == 1.0 and sign_flip(np.full(20, 0.3)) < 0.001
