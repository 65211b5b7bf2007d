"""The searches for the weights of a run side by side: what each promised, what its weights are worth, and what it cost.

A search promises a score on the statements it chose by, and the best of many points is optimistic there. So the weights
of every search write to the statements of the report, which no search has seen. Left out: the searches themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from emorl.ensemble.weights import shares
from training.card import table
from training.study.measures import Measured
from training.study.runs import Run, SearchOf
from training.study.tables import rewards


@dataclass(frozen=True)
class SearchRow:
    """One search of one run.

    Attributes:
        run: Method and seed of the run.
        search: The search.
        unseen: Its aim on statements that no search has seen.
        mean: The mean reward there.
    """

    run: str
    search: SearchOf
    unseen: float
    mean: float


def search_rows(
    run: Run, measured: Measured, objectives: Sequence[str], measure: Callable[[Run], Measured]
) -> list[SearchRow]:
    """A row for each search of a run, the best on unseen statements first.

    Args:
        run: The run.
        measured: What it writes with the weights that were chosen.
        objectives: The objectives in the order of the weights.
        measure: Lets a run write with other weights.
    """
    rows = []
    for search in run.searches:
        found = measured
        if shares(search.weights) != shares(run.weights):
            found = measure(replace(run, weights=search.weights, variant=search.method))
        of_objectives = rewards(found, objectives, "ship")
        assert of_objectives is not None  # the scorers that gave the rewards
        means = of_objectives.mean(1).tolist()
        rows.append(SearchRow(run.name, search, search.aim.scalarization(means), sum(means) / len(means)))
    return sorted(rows, key=lambda row: -row.unseen)


def search_text(rows: Sequence[SearchRow]) -> str:
    """The table of all searches; a line where there are none."""
    if not rows:
        return "No weights have been searched.\n"
    header = ["run", "search", "for", "where it searched", "unseen", "mean reward, unseen", "weight vectors"]
    return table(
        [*header, "replies scored", "decoding steps", "seconds"],
        [
            [
                row.run,
                row.search.method,
                row.search.aim.name,
                *(f"{value:.3f}" for value in (row.search.score, row.unseen, row.mean)),
                row.search.evaluations or "-",
                row.search.replies,
                row.search.decode_steps,
                f"{row.search.seconds:.0f}",
            ]
            for row in rows
        ],
    )
