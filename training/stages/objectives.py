"""The stage `objectives`: one adapter for each objective, trained on its own.

Each is a task of its own (`training.tasks`): they run one after the other, side by side, or on several machines.
"""

from __future__ import annotations

import logging

import torch

from emorl.ensemble.lora import load_adapter, merge
from emorl.models.base import base_sha256, ensure_base
from training.beginning import ranked_replies, written_replies
from training.checkpoints import is_finished
from training.config import Config
from training.data import Corpora, load_labels, rl_prompts
from training.stages.provenance import adapter_identity, begin, latest_warm_start, scorer_identity
from training.stages.scores import reward_of, score_of
from training.stages.statements import corpora_of, partition
from training.tasks.schedule import run_tasks
from training.tasks.task import HERE, Place, Task

log = logging.getLogger(__name__)


def run_objectives(config: Config, resume: bool = False, anew: bool = False, place: Place = HERE) -> None:
    """Train one adapter an objective, each on its own, on the base with its warm start merged.

    Args:
        config: Settings.
        resume: Go on from the last whole checkpoints, also with more steps than a finished run had.
        anew: Train again what was trained with other settings, another warm start or other scorers.
        place: Where they run; one after the other by default.

    Raises:
        ConfigError: An adapter was trained, or begun, with other settings, another warm start or other scorers.
        AdapterMismatch: There is no warm start, or it was trained on another base.
        LostWorker: The worker of an adapter was lost again and again.
    """
    ensure_base()  # before several workers look for it
    run_tasks(objective_tasks(config), place, resume, anew)


def objective_tasks(config: Config) -> list[Task]:
    """A task for each objective; its name is the objective's."""
    corpora = corpora_of(config)
    return [
        Task(name, train_one, (config, name, corpora), config.out / "locks" / f"objective-{name}.lock")
        for name in config.objectives
    ]


def train_one(config: Config, name: str, corpora: Corpora, resume: bool, anew: bool) -> None:
    """Train the adapter of one objective, unless it is done; see `run_objectives`."""
    from transformers import AutoModelForCausalLM

    from training.objectives import train_objective

    settings, out = config.objectives[name], config.out / "objectives" / name
    stands_on = {
        "warm_start": adapter_identity(latest_warm_start(config)),
        "scorer": scorer_identity(config, name),
        "faithfulness": scorer_identity(config, "faithfulness"),
    }
    begin(out, stands_on, anew)
    if is_finished(out, settings, resume, anew):
        log.info("%s is done", out)
        return
    base, score = ensure_base(), reward_of(config, name, "ship")
    assert score is not None
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    merge(model, load_adapter(config.models / "warmstart", base_sha256(base)))
    validation, _, _ = partition(corpora, settings.validation, config.search.prompts)
    train_objective(
        settings,
        model,
        base,
        rl_prompts(corpora, "train"),
        validation,
        score,
        reward_of(config, name, "judge"),
        out,
        resume,
        score_of(config, "faithfulness", "ship"),
        anew,
        ranked_replies(name, load_labels(), settings.max_words, settings.seed)
        or written_replies(name, corpora.own, settings.max_words, settings.seed),
    )
