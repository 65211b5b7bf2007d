"""C-DynaOpt: DynaOpt's outer bandit is a contextual one of Vowpal Wabbit, which sees weights and improvements.

As in the released code (Pérez-Rosas et al. 2024, arXiv 2403.13578): `--cb_explore_adf --cover 3`, K + 1 arms, no arm is
drawn before the first validation, and the cost of an arm is 1 minus an improvement. The released code takes the first
objective's alone; here it is the mean over all objectives, as for DynaOpt. Needs the extra `contextual`. Left out: any
other contextual bandit.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from training.baselines.bandits import Exp3, Improvements
from training.baselines.missing import MissingPart

OPTIONS = "--cb_explore_adf --cover 3 --quiet"


class ContextualDynaOpt:
    """The inner bandit is DynaOpt's; the outer one learns which arm helps in which situation."""

    validates = True

    def __init__(self, objectives: int, seed: int) -> None:
        """Args: K, and the seed of the draws.

        Raises:
            MissingPart: Vowpal Wabbit is not installed.
        """
        self.inner, self.improvements = Exp3.of(objectives), Improvements()
        self.seed, self.draws = seed, 0
        self.context, self.arm, self.probability = "", -1, 0.0
        self.examples: list[str] = []
        self._outer = self._workspace()

    def _workspace(self) -> Any:
        try:
            from vowpalwabbit import Workspace
        except ModuleNotFoundError:
            raise MissingPart.of(
                "c-dynaopt without the package vowpalwabbit",
                "the extra `contextual`",
                "run pip install '.[contextual]' in the folder with pyproject.toml, or name other baselines",
            ) from None
        return Workspace(f"{OPTIONS} --random_seed {self.seed}")

    def _example(self, label: tuple[int, float, float] | None = None) -> str:
        """The context and all arms, one a line; `label` is an arm with its cost and its probability."""
        lines = [self.context]
        for arm in range(len(self.inner.weights) + 1):
            marked = f"0:{label[1]}:{label[2]} " if label and label[0] == arm else ""
            lines.append(f"{marked}|Action arm={arm}")
        return "\n".join(lines)

    def weights(self, step: int) -> list[float]:
        """Shares of the inner bandit's weights."""
        return self.inner.shares()

    def learn(self, scores: Sequence[Sequence[float]]) -> None:
        """Teach the outer bandit what the last arm cost, show it the situation, draw the next arm."""
        gains = self.improvements.of(scores)
        if self.arm >= 0:
            self.examples.append(self._example((self.arm, 1.0 - float(np.mean(gains)), self.probability)))
            self._outer.learn(self.examples[-1])
        self.context = "shared | " + " ".join(
            f"{name}{k}:{value}"
            for name, values in (("w", self.inner.shares()), ("r", gains))
            for k, value in enumerate(values)
        )
        chances = self._outer.predict(self._example())
        self.draws += 1
        self.arm = random.Random(f"{self.seed} {self.draws}").choices(range(len(chances)), chances)[0]
        self.probability = float(chances[self.arm] / sum(chances))
        if self.arm < len(self.inner.weights):
            self.inner.update(self.arm, 1.0)

    def state(self) -> dict[str, Any]:
        """Inner bandit, the last arm with its context, and all that the outer bandit was taught, in order."""
        return {
            "inner": self.inner.weights,
            "stored": self.improvements.stored,
            "draws": self.draws,
            "context": self.context,
            "arm": self.arm,
            "probability": self.probability,
            "examples": self.examples,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`: the outer bandit is taught the same again."""
        self.inner.weights, self.draws = list(state["inner"]), state["draws"]
        self.improvements.stored = [list(column) for column in state["stored"]]
        self.context, self.arm, self.probability = state["context"], state["arm"], state["probability"]
        self.examples, self._outer = list(state["examples"]), self._workspace()
        for example in self.examples:
            self._outer.learn(example)
