"""The stage `objectives`: one adapter for each objective, trained on its own."""

from __future__ import annotations

import logging

import torch

from emorl.ensemble.backbone import merge
from emorl.ensemble.lora import load_adapter
from emorl.models.base import base_sha256, ensure_base
from training.beginning import ranked_replies
from training.checkpoints import is_finished
from training.config import Config
from training.data import load_labels, rl_prompts
from training.stages.provenance import adapter_identity, begin, latest_warm_start, scorer_identity
from training.stages.scores import reward_of, score_of
from training.stages.statements import corpora_of, partition

log = logging.getLogger(__name__)


def run_objectives(config: Config, resume: bool = False, anew: bool = False) -> None:
    """Train one adapter an objective, each on its own, on the base with its warm start merged.

    Args:
        config: Settings.
        resume: Go on from the last whole checkpoints, also with more steps than a finished run had.
        anew: Train again what was trained with other settings, another warm start or other scorers.

    Raises:
        ConfigError: An adapter was trained, or begun, with other settings, another warm start or other scorers.
        AdapterMismatch: There is no warm start, or it was trained on another base.
    """
    from transformers import AutoModelForCausalLM

    from training.objectives import train_objective

    base, corpora = ensure_base(), corpora_of(config)
    for name, settings in config.objectives.items():
        out = config.out / "objectives" / name
        stands_on = {
            "warm_start": adapter_identity(latest_warm_start(config)),
            "scorer": scorer_identity(config, name),
            "faithfulness": scorer_identity(config, "faithfulness"),
        }
        begin(out, stands_on, anew)
        if is_finished(out, settings, resume, anew):
            log.info("%s is done", out)
            continue
        score = reward_of(config, name, "ship")
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
            ranked_replies(name, load_labels(), settings.max_words, settings.seed),
        )
