"""Runs on an encoder-decoder: an adapter of T5 for each objective, rewarded as the objectives of a causal base are.

The scorers stand on the base of the other stages; only the policy is the encoder-decoder. Left out: everything after
training, because the engine knows no encoder-decoder.
"""

from __future__ import annotations

import logging
from dataclasses import asdict

import torch

from emorl.errors import BackboneError, ConfigError
from emorl.models.base import check_base_folder
from training.config import Config
from training.data import rl_prompts
from training.stages.provenance import begin, scorer_identity
from training.stages.scores import reward_of
from training.stages.statements import corpora_of

log = logging.getLogger(__name__)


def run_seq2seq(config: Config, only: str | None = None, anew: bool = False) -> None:
    """Train an adapter for each objective, or for one of them; finished ones are not repeated.

    Args:
        config: Settings.
        only: Name of an objective, or None for all.
        anew: Train again what was trained with other settings or scorers.

    Raises:
        ConfigError: There is no such objective, no T5 is named, or a run was made with other settings.
        AssetError: The folder of the T5 is incomplete.
        BackboneError: It holds another kind of model.
    """
    from transformers import AutoConfig, AutoTokenizer, T5ForConditionalGeneration

    from training.seq2seq import train_seq2seq

    if only is not None and only not in config.objectives:
        raise ConfigError.of(f"no objective {only}", f"one of {', '.join(config.objectives)}", "name one of them")
    settings = config.seq2seq
    if settings.base is None:
        raise ConfigError.of("no seq2seq.base", "the folder of a T5 with its tokenizer", "name it in the configuration")
    folder = check_base_folder(settings.base)
    if (kind := AutoConfig.from_pretrained(folder).model_type) != "t5":
        raise BackboneError.of(f"a model of type {kind} in {folder}", "t5", "name the folder of a T5")
    corpora = corpora_of(config)
    for name in [only] if only else config.objectives:
        out, score = config.out / "seq2seq" / name, reward_of(config, name, "ship")
        assert score is not None
        scorers = {"scorer": scorer_identity(config, name), "faithfulness": scorer_identity(config, "faithfulness")}
        begin(out, {**asdict(settings), **scorers}, anew)
        if (out / "account.json").is_file():
            log.info("%s is done", out)
            continue
        log.info("-- %s", name)
        model = T5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        train_seq2seq(settings, model, tokenizer, list(rl_prompts(corpora, "train")), score, out)
