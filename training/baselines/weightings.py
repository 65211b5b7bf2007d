"""How much each of K rewards counts at each update of one run: fixed, in turn, or chosen by a bandit.

The weights are at least 0 and sum to 1, so that the KL penalty and the guards count as they do in an objective's run.
`learn` gets the scores of validation replies, one sampled for each statement. Everything that a weighting has learnt
is in `state`, and every draw has a seed of its own, so that a resumed run goes on as if it had never stopped. Left out:
the contextual bandit, which needs a further package (`contextual`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from training.baselines.bandits import Exp3, Improvements, between_quantiles


class Weighting(Protocol):
    """What decides the weights.

    Attributes:
        validates: Whether it learns from validation replies.
    """

    validates: bool

    def weights(self, step: int) -> list[float]:
        """Weights of the K rewards in update number `step`, from 0."""

    def learn(self, scores: Sequence[Sequence[float]]) -> None:
        """Take notice of the scores of N validation replies for each of the K objectives."""

    def state(self) -> dict[str, Any]:
        """All that it has learnt, for a JSON file."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""


class Uniform:
    """Every reward counts 1 / K."""

    validates = False

    def __init__(self, objectives: int) -> None:
        """Args: K."""
        self.objectives = objectives

    def weights(self, step: int) -> list[float]:
        """All the same."""
        return [1 / self.objectives] * self.objectives

    def learn(self, scores: Sequence[Sequence[float]]) -> None:
        """Nothing is learnt."""

    def state(self) -> dict[str, Any]:
        """Nothing to keep."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to go on from."""


class RoundRobin(Uniform):
    """One reward after the other, each for the same number of updates; a remainder begins again with the first."""

    def __init__(self, objectives: int, steps: int) -> None:
        """Args: K, and the updates of the whole run."""
        super().__init__(objectives)
        self.turn = max(1, steps // objectives)

    def weights(self, step: int) -> list[float]:
        """1 for the reward whose turn it is."""
        return one_hot(step // self.turn % self.objectives, self.objectives)


class Dorb:
    """DORB's single bandit (SM-Bandit): the drawn arm alone is the reward until the next validation.

    The arm's own reward is the mean over all objectives of the scaled validation scores (`between_quantiles`).
    """

    validates = True

    def __init__(self, objectives: int, seed: int) -> None:
        """Args: K, and the seed of the draws."""
        self.bandit, self.seed, self.draws = Exp3.of(objectives), seed, 0
        self.means: list[list[float]] = [[] for _ in range(objectives)]
        self._draw()

    def _draw(self) -> None:
        self.draws += 1
        self.arm = self.bandit.draw(random.Random(f"{self.seed} {self.draws}"))

    def weights(self, step: int) -> list[float]:
        """1 for the drawn arm."""
        return one_hot(self.arm, len(self.means))

    def learn(self, scores: Sequence[Sequence[float]]) -> None:
        """Reward the arm, remember the means, draw the next."""
        now = [float(np.mean(column)) for column in scores]
        scaled = [between_quantiles(value, history) for value, history in zip(now, self.means, strict=True)]
        self.bandit.update(self.arm, float(np.mean(scaled)))
        for history, value in zip(self.means, now, strict=True):
            history.append(value)
        self._draw()

    def state(self) -> dict[str, Any]:
        """Bandit, arm, number of draws, and means."""
        return {"arms": self.bandit.weights, "arm": self.arm, "draws": self.draws, "means": self.means}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.bandit.weights, self.arm = list(state["arms"]), state["arm"]
        self.draws, self.means = state["draws"], [list(history) for history in state["means"]]


class DynaOpt:
    """DynaOpt as published: a bandit over K objectives and one arm that changes nothing moves the weights of another.

    The outer bandit (K + 1 arms) is rewarded with the mean improvement over all objectives. Drawing an objective gives
    the inner bandit (K arms) a reward of 1 for it, once a draw; the weights are the inner bandit's, divided by their
    sum.
    """

    validates = True

    def __init__(self, objectives: int, seed: int) -> None:
        """Args: K, and the seed of the draws."""
        self.outer, self.inner = Exp3.of(objectives + 1), Exp3.of(objectives)
        self.improvements, self.seed, self.draws = Improvements(), seed, 0
        self._draw()

    def _draw(self) -> None:
        self.draws += 1
        self.arm = self.outer.draw(random.Random(f"{self.seed} {self.draws}"))
        self._pull()

    def _pull(self) -> None:
        if self.arm < len(self.inner.weights):
            self.inner.update(self.arm, 1.0)

    def weights(self, step: int) -> list[float]:
        """Shares of the inner bandit's weights."""
        return self.inner.shares()

    def learn(self, scores: Sequence[Sequence[float]]) -> None:
        """Reward the arm with the mean improvement, draw the next."""
        self.outer.update(self.arm, float(np.mean(self.improvements.of(scores))))
        self._draw()

    def state(self) -> dict[str, Any]:
        """Both bandits, arm, number of draws, and the stored scores."""
        return {
            "outer": self.outer.weights,
            "inner": self.inner.weights,
            "arm": self.arm,
            "draws": self.draws,
            "stored": self.improvements.stored,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.outer.weights, self.inner.weights = list(state["outer"]), list(state["inner"])
        self.arm, self.draws = state["arm"], state["draws"]
        self.improvements.stored = [list(column) for column in state["stored"]]


def one_hot(index: int, length: int) -> list[float]:
    """1 at one place, 0 elsewhere."""
    return [float(place == index) for place in range(length)]
