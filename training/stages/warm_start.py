"""The stages that make the warm start: `warmstart`, `preferences` and `rounds`, each going on from the one before.

Each leaves its adapter in the run's folder (`out`) and writes the latest to the models folder.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path

import torch

from emorl.ensemble.architecture import check_config, read_config
from emorl.errors import ConfigError
from emorl.models.base import base_sha256, ensure_base
from emorl.models.own_base import base_name
from emorl.reflecting.tokenizer import end_token
from training.config import Config
from training.data import load_labels
from training.package import store_adapter
from training.stages.provenance import (
    adapter_identity,
    begin,
    latest_warm_start,
    other_base,
    warm_start_before_rounds,
)
from training.stages.scores import total_of
from training.stages.statements import corpora_of

log = logging.getLogger(__name__)


def run_warmstart(config: Config, anew: bool = False) -> None:
    """Train the supervised warm start; resumes from its last checkpoint.

    Raises:
        ConfigError: It was made, or begun, with other settings or on another base, and not `anew`.
        BackboneError: The base's architecture or tokenizer cannot be used.
    """
    from training.warmstart import train_warmstart

    check_base(ensure_base())
    begin(config.out / "warmstart", {**asdict(config.warmstart), **other_base()}, anew)
    if (config.out / "warmstart" / "warmstart.json").is_file():
        log.info("%s is done", config.out / "warmstart")
    else:
        train_warmstart(config.warmstart, corpora_of(config), ensure_base(), config.out / "warmstart")
    _store_warm_start(config, latest_warm_start(config))


def check_base(base: Path) -> None:
    """Refuse a base whose models the app could not serve, before anything is trained on it.

    Raises:
        BackboneError: Its architecture or tokenizer cannot be used.
    """
    from transformers import AutoTokenizer

    check_config(read_config(base))
    end_token(AutoTokenizer.from_pretrained(base))


def run_preferences(config: Config, anew: bool = False) -> None:
    """Let the warm start learn from replies that were read.

    Raises:
        ConfigError: There is no warm start to go on from, or they were learnt with other settings and not `anew`.
    """
    from training.preferences import train_preferences

    if not config.preferences.epochs:
        return
    out, start = config.out / "preferences", config.out / "warmstart"
    if not (start / "adapter_config.json").is_file():
        raise ConfigError.of(f"no warm start in {start}", "one to go on from", "run the stage warmstart first")
    begin(out, {**asdict(config.preferences), "warm_start": adapter_identity(start)}, anew)
    if (out / "preferences.json").is_file():
        log.info("%s is done", out)
    else:
        labels = load_labels()
        train_preferences(config.preferences, config.warmstart, corpora_of(config), labels, ensure_base(), start, out)
    _store_warm_start(config, latest_warm_start(config))


def run_rounds(config: Config, anew: bool = False) -> None:
    """Best-of-n rounds on the warm start; the best adapter by the judges becomes the warm start of the models.

    Raises:
        ConfigError: There are no scorers, or the rounds were made with other settings and not `anew`.
    """
    from training import rounds

    if not config.rounds.rounds:
        return
    totals = {role: total_of(config, role) for role in ("ship", "judge")}
    start, out = warm_start_before_rounds(config), config.out / "rounds"
    begin(out, {**asdict(config.rounds), "warm_start": adapter_identity(start)}, anew)
    best = rounds.run_rounds(
        config.rounds,
        config.warmstart,
        corpora_of(config),
        ensure_base(),
        start,
        out,
        totals["ship"],
        totals["judge"],
    )
    (out / "best.json").write_text(json.dumps({"folder": str(best)}) + "\n")
    log.info("the warm start is %s", best)
    _store_warm_start(config, best)


def _store_warm_start(config: Config, folder: Path) -> None:
    """Write a warm start to the models folder, in the rank and precision that ships."""
    base, rank = ensure_base(), config.warmstart.shipped_rank
    digest = base_sha256(base)
    store_adapter(folder, config.models / "warmstart", digest, torch.bfloat16, rank, base_name(base, digest))
