"""Settings of the weight search: which method, for which aim, and what of it is impossible.

The aim makes one number of the K objectives' mean rewards (`emorl.search.scalarization`). Left out: reading the file
(`training.config`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from emorl.atlas.tree import MAX_OBJECTIVES
from emorl.ensemble.weights import shares
from emorl.search.scalarization import Scalarization, mean, minimum, preferred, tchebycheff, towards

SAMPLED = ("hierarchical", "random", "bayesian")
"""Methods that score weights one by one."""

METHODS = (*SAMPLED, "exact")
"""All of them; `exact` needs the atlas of each statement."""

AIMS = ("mean", "minimum", "preference", "target", "tchebycheff")


@dataclass(frozen=True)
class SearchConfig:
    """Settings of the weight search.

    Attributes:
        prompts: Held-back validation statements.
        levels: Levels of the hierarchical grid; 5 gives a precision of 1/32.
        max_tokens: Longest reply.
        least_share: Share that `balanced` leaves every objective at least.
        method: Whose weights become `balanced`: hierarchical, random, bayesian or exact.
        beside: Other methods, which are run and recorded beside it.
        evaluations: Weight vectors that a random or Bayesian search scores; the grid takes 88 for three objectives.
        seed: Seed of random and Bayesian search.
        aim: What is maximised, of the objectives' mean rewards: mean, minimum, preference, target or tchebycheff.
        preference: How much each objective counts; for the aim preference, and for tchebycheff (equal by default).
        target: The reward wanted of each objective; for the aim target, and for tchebycheff (what each objective's
            adapter reaches alone by default).
    """

    prompts: int = 16
    levels: int = 5
    max_tokens: int = 40
    least_share: float = 0.1
    method: str = "exact"
    beside: tuple[str, ...] = ("hierarchical",)
    evaluations: int = 88
    seed: int = 1
    aim: str = "mean"
    preference: dict[str, float] = field(default_factory=dict)
    target: dict[str, float] = field(default_factory=dict)

    @property
    def methods(self) -> tuple[str, ...]:
        """All methods to run, in the order of `METHODS`."""
        return tuple(name for name in METHODS if name == self.method or name in self.beside)


@dataclass(frozen=True)
class Aim:
    """What a search maximises.

    Attributes:
        name: One of `AIMS`.
        preference: A number for each objective, or none.
        target: A reward for each objective, or none.
    """

    name: str = "mean"
    preference: tuple[float, ...] = ()
    target: tuple[float, ...] = ()

    @property
    def is_linear(self) -> bool:
        """Whether the aim of a mean is the mean of the aims."""
        return self.name in ("mean", "preference")

    @property
    def lacks_ideal(self) -> bool:
        """Whether what each adapter reaches alone has to be measured first."""
        return self.name == "tchebycheff" and not self.target

    def with_ideal(self, alone: Sequence[Sequence[float]]) -> Aim:
        """The aim with the best that each adapter reaches alone as its ideal.

        Args:
            alone: The mean rewards by objective of each objective's adapter alone, (K, K).
        """
        return replace(self, target=tuple(row[k] for k, row in enumerate(alone)))

    @property
    def scalarization(self) -> Scalarization:
        """From the mean rewards of the objectives to what is maximised."""
        if self.name == "minimum":
            return minimum
        if self.name == "preference":
            return preferred(self.preference)
        if self.name == "target":
            return towards(self.target)
        if self.name == "tchebycheff":
            return tchebycheff(self.target, self.preference or [1.0] * len(self.target))
        return mean


def aim_of(settings: SearchConfig, names: Sequence[str]) -> Aim:
    """The aim that the settings name, its numbers in the order of the objectives."""
    preference = tuple(settings.preference.get(name, 0.0) for name in names) if settings.preference else ()
    target = tuple(settings.target[name] for name in names) if settings.target else ()
    return Aim(settings.aim, preference, target)


def method_faults(where: str, method: object, beside: object, possible: Sequence[str], why: str = "") -> list[str]:
    """What is wrong with the methods that a section of the file names.

    Args:
        where: How the file calls the method that decides.
        method: That method.
        beside: Further methods.
        possible: What the deciding method may be.
        why: Why it may be no other.
    """
    faults = []
    if isinstance(method, str) and method not in possible:
        faults.append(f"{where} is {method!r}, expected one of {', '.join(possible)}{why}")
    section = where.partition(".")[0]
    for name in beside if isinstance(beside, tuple) else ():
        if isinstance(name, str) and name not in METHODS:
            faults.append(f"{section}.beside has {name!r}, expected only {', '.join(METHODS)}")
    return faults


def search_faults(search: SearchConfig, objectives: Sequence[str]) -> list[str]:
    """What is impossible about the settings of the search, with these objectives."""
    faults = method_faults("search.method", search.method, search.beside, METHODS)
    methods = {search.method, *(search.beside if isinstance(search.beside, tuple) else ())}
    count, first = len(objectives), len(objectives) + 1
    if "exact" in methods and count > MAX_OBJECTIVES:
        faults.append(
            f"objectives has {count} entries, expected at most {MAX_OBJECTIVES}: the search spans no more with exact"
        )
    sampled = [name for name in ("random", "bayesian") if name in methods]
    if sampled and isinstance(search.evaluations, int) and 0 < search.evaluations < first:
        faults.append(
            f"search.evaluations is {search.evaluations}, expected at least {first} for {' and '.join(sampled)}: the "
            "corners and the centre come first"
        )
    if isinstance(search.aim, str) and search.aim not in AIMS:
        return [*faults, f"search.aim is {search.aim!r}, expected one of {', '.join(AIMS)}"]
    return faults + _preference_faults(search, objectives) + _target_faults(search, objectives)


def _preference_faults(search: SearchConfig, objectives: Sequence[str]) -> list[str]:
    given = search.preference
    if not isinstance(given, Mapping):
        return []
    where = "search.preference"
    if search.aim not in ("preference", "tchebycheff"):
        return [f"{where} is {given}, expected none with the aim {search.aim}"] if given else []
    if search.aim == "preference" and not given:
        return [f"{where} is {given}, expected how much each objective counts"]
    faults = _number_faults(where, given, objectives, math.inf)
    if not faults and given and not any(shares(list(given.values()))):
        faults.append(f"{where} is {given}, expected a number above 0")
    return faults


def _target_faults(search: SearchConfig, objectives: Sequence[str]) -> list[str]:
    given = search.target
    if not isinstance(given, Mapping):
        return []
    where = "search.target"
    if search.aim not in ("target", "tchebycheff"):
        return [f"{where} is {given}, expected none with the aim {search.aim}"] if given else []
    lacking = [name for name in objectives if name not in given]
    if lacking and (given or search.aim == "target"):
        return [f"{where} has nothing for {', '.join(lacking)}, expected a reward for every objective"]
    return _number_faults(where, given, objectives, 1.0)


def _number_faults(where: str, given: Mapping[str, object], objectives: Sequence[str], most: float) -> list[str]:
    limit = "a finite number of at least 0" if most == math.inf else f"a number from 0 to {most:g}"
    faults = []
    for name, value in given.items():
        if name not in objectives:
            faults.append(f"{where}.{name} is unknown, expected one of {', '.join(map(str, objectives))}")
        elif isinstance(value, float) and not (0 <= value <= most and value < math.inf):
            faults.append(f"{where}.{name} is {value}, expected {limit}")
    return faults
