"""The stage `baselines`: every baseline of one model, each trained like an objective but on several rewards.

A run lies in `out/baselines/NAME/seed-N`, with the same files as an objective's. Its settings are those of the first
objective in the file; `steps` of the section `baselines` says how many updates it gets, by default as many as the runs
of all objectives together, so that every method sees the same number of data points. It begins with all the rankings
that the objectives' runs begin with. Two names mix adapters instead (`experts`): `emorl`, the ensemble itself, and
`soup`. Each is a task of its own (`training.tasks`), and so are the adapters of a further seed. Left out: the report.

    python -m training baselines --config training/configs/study.yaml [--only NAME] [--seed N] [--resume] [--anew]
        [--workers N] [--ray ADDRESS]
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from emorl.ensemble.lora import load_adapter, merge
from emorl.errors import ConfigError
from emorl.models.base import ensure_base
from emorl.scoring.scorer import Score
from training.baselines.contextual import ContextualDynaOpt
from training.baselines.missing import MissingPart
from training.baselines.weightings import Dorb, DynaOpt, RoundRobin, Uniform, Weighting
from training.beginning import ranked_replies
from training.checkpoints import is_finished
from training.config import Config
from training.data import load_labels, rl_prompts
from training.preferences import Preferred
from training.stages.scores import packaged_warm_start, reward_of, score_of
from training.stages.statements import corpora_of, partition
from training.tasks.schedule import run_tasks
from training.tasks.task import HERE, Place, Task

if TYPE_CHECKING:
    from training.objectives import ObjectiveConfig

log = logging.getLogger(__name__)

WEIGHTINGS: Mapping[str, Callable[[int, ObjectiveConfig], Weighting]] = {
    "uniform": lambda objectives, settings: Uniform(objectives),
    "normalised": lambda objectives, settings: Uniform(objectives),
    "dynaopt": lambda objectives, settings: DynaOpt(objectives, settings.seed),
    "c-dynaopt": lambda objectives, settings: ContextualDynaOpt(objectives, settings.seed),
    "dorb": lambda objectives, settings: Dorb(objectives, settings.seed),
    "round": lambda objectives, settings: RoundRobin(objectives, settings.steps),
}
"""What makes the weighting of each baseline from the number of objectives and the settings of the run."""

NAMES = (*WEIGHTINGS, "emorl", "soup")


def settings_of(config: Config, seed: int | None = None) -> ObjectiveConfig:
    """The settings of every baseline's run: the first objective's, with the ranking and the updates of all."""
    every = list(config.objectives.values())
    return replace(
        every[0],
        steps=config.baselines.steps or sum(settings.steps for settings in every),
        ranking=max(settings.ranking for settings in every),
        seed=every[0].seed if seed is None else seed,
    )


def run_folder(config: Config, name: str, seed: int) -> Path:
    """Where a run of a baseline lies."""
    return config.out / "baselines" / name / f"seed-{seed}"


def run_baselines(
    config: Config,
    only: str | None = None,
    seed: int | None = None,
    resume: bool = False,
    anew: bool = False,
    place: Place = HERE,
) -> None:
    """Train one model for each baseline, or for one of them.

    Args:
        config: Settings.
        only: One of `NAMES`, or None for all. Where all are wanted, one that lacks a package or adapters is left out,
            and the log says so.
        seed: Seed of the runs; the objectives' by default.
        resume: Go on from the last whole checkpoints.
        anew: Train again what was trained with other settings.
        place: Where they run; one after the other by default.

    Raises:
        ConfigError: There is no such baseline, no warm start, or a run was trained with other settings.
        LostWorker: The worker of a run was lost again and again.
    """
    if only is not None and only not in NAMES:
        raise ConfigError.of(f"no baseline {only}", f"one of {', '.join(NAMES)}", "name one of them")
    if packaged_warm_start(config) is None:
        raise ConfigError.of(
            f"no warm start in {config.models}",
            "the one that the objectives start from",
            "run the stage warmstart first, or copy a models folder there",
        )
    ensure_base()  # before several workers look for it
    tasks = baseline_tasks(config, [only] if only else NAMES, settings_of(config, seed).seed)
    run_tasks(tasks, place, resume, anew, () if only else (MissingPart,))


def baseline_tasks(config: Config, names: Sequence[str], seed: int) -> list[Task]:
    """A task for each baseline, by its name; before the ensemble one for each of its adapters, if it trains them."""
    from training.baselines.experts import expert_tasks

    tasks: list[Task] = []
    for name in names:
        lock = config.out / "locks" / f"baseline-{name}-seed-{seed}.lock"
        adapters = expert_tasks(config, run_folder(config, name, seed), seed) if name == "emorl" else []
        tasks += adapters
        after = (*(task.name for task in adapters), *(["emorl"] if name == "soup" else []))
        run = _run if name in WEIGHTINGS else _mix
        tasks.append(Task(name, run, (config, name, seed), lock, after))
    return tasks


def _run(config: Config, name: str, seed: int, resume: bool, anew: bool) -> None:
    """Train one of them, unless it is done."""
    from transformers import AutoModelForCausalLM

    from training.baselines.run import NormalisingTrainer, mean_of, mixture_of
    from training.objectives import SelfCriticalTrainer, train_objective

    settings = settings_of(config, seed)
    weighting = WEIGHTINGS[name](len(config.objectives), settings)
    out = run_folder(config, name, seed)
    if is_finished(out, settings, resume, anew):
        log.info("%s is done", out)
        return
    log.info("-- %s, seed %d, %d updates", name, settings.seed, settings.steps)
    base, corpora = ensure_base(), corpora_of(config)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    merge(model, load_adapter(config.models / "warmstart"))
    validation, _, _ = partition(corpora, settings.validation, config.search.prompts)
    parts = rewards_of(config, "ship")
    judges = rewards_of(config, "judge")
    trainer = NormalisingTrainer if name == "normalised" else SelfCriticalTrainer
    train_objective(
        settings,
        model,
        base,
        rl_prompts(corpora, "train"),
        validation,
        mean_of(parts),
        mean_of(judges) if len(judges) == len(parts) else None,
        out,
        resume,
        score_of(config, "faithfulness", "ship"),
        anew,
        rankings_of(config, settings.seed),
        mixture_of(parts, weighting, validation, config.baselines.every, trainer),
    )


def _mix(config: Config, name: str, seed: int, resume: bool, anew: bool) -> None:
    """Search the weights of the ensemble or of its soup, unless that is done."""
    from training.baselines.experts import is_searched, search_weights

    out = run_folder(config, name, seed)
    if is_searched(config, out, anew):
        log.info("%s is done", out)
        return
    _, statements, _ = partition(corpora_of(config), settings_of(config).validation, config.search.prompts)
    search_weights(config, name, seed, run_folder(config, "emorl", seed), statements, rewards_of(config, "ship"), out)


def rewards_of(config: Config, role: str) -> dict[str, Score]:
    """Each objective's score times faithfulness, for those that have a scorer of this role."""
    return {name: reward for name in config.objectives if (reward := reward_of(config, name, role)) is not None}


def rankings_of(config: Config, seed: int) -> list[Preferred]:
    """All the read replies that the objectives' runs begin with, a statement of each objective in turn."""
    labels = load_labels()
    every = [
        ranked_replies(name, labels, settings.max_words, seed)
        for name, settings in config.objectives.items()
        if settings.ranking
    ]
    return [item for turn in zip_longest(*every) for item in turn if item is not None]
