"""What would be written without an objective, and each objective's fair share of every score (Shapley values).

A coalition S keeps the objectives in it and drops the others, by one of two conventions that answer two questions:

* "renormalised": the kept shares are scaled up to sum to 1, as when a slider is moved to 0. f = h_0 + s Σ_S ŵ_j/Σ_S ŵ
  (h_j - h_0).
* "base": the dropped objectives are replaced by the base, their pull is gone and nobody takes it over. f = h_0 +
  s Σ_S ŵ_j (h_j - h_0), which is the kept weights at strength s · Σ_S ŵ.

By both, the empty coalition is the base's own reply and the full one the reflection itself. With v(S) a scorer's score
of the reply of S, objective k's Shapley value is Σ_{S without k} |S|! (K-|S|-1)! / K! · (v(S ∪ k) - v(S)); over the
objectives they add up to v(all) - v(none). Left out: estimates by sampling; 2^K replies are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import factorial, fsum
from typing import Any, Literal

Convention = Literal["renormalised", "base"]
CONVENTIONS: tuple[Convention, ...] = ("renormalised", "base")
Coalition = frozenset[str]


@dataclass(frozen=True)
class Ask:
    """What to write for one coalition.

    Attributes:
        convention: How the missing are replaced.
        members: Objectives that are kept, in slider order.
        weights: K weights: the kept shares, 0 for the others.
        strength: Strength that goes with them.
    """

    convention: Convention
    members: tuple[str, ...]
    weights: tuple[float, ...]
    strength: float


@dataclass(frozen=True)
class Variant:
    """What a coalition writes.

    Attributes:
        convention: How the missing objectives are replaced.
        members: Objectives that are kept.
        reflection: The reply.
        scores: Score of the reply by every scorer, 0 to 1.
    """

    convention: Convention
    members: tuple[str, ...]
    reflection: str
    scores: dict[str, float]


def plan_variants(names: Sequence[str], shares: Sequence[float], strength: float, every: bool = True) -> list[Ask]:
    """Coalitions to write.

    Args:
        names: K objectives.
        shares: Their shares ŵ.
        strength: s.
        every: All 2^K coalitions by both conventions (for Shapley values); otherwise none, all, and all without one.
    """
    count = len(names)
    sizes = range(count + 1) if every else sorted({0, max(count - 1, 0), count})
    plan = []
    for convention in CONVENTIONS:
        for size in sizes:
            for kept in combinations(range(count), size):
                weights = tuple(shares[k] if k in kept else 0.0 for k in range(count))
                whole = convention == "renormalised" or weights == tuple(shares)
                left = strength if whole else strength * fsum(weights)
                plan.append(Ask(convention, tuple(names[k] for k in kept), weights, left))
    return plan


def shapley(names: Sequence[str], value: Mapping[Coalition, float]) -> dict[str, float]:
    """Shapley value of every objective.

    Args:
        names: K objectives.
        value: v of all 2^K coalitions.

    Raises:
        KeyError: A coalition is missing.
    """
    count = len(names)
    result = {}
    for name in names:
        others = [other for other in names if other != name]
        total = 0.0
        for size in range(count):
            factor = factorial(size) * factorial(count - size - 1) / factorial(count)
            for kept in combinations(others, size):
                total += factor * (value[Coalition((*kept, name))] - value[Coalition(kept)])
        result[name] = total
    return result


@dataclass(frozen=True)
class Variants:
    """Replies and scores of coalitions of the objectives.

    Attributes:
        objectives: K names in slider order.
        written: The coalitions' replies, by both conventions.
    """

    objectives: tuple[str, ...]
    written: tuple[Variant, ...]

    def find(self, members: Sequence[str], convention: Convention) -> Variant:
        """The reply of a coalition.

        Raises:
            KeyError: It was not written.
        """
        for variant in self.written:
            if variant.convention == convention and set(variant.members) == set(members):
                return variant
        raise KeyError(f"no reply of {sorted(members)} by convention {convention}")

    def without(self, name: str, convention: Convention) -> Variant:
        """What is written without one objective."""
        return self.find([other for other in self.objectives if other != name], convention)

    @property
    def complete(self) -> bool:
        """Whether all 2^K coalitions are here, so that `shapley` can be asked."""
        return len(self.written) == len(CONVENTIONS) * 2 ** len(self.objectives)

    def shapley(self, convention: Convention) -> dict[str, dict[str, float]]:
        """For every scorer, each objective's part of its score; they add up to v(all) - v(none)."""
        cells = [variant for variant in self.written if variant.convention == convention]
        scorers = list(cells[0].scores) if cells else []
        return {
            scorer: shapley(self.objectives, {Coalition(v.members): v.scores[scorer] for v in cells})
            for scorer in scorers
        }

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists; Shapley values where every coalition was written."""
        result: dict[str, Any] = {
            "objectives": list(self.objectives),
            "written": [asdict(variant) for variant in self.written],
        }
        if self.complete:
            result["shapley"] = {convention: self.shapley(convention) for convention in CONVENTIONS}
        return result
