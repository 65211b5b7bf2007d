"""What the sliders say, as one value: `Setting`, checked when it is made and passed on unchanged.

The page, the endpoints and the command line each make one with `Setting.of` from weights by name. It needs no further
checks after that. Its weights are already shares ŵ = w / Σw, so settings that write the same are equal.

Left out: presets, which are weights by name (`emorl.models.manifest`), and the coefficients of the mixture
(`weights`).
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
# For messages: what is expected of each value, and what to do about any other.
WEIGHT = ("a finite number of at least 0", "use 0 to leave an objective out")
STRENGTH = ("a finite number of at least 0", "1 is the plain ensemble")
TEMPERATURE = (f"a number from 0 to {MAX_TEMPERATURE:g}", "0 always takes the most likely word")
SEED = (f"a whole number from 0 to {MAX_SEED}", "any will do")
ROUNDING = 1e-12  # weights whose sum is this close to 1 are already shares and stay as they are


@dataclass(frozen=True)
class Setting:
    """What a reflection is written with.

    Attributes:
        weights: K weights in the order of the objectives. They are stored as shares, which sum to 1, or as zeros for
            the base's own reply.
        strength: s; 1 is the plain ensemble, 0 the base.
        temperature: 0 for greedy; otherwise logits are divided by it before sampling.
        seed: Seed of sampling.

    Raises:
        WeightError: A value is not a number or is out of range.

    Example:
        >>> names = ["reflection", "empathy"]
        >>> Setting.of(names, {"reflection": 3, "empathy": 1}, strength=0.5)
        Setting(weights=(0.75, 0.25), strength=0.5, temperature=0.0, seed=0)
        >>> Setting.of(names, {"reflection": 6, "empathy": 2}) == Setting((0.75, 0.25))
        True
        >>> Setting.of(names, {"clarity": 1})
        Traceback (most recent call last):
        emorl.errors.WeightError: Got the objectives clarity: expected reflection, empathy; check the spelling.
    """

    weights: tuple[float, ...]
    strength: float = 1.0
    temperature: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        given = [number(f"weight {k + 1}", weight, WEIGHT) for k, weight in enumerate(self.weights)]
        are_shares = abs(math.fsum(given) - 1) <= ROUNDING
        seed = number("seed", self.seed, SEED, MAX_SEED)
        if seed != int(seed):
            raise WeightError.of(f"{seed!r} for seed", *SEED)
        checked = {
            "weights": tuple(given if are_shares else shares(given)),
            "strength": float(number("strength", self.strength, STRENGTH)),
            "temperature": float(number("temperature", self.temperature, TEMPERATURE, MAX_TEMPERATURE)),
            "seed": int(seed),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # the dataclass is frozen

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
            WeightError: An objective is unknown, or a value is not a number or is out of range.
        """
        objective_indices(objectives, weights)
        for name, weight in weights.items():
            number(name, weight, WEIGHT)
        return cls(tuple(weights.get(name, 0.0) for name in objectives), strength, temperature, seed)

    @property
    def mixed(self) -> bool:
        """Whether any adapter influences what is written."""
        return any(self.weights) and self.strength > 0

    def base(self) -> Setting:
        """The setting of the base's own reply, for comparison; this setting itself where no adapter counts."""
        return replace(self, weights=(0.0,) * len(self.weights), strength=1.0) if self.mixed else self


def objective_indices(objectives: Sequence[str], names: Iterable[str]) -> list[int]:
    """The index of each named objective among all K.

    Raises:
        WeightError: An objective is unknown.
    """
    asked = list(names)
    if unknown := sorted({str(name) for name in asked} - set(objectives)):
        raise WeightError.of(f"the objectives {', '.join(unknown)}", ", ".join(objectives), "check the spelling")
    return [list(objectives).index(name) for name in asked]


def number(name: str, value: object, rule: tuple[str, str], maximum: float = sys.float_info.max) -> int | float:
    """The value, which must be a finite number from 0 to `maximum`.

    Args:
        name: What the message calls it.
        value: From outside.
        rule: For the message: what is expected, and what to do.
        maximum: Largest value.

    Raises:
        WeightError: It is not such a number.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= maximum:
        return value
    raise WeightError.of(f"{value!r:.40} for {name:.40}", *rule)
