"""Exp3 and the rewards of arms, by hand."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from training.baselines.bandits import GAMMA, HISTORY, Exp3, Improvements, between_quantiles


def test_the_probabilities_of_exp3_mix_weights_and_chance() -> None:
    # (1 - 0.2) * w / 10 + 0.2 / 4
    assert Exp3([1.0, 2.0, 3.0, 4.0], gamma=0.2).probabilities() == pytest.approx([0.13, 0.21, 0.29, 0.37])
    assert sum(Exp3([5.0, 0.1, 7.0]).probabilities()) == pytest.approx(1)
    assert Exp3.of(4) == Exp3([1.0] * 4, 0.07) and GAMMA == 0.07


def test_an_update_of_exp3_by_hand() -> None:
    bandit = Exp3([1.0, 3.0], gamma=0.2)
    # p_0 = 0.8 * 1/4 + 0.1 = 0.3, so a reward of 0.6 counts 2, and the weight grows by exp(0.2 / 2 * 2)
    bandit.update(0, 0.6)
    assert bandit.weights == pytest.approx([math.exp(0.2), 3.0])
    # p_1 = 0.8 * 3 / (3 + 1.2214) + 0.1 = 0.66853; a loss of 0.5 counts -0.74791
    bandit.update(1, -0.5)
    assert bandit.weights == pytest.approx([1.221403, 3 * math.exp(-0.074791)], rel=1e-5)
    assert bandit.shares() == pytest.approx([weight / sum(bandit.weights) for weight in bandit.weights])


def test_a_reward_for_the_inner_bandit_of_three_by_hand() -> None:
    bandit = Exp3.of(3)
    bandit.update(1, 1.0)  # p = 1/3, so exp(0.07 / 3 * 3)
    grown = math.exp(0.07)
    assert bandit.shares() == pytest.approx([1 / (2 + grown), grown / (2 + grown), 1 / (2 + grown)])


def test_arms_are_drawn_by_their_probabilities_and_the_seed_decides() -> None:
    bandit = Exp3([1.0, 3.0], gamma=0.2)  # 0.3 and 0.7
    rng = random.Random(1)
    drawn = Counter(bandit.draw(rng) for _ in range(4000))
    assert drawn[1] / 4000 == pytest.approx(0.7, abs=0.03)
    again = random.Random(1)
    assert Counter(bandit.draw(again) for _ in range(4000)) == drawn


def test_exp3_finds_the_better_arm() -> None:
    """A known answer: arm 2 pays 0.9, the others 0.1."""
    bandit, rng = Exp3.of(3), random.Random(0)
    for _ in range(600):
        arm = bandit.draw(rng)
        bandit.update(arm, 0.9 if arm == 2 else 0.1)
    assert max(bandit.probabilities()) == bandit.probabilities()[2] > 0.9


def test_improvements_are_over_the_scores_that_were_stored_before() -> None:
    seen = Improvements()
    assert seen.of([[0.2, 0.4], [0.9, 0.7]]) == [0.0, 0.0]
    assert seen.of([[0.5, 0.5], [0.6, 0.8]]) == pytest.approx([0.5 - 0.3, 0.7 - 0.8])
    # now all four scores of each objective count
    assert seen.of([[0.4, 0.4], [1.0, 1.0]]) == pytest.approx([0.4 - 0.4, 1.0 - 0.75])


def test_only_the_last_two_hundred_scores_are_compared_with() -> None:
    seen = Improvements()
    seen.of([[0.0] * HISTORY])
    seen.of([[0.5] * 150])
    # 50 zeros and 150 halves are left: mean 0.375
    assert seen.of([[1.0]]) == pytest.approx([1 - 0.375])
    assert len(seen.stored[0]) == HISTORY == 200


@pytest.mark.parametrize(
    ("value", "scaled"), [(0.05, 0.0), (0.1, 0.0), (0.25, 0.5), (0.35, 5 / 6), (0.4, 1.0), (0.45, 1.0)]
)
def test_dorbs_scaled_reward_by_hand(value: float, scaled: float) -> None:
    # six scores: the quantiles lie at places 1 and 4 of 0..5, 0.1 and 0.4
    assert between_quantiles(value, [0.5, 0.0, 0.3, 0.1, 0.4, 0.2]) == pytest.approx(scaled, abs=1e-9)


def test_dorbs_scaled_reward_without_a_spread() -> None:
    assert between_quantiles(0.9, []) == 0.0
    assert [between_quantiles(value, [0.5]) for value in (0.4, 0.5, 0.6)] == [0.0, 0.5, 1.0]
