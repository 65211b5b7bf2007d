"""One value for what the sliders say: `Setting`, checked when it is made and handed on unchanged.

The page, the endpoints and the command line each make one with `Setting.of`, from weights by name; whoever has it may
rely on it. Its weights are shares ŵ = w / Σw already, so settings that write the same are equal.

    >>> Setting.of(["reflection", "empathy"], {"reflection": 3, "empathy": 1}, strength=0.5)
    Setting(weights=(0.75, 0.25), strength=0.5, temperature=0.0, seed=0)

Left out: presets, which are weights by name (`emorl.models.manifest`), and the coefficients of the mixture (`weights`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from emorl.ensemble.weights import shares
from emorl.errors import WeightError

MAX_TEMPERATURE = 2.0
MAX_SEED = 2**63 - 1
WEIGHT = "expected a finite number of at least 0; use 0 to leave an objective out"
STRENGTH = "expected a finite number of at least 0; 1 is the plain ensemble"
TEMPERATURE = f"expected a number from 0 to {MAX_TEMPERATURE:g}; 0 always takes the best word"
SEED = f"expected a whole number from 0 to {MAX_SEED}; any will do"
ROUNDING = 1e-12  # weights whose sum is this close to 1 are shares already and stay as they are


@dataclass(frozen=True)
class Setting:
    """What a reflection is written with.

    Attributes:
        weights: K weights in the order of the objectives. They are kept as shares, which add up to 1, or are all 0 for
            the base's own reply.
        strength: s; 1 is the plain ensemble, 0 the base.
        temperature: 0 for greedy; otherwise logits are divided by it before sampling.
        seed: Seed of sampling.

    Raises:
        WeightError: A value that is not a number or out of its range.
    """

    weights: tuple[float, ...]
    strength: float = 1.0
    temperature: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        given = [number(f"weight {k + 1}", weight, WEIGHT) for k, weight in enumerate(self.weights)]
        already = abs(math.fsum(given) - 1) <= ROUNDING
        seed = number("seed", self.seed, SEED, MAX_SEED)
        if seed != int(seed):
            raise WeightError(f"Got {seed!r} for seed: {SEED}.")
        checked = {
            "weights": tuple(given if already else shares(given)),
            "strength": float(number("strength", self.strength, STRENGTH)),
            "temperature": float(number("temperature", self.temperature, TEMPERATURE, MAX_TEMPERATURE)),
            "seed": int(seed),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # the way of a frozen dataclass to put its own values in order

    @classmethod
    def of(
        cls,
        objectives: Sequence[str],
        weights: Mapping[str, float],
        strength: float = 1.0,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Setting:
        """A setting from weights by name.

        Args:
            objectives: Names of the K objectives, in order.
            weights: Raw weights, at least 0; objectives that are not named get 0.
            strength: s.
            temperature: 0 for greedy.
            seed: Seed of sampling.

        Raises:
            WeightError: An unknown objective, or a value that is not a number or out of its range.
        """
        places(objectives, weights)
        for name, weight in weights.items():
            number(name, weight, WEIGHT)
        return cls(tuple(weights.get(name, 0.0) for name in objectives), strength, temperature, seed)

    @property
    def mixed(self) -> bool:
        """Whether any adapter has a say in what is written."""
        return any(self.weights) and self.strength > 0

    def base(self) -> Setting:
        """The setting of the base's own reply, to stand beside this one; this one itself where no adapter has a say."""
        return replace(self, weights=(0.0,) * len(self.weights), strength=1.0) if self.mixed else self


def places(objectives: Sequence[str], names: Iterable[str]) -> list[int]:
    """Where these objectives stand in the order of all K.

    Raises:
        WeightError: An unknown objective.
    """
    asked = list(names)
    if unknown := sorted({str(name) for name in asked} - set(objectives)):
        raise WeightError(f"Weights name {', '.join(unknown)}: expected {', '.join(objectives)}; check the spelling.")
    return [list(objectives).index(name) for name in asked]


def number(name: str, value: object, expected: str, most: float = sys.float_info.max) -> int | float:
    """A finite number from 0 to `most`, as it is.

    Args:
        name: What the error calls it.
        value: From outside.
        expected: What the error says was expected, and the remedy.
        most: Largest value.

    Raises:
        WeightError: It is not one.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise WeightError(f"Got {value!r:.40} for {name:.40}: {expected}.")
