"""The arms of a study: the same runs once more, with a strength of their own or as the best of several replies.

An arm is nothing but runs with another strength or another number of candidates (`Run.strength`, `Run.best_of`), which
are measured like all others. Left out: searching the strength (`strengths`), choosing the best (`best_of`), and the two
at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from training.study.measures import Measured
from training.study.runs import METHODS, Run
from training.study.settings import ReportConfig
from training.study.strengths import Searcher, StrengthSearch
from training.study.tables import Comparison, Row, compare, row_of

PAIRS = (("emorl", "uniform"), ("emorl", "warmstart"))
"""What is compared in every arm that has both, the first minus the second."""

BEST_OF = ("warmstart", "uniform", "emorl")
"""The methods that write several candidates: the two that are compared, and what both start from."""


@dataclass(frozen=True)
class Arm:
    """Runs that are written in the same way.

    Attributes:
        name: "strength", or "best of n".
        measured: The measured seeds of each method.
    """

    name: str
    measured: Mapping[str, Sequence[Measured]]

    def label(self, method: str) -> str:
        """The name of a method's row; of a strength that of each seed, the same once."""
        if self.name != "strength":
            return f"{method}, {self.name}"
        found = sorted({seed.run.strength for seed in self.measured[method]})
        return f"{method}, strength {' and '.join(f'{strength:g}' for strength in found)}"

    def rows(self, objectives: Sequence[str]) -> list[Row]:
        """A row for each method, in the order of `METHODS`."""
        there = [method for method in METHODS if method in self.measured]
        return [row_of(self.measured[method], objectives, self.label(method)) for method in there]

    def comparisons(self, objectives: Sequence[str]) -> list[tuple[str, str, Comparison]]:
        """The labels of both methods with their comparison, for every pair that is there and each role."""
        return [
            (self.label(ours), self.label(theirs), found)
            for ours, theirs in PAIRS
            if ours in self.measured and theirs in self.measured
            for role in ("ship", "judge")
            if (found := compare(self.measured[ours], self.measured[theirs], objectives, role)) is not None
        ]


def wanted(settings: ReportConfig) -> bool:
    """Whether the settings ask for any arm."""
    return settings.strengths != (1.0,) or settings.best_of > 1


def by_method(runs: Sequence[Run], measure: Callable[[Run], Measured]) -> dict[str, list[Measured]]:
    """Every run measured, by its method."""
    found: dict[str, list[Measured]] = {}
    for run in runs:
        found.setdefault(run.method, []).append(measure(run))
    return found


def arms_of(
    settings: ReportConfig, runs: Sequence[Run], searcher: Searcher, measure: Callable[[Run], Measured]
) -> tuple[list[StrengthSearch], list[Arm]]:
    """The searches of the strengths, and all arms that the settings ask for; none where the aim lacks its ideal.

    Args:
        settings: The arms.
        runs: All finished runs.
        searcher: Searches the strengths of those with adapters.
        measure: Lets a run write to the statements of the report, and scores it.
    """
    arms: list[Arm] = []
    searches: list[StrengthSearch] = []
    if searcher.aim.lacks_ideal:
        return searches, arms
    if settings.strengths != (1.0,):
        searches = [searcher.search(run, settings.strengths) for run in runs if run.folders]
        arms.append(Arm("strength", by_method([search.chosen for search in searches], measure)))
    if settings.best_of > 1:
        several = [replace(run, best_of=settings.best_of) for run in runs if run.method in BEST_OF]
        arms.append(Arm(f"best of {settings.best_of}", by_method(several, measure)))
    return searches, arms
