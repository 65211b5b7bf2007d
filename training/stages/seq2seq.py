"""Runs on an encoder-decoder: an adapter of T5 for each objective, rewarded as the objectives of a causal base are.

The scorers stand on the base of the other stages; only the policy is the encoder-decoder. Left out: everything after
training, because the engine knows no encoder-decoder.
"""

from __future__ import annotations

import logging

import torch

from emorl.errors import BackboneError, ConfigError
from emorl.models.base import base_sha256, check_base_folder
from training.checkpoints import is_finished
from training.config import Config
from training.data import rl_prompts
from training.stages.provenance import begin, scorer_identity
from training.stages.scores import reward_of
from training.stages.statements import corpora_of, partition

log = logging.getLogger(__name__)


def run_seq2seq(config: Config, only: str | None = None, resume: bool = False, anew: bool = False) -> None:
    """Train an adapter for each objective, or for one of them; finished ones are not repeated.

    Args:
        config: Settings.
        only: Name of an objective, or None for all.
        resume: Go on from the last whole checkpoints, also with more steps than a finished run had.
        anew: Train again what was trained with other settings, another T5 or other scorers.

    Raises:
        ConfigError: There is no such objective, no T5 is named, or an adapter was trained, or begun, with other
            settings, another T5 or other scorers.
        AssetError: The folder of the T5 is incomplete.
        BackboneError: It holds another kind of model.
    """
    from transformers import AutoConfig, AutoTokenizer, T5ForConditionalGeneration

    from training.seq2seq_run import train_seq2seq

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
        stands_on = {
            "base": base_sha256(folder)[:12],
            "scorer": scorer_identity(config, name),
            "faithfulness": scorer_identity(config, "faithfulness"),
        }
        begin(out, stands_on, anew)
        if is_finished(out, settings, resume, anew):
            log.info("%s is done", out)
            continue
        log.info("-- %s", name)
        model = T5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        validation, _, _ = partition(corpora, settings.validation, config.search.prompts)
        prompts = rl_prompts(corpora, "train")
        train_seq2seq(settings, model, tokenizer, prompts, validation, score, out, resume, anew)
