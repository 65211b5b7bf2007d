"""What would be written without an objective, and each objective's fair share of every score (Shapley values).

A coalition S keeps the objectives in it and drops the others. Two conventions for this answer two different questions:

* "renormalised": the kept shares are scaled up to sum to 1, as when a slider is moved to 0. f = h_0 + s Σ_S ŵ_j/Σ_S ŵ
  (h_j - h_0).
* "base": the dropped objectives are replaced by the base, and their share goes to nobody else. f = h_0 +
  s Σ_S ŵ_j (h_j - h_0), which is the kept weights at strength s · Σ_S ŵ.

Under both, the empty coalition is the base's own reply and the full one is the reflection itself. With v(S) the score
of the reply of S, objective k's Shapley value is Σ_{S without k} |S|! (K-|S|-1)! / K! · (v(S ∪ k) - v(S)). Summed over
the objectives, these are v(all) - v(none). Left out: estimates by sampling; all 2^K replies are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial, fsum
from typing import Literal

Convention = Literal["renormalised", "base"]
CONVENTIONS: tuple[Convention, ...] = ("renormalised", "base")
Coalition = frozenset[str]


@dataclass(frozen=True)
class Ask:
    """What to write for one coalition.

    Attributes:
        convention: What happens to the shares of dropped objectives.
        members: Objectives that are kept, in slider order.
        weights: K weights: the kept shares, 0 for the others.
        strength: The strength that goes with them.
    """

    convention: Convention
    members: tuple[str, ...]
    weights: tuple[float, ...]
    strength: float


@dataclass(frozen=True)
class Variant:
    """What a coalition writes.

    Attributes:
        convention: What happens to the shares of dropped objectives.
        members: Objectives that are kept.
        reflection: The reply.
        scores: Its score by every scorer, 0 to 1.
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
        every: Whether to list all 2^K coalitions (for Shapley values); otherwise none, all, and all without one.
    """
    count = len(names)
    sizes = range(count + 1) if every else sorted({0, max(count - 1, 0), count})
    plan: list[Ask] = []
    for convention in CONVENTIONS:
        for size in sizes:
            for kept in combinations(range(count), size):
                weights = tuple(shares[k] if k in kept else 0.0 for k in range(count))
                whole = convention == "renormalised" or weights == tuple(shares)
                remaining = strength if whole else strength * fsum(weights)
                plan.append(Ask(convention, tuple(names[k] for k in kept), weights, remaining))
    return plan


def shapley(names: Sequence[str], value: Mapping[Coalition, float]) -> dict[str, float]:
    """The Shapley value of every objective.

    Args:
        names: K objectives.
        value: v of all 2^K coalitions.

    Raises:
        KeyError: A coalition is missing.
    """
    count = len(names)
    result: dict[str, float] = {}
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

    def shapley(self) -> dict[Convention, dict[str, dict[str, float]]]:
        """By convention and scorer, each objective's part of the score; the parts sum to v(all) - v(none).

        Empty unless all 2^K coalitions were written.
        """
        if len(self.written) < len(CONVENTIONS) * 2 ** len(self.objectives):
            return {}
        return {
            convention: {
                scorer: shapley(
                    self.objectives,
                    {Coalition(v.members): v.scores[scorer] for v in self.written if v.convention == convention},
                )
                for scorer in self.written[0].scores
            }
            for convention in CONVENTIONS
        }
