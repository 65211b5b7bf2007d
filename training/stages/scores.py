"""The scores that the stages train, choose and measure with, by the scorers of a run.

The reward of every objective is its own score times faithfulness: what the client did not say earns nothing. A scorer
that this run has trained comes before one that it has packaged, and that before a shipped one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch

from emorl.errors import ConfigError
from emorl.models.base import ensure_base
from emorl.models.template import END, prompt_text
from emorl.scoring.fluency import FluencyScorer
from emorl.scoring.load import ScorerFolders
from emorl.scoring.own import NAMED, OwnScorer
from emorl.scoring.scorer import Score
from training.config import Config


def packaged_warm_start(config: Config) -> Path | None:
    """The warm start of the models folder, or None before it is trained."""
    folder = config.models / "warmstart"
    return folder if (folder / "adapter_config.json").is_file() else None


def scorer_folder(config: Config, objective: str, role: str) -> Path | None:
    """The folder of a scorer: trained in this run, else packaged, else shipped; None if there is none."""
    for folder in (config.out / "scorers", config.models / "scorers", config.shipped / "scorers"):
        for name in (f"shared-{role}", f"{objective}-{role}"):
            card = folder / name / "scorer.json"
            if card.is_file() and (name != f"shared-{role}" or objective in json.loads(card.read_text())["objectives"]):
                return folder / name
    return None


@cache
def scorer_folders(warm_start: Path | None) -> ScorerFolders:
    """One object for each warm start, so that a scorer of several objectives is loaded once."""
    return ScorerFolders(ensure_base(), warm_start)


def named_scorer(config: Config, objective: str, role: str) -> str | None:
    """The scorer that the settings of an objective name, or None: a folder, or a function."""
    settings = config.objectives.get(objective)
    if settings is None:
        return None
    return settings.scorer if role == "ship" else settings.judge


def score_of(config: Config, objective: str, role: str) -> Score | None:
    """The scoring function, or None if there is no such judge.

    Raises:
        ConfigError: There is no shipping scorer to train an objective with.
        AssetError: A scorer that the settings name cannot be used.
    """
    named = named_scorer(config, objective, role)
    if named is not None and NAMED.fullmatch(named):
        return OwnScorer(named).score
    if named is not None:
        return scorer_folders(packaged_warm_start(config)).load(Path(named).expanduser(), objective).score
    if objective == "fluency" and role == "ship":
        return FluencyScorer(ensure_base(), prompt_text, END).score
    folder = scorer_folder(config, objective, role)
    if folder is not None:
        return scorer_folders(packaged_warm_start(config)).load(folder, objective).score
    if role == "ship":
        raise ConfigError.of(
            f"no scorer for {objective}",
            f"one in {config.out} or {config.shipped}",
            "run the stage scorers with the corpora, or name a models folder as `shipped`",
        )
    return None


def reward_of(config: Config, objective: str, role: str) -> Score | None:
    """An objective's score times faithfulness, by scorers of one role; None if there is no such judge.

    Raises:
        ConfigError: A shipping scorer is missing, the objective's own or that of faithfulness.
    """
    own, faithful = score_of(config, objective, role), score_of(config, "faithfulness", role)
    if own is None or faithful is None:
        return None
    return lambda statements, replies: own(statements, replies) * faithful(statements, replies)


def total_of(config: Config, role: str) -> Score:
    """Faithfulness times the mean score over the objectives that have a scorer of this role."""
    faithful = score_of(config, "faithfulness", role)
    own = [score for name in config.objectives if (score := score_of(config, name, role)) is not None]
    if faithful is None or not own:
        raise ConfigError.of(
            f"no {role} scorers of faithfulness and an objective",
            f"both in {config.out} or {config.shipped}",
            "run the stage scorers first",
        )

    def total(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        return faithful(statements, replies) * torch.stack([score(statements, replies) for score in own]).mean(0)

    return total
