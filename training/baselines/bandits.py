"""The arithmetic of bandits: Exp3, and how validation scores become the reward of an arm.

Exp3 is that of Auer, Cesa-Bianchi, Freund and Schapire (2002, "The nonstochastic multiarmed bandit problem", SIAM
Journal on Computing 32(1), figure 1). DynaOpt (Pérez-Rosas et al. 2024, arXiv 2403.13578) rewards an arm with the
improvement over the last 200 scores; DORB (Pasunuru, Guo and Bansal 2020, EMNLP) with where each score lies among
those before. Left out: contextual bandits (`contextual`) and DORB's hierarchical one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

GAMMA = 0.07
"""Share of exploration, and at once the learning rate; DynaOpt's."""

HISTORY = 200
"""Scores that DynaOpt compares with, for each objective."""


@dataclass
class Exp3:
    """Exponential weights for exploration and exploitation.

    Attributes:
        weights: One for each arm, all 1 at first.
        gamma: γ, the share of exploration.

    Example:
        Two arms are drawn alike at first. A reward of 1 for the first arm counts 1 / 0.5, and its weight grows by the
        factor exp(γ / 2 · 2).

        >>> bandit = Exp3.of(2, gamma=0.1)
        >>> bandit.probabilities()
        [0.5, 0.5]
        >>> bandit.update(0, 1.0)
        >>> [round(weight, 4) for weight in bandit.weights]
        [1.1052, 1.0]
    """

    weights: list[float]
    gamma: float = GAMMA

    @classmethod
    def of(cls, arms: int, gamma: float = GAMMA) -> Exp3:
        """A bandit of so many arms that has learnt nothing yet."""
        return cls([1.0] * arms, gamma)

    def probabilities(self) -> list[float]:
        """p_i = (1 - γ) w_i / Σ w + γ / K."""
        total, arms = math.fsum(self.weights), len(self.weights)
        return [(1 - self.gamma) * weight / total + self.gamma / arms for weight in self.weights]

    def draw(self, rng: random.Random) -> int:
        """An arm, drawn by its probability."""
        return rng.choices(range(len(self.weights)), self.probabilities())[0]

    def update(self, arm: int, reward: float) -> None:
        """w_arm ← w_arm · exp(γ / K · reward / p_arm); the other arms keep their weights."""
        estimate = reward / self.probabilities()[arm]
        self.weights[arm] *= math.exp(self.gamma * estimate / len(self.weights))

    def shares(self) -> list[float]:
        """The weights, divided by their sum."""
        total = math.fsum(self.weights)
        return [weight / total for weight in self.weights]


@dataclass
class Improvements:
    """DynaOpt's reward: how far the mean of each objective's scores lies above its last stored scores.

    Attributes:
        stored: Scores of the validations so far by objective, the last `HISTORY` of each.

    Example:
        >>> seen = Improvements()
        >>> seen.of([[0.2, 0.4]])  # nothing to compare with yet
        [0.0]
        >>> [round(gain, 3) for gain in seen.of([[0.5, 0.5]])]
        [0.2]
    """

    stored: list[list[float]] = field(default_factory=list)

    def of(self, scores: Sequence[Sequence[float]]) -> list[float]:
        """The improvement of each objective; then these scores are stored too.

        Args:
            scores: For each of K objectives, the scores of the N validation replies.
        """
        before = self.stored or [[] for _ in scores]
        found = [float(np.mean(now) - np.mean(old)) if old else 0.0 for now, old in zip(scores, before, strict=True)]
        self.stored = [[*old, *map(float, now)][-HISTORY:] for now, old in zip(scores, before, strict=True)]
        return found


def between_quantiles(value: float, history: Sequence[float], low: float = 0.2, high: float = 0.8) -> float:
    """DORB's scaled reward: 0 below the 20 % quantile of the history, 1 above the 80 % quantile, linear in between.

    Nothing is known without a history: 0. Where both quantiles are the same and the value too, it is one half.

    Example:
        >>> round(between_quantiles(0.35, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]), 3)  # quantiles 0.1 and 0.4
        0.833
    """
    if not history:
        return 0.0
    below, above = (float(q) for q in np.quantile(history, [low, high]))
    if value < below:
        return 0.0
    if value > above:
        return 1.0
    return (value - below) / (above - below) if above > below else 0.5
