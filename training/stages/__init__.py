"""The stages of a run, from the warm start to the model card, in the order in which `all` runs them.

Every stage reads what the one before left in the run's folder (`out`) and can be run alone. What the stages do is in
the modules of `training`; what lies here ties it to the settings of a run: `warm_start` has the first three that make
the warm start, `scorers`, `objectives`, `package`, `chance`, `search` and `evaluation` the others. They share
`statements` (who sees which), `scores` (what is rewarded and measured), `provenance` (what a stage was run with) and
`models` (the packaged models). Left out: baselines and the report beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.config import Config

STAGES = {
    "warmstart": "Train the supervised warm start.",
    "preferences": "Let the warm start learn from replies that were read.",
    "scorers": "Train the scorers and their held-out judges.",
    "rounds": "Let the warm start learn from the best of its own replies.",
    "objectives": "Train an adapter for each objective.",
    "package": "Write the models folder and its manifest.",
    "chance": "Fit how the best of several candidates is chosen.",
    "search": "Search the weights of the presets.",
    "evaluate": "Measure the models on unseen statements.",
    "card": "Write the model card.",
}
"""Every stage in its order, with its line of help."""


def stage_runs() -> dict[str, Callable[[Config, bool, bool], object]]:
    """What each stage runs with its settings, `--resume` and `--anew`; imported here, because torch takes seconds."""
    from training.stages import chance, evaluation, objectives, package, scorers, search, warm_start

    return {
        "warmstart": lambda config, resume, anew: warm_start.run_warmstart(config, anew),
        "preferences": lambda config, resume, anew: warm_start.run_preferences(config, anew),
        "scorers": lambda config, resume, anew: scorers.run_scorers(config, anew),
        "rounds": lambda config, resume, anew: warm_start.run_rounds(config, anew),
        "objectives": objectives.run_objectives,
        "package": lambda config, resume, anew: package.run_package(config),
        "chance": lambda config, resume, anew: chance.run_chance(config),
        "search": lambda config, resume, anew: search.run_search(config),
        "evaluate": lambda config, resume, anew: evaluation.run_evaluate(config),
        "card": lambda config, resume, anew: evaluation.run_card(config),
    }
