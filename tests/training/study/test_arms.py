"""The arms: the choice among candidates and the arithmetic by hand. The whole report has them in `test_report`."""

from __future__ import annotations

import pytest
import torch

from tests.training.study.test_tables import OBJECTIVES, PLAIN, measured
from training.search.settings import Aim
from training.study.arms import Arm, by_method
from training.study.best_of import Chooser, best_of
from training.study.measures import DECODED, Measured
from training.study.runs import Cost, Run
from training.study.strengths import StrengthSearch, Tried, strength_text
from training.study.tables import figures
from training.study.text import arm_text


def test_the_best_candidate_is_the_first_of_the_highest_value() -> None:
    assert best_of(["a", "b", "c"], [0.2, 0.7, 0.7]) == "b"
    assert best_of(["", " ", "c"], [0.9, 0.8, 0.1]) == "c"  # a reply has words
    assert best_of(["", " "], [0.1, 0.8]) == " "  # unless none has


# Rewards of each reply to each of two statements: depth and warmth, each already times faithfulness.
TABLE = {
    ("s", "even"): (0.5, 0.5),  # mean 0.5, minimum 0.5
    ("s", "deep"): (0.9, 0.3),  # mean 0.6, minimum 0.3
    ("t", "even"): (0.2, 0.1),  # mean 0.15, minimum 0.1
    ("t", "deep"): (0.1, 0.1),
}


@pytest.mark.parametrize(
    ("aim", "chosen"),
    [
        (Aim(), ["deep", "even"]),
        (Aim("minimum"), ["even", "deep"]),  # at t both have 0.1, and the first wins
        (Aim("preference", (1.0, 0.0)), ["deep", "even"]),
        (Aim("target", (), (0.5, 0.5)), ["even", "even"]),  # lacking: 0 and 0.1 at s, 0.35 and 0.4 at t
    ],
)
def test_the_choice_is_by_the_aim_of_a_replys_rewards(aim: Aim, chosen: list[str]) -> None:
    asked: list[tuple[str, str]] = []

    def reward(k: int):
        def score(statements, replies):
            asked.extend(zip(statements, replies, strict=True))
            return torch.tensor([TABLE[pair][k] for pair in zip(statements, replies, strict=True)], dtype=torch.float64)

        return score

    chooser = Chooser({"depth": reward(0), "warmth": reward(1)}, aim)
    candidates = [["even", "deep", "even"], ["deep", "even", "deep"]]
    assert chooser.choose(["s", "t"], candidates) == chosen
    assert len(asked) == 8  # each of two rewards of each of four pairs, once


def test_a_run_takes_the_strength_that_scores_most_and_pays_for_all() -> None:
    run = Run("emorl", 1, weights=(1.0, 1.0), cost=Cost(10, 40, 30.0, 20.0))
    tried = (Tried(1.0, (1.0, 1.0), 0.4, 2.0), Tried(1.5, (1.0, 0.0), 0.6, 5.0), Tried(2.0, (0.0, 1.0), 0.6, 7.0))
    search = StrengthSearch(run, tried)
    assert search.best == tried[1]  # the first of equal ones
    assert search.chosen == Run("emorl", 1, weights=(1.0, 0.0), cost=Cost(10, 40, 44.0, 34.0), strength=1.5)
    assert strength_text([search]).splitlines()[-1] == "| emorl-1 | 0.400 | 0.600 | 0.600 | 1.5 | 1, 0 | 14 |"
    assert strength_text([]) == "No strengths have been searched.\n"


def with_strength(strength: float, **parts) -> Measured:
    found = measured(**parts)
    run = Run(found.run.method, found.run.seed, cost=found.run.cost, strength=strength)
    return Measured(run, found.replies, found.columns)


def test_an_arms_rows_say_the_strengths_and_are_compared_by_statement() -> None:
    ours = [with_strength(s, method="emorl", seed=i, depth=(0.7, 1.4)) for i, s in enumerate((2.0, 1.5, 2.0), 1)]
    arm = Arm("strength", {"emorl": ours, "uniform": [with_strength(1.0)]})
    assert [row.method for row in arm.rows(OBJECTIVES)] == ["uniform, strength 1", "emorl, strength 1.5 and 2"]
    pairs = arm.comparisons(OBJECTIVES)
    assert [(first, second, found.role) for first, second, found in pairs] == [
        ("emorl, strength 1.5 and 2", "uniform, strength 1", role) for role in ("ship", "judge")
    ]
    assert pairs[0][2].difference.mean == pytest.approx(0.1)  # 0.2 of depth, half of the mean
    text = arm_text([arm], [], OBJECTIVES)
    assert "| emorl, strength 1.5 and 2 | uniform, strength 1 | scorers | +0.100 [+0.100, +0.100] |" in text
    assert arm_text([], [], OBJECTIVES).startswith("None: ")


def test_decoded_words_are_those_of_all_candidates() -> None:
    one = measured()
    assert figures(one, OBJECTIVES)[DECODED] == figures(one, OBJECTIVES)["words"] == sum(PLAIN["words"]) / 2
    several = Measured(one.run, one.replies, {**one.columns, DECODED: [30.0, 50.0]})
    assert figures(several, OBJECTIVES)[DECODED] == 40 and figures(several, OBJECTIVES)["words"] == 6


def test_best_of_is_compared_with_uniform_and_with_the_warm_start() -> None:
    runs = [Run(method, 1, best_of=8) for method in ("warmstart", "uniform", "emorl")]
    arm = Arm("best of 8", by_method(runs, lambda run: measured(run.method)))
    assert [row.method for row in arm.rows(OBJECTIVES)] == [f"{run.method}, best of 8" for run in runs]
    pairs = [(first, second) for first, second, found in arm.comparisons(OBJECTIVES) if found.role == "judge"]
    assert pairs == [("emorl, best of 8", f"{name}, best of 8") for name in ("uniform", "warmstart")]
