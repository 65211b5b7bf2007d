"""The stage `chance`: fits how candidates are chosen by, and writes it to the manifest of the packaged models."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict

from emorl.errors import ConfigError
from emorl.models.base import ensure_base
from emorl.scoring.language_model import backbone
from training import files
from training.chance import FOLDS, fit_chance, log_probabilities, usable
from training.config import Config
from training.data import load_labels
from training.stages.models import amend_manifest
from training.stages.scores import packaged_warm_start, score_of, scorer_folder

log = logging.getLogger(__name__)
OBJECTIVES = ("faithfulness", "would_say")


def run_chance(config: Config) -> None:
    """Fit the chance that a counsellor would say a reply; into the manifest, and what was measured to `chance.json`.

    Where replies to too few statements were read, the manifest stays as it is, and the scorers alone choose.

    Raises:
        ConfigError: No scorer has both heads.
    """
    from transformers import AutoTokenizer

    if any(scorer_folder(config, name, "ship") is None for name in OBJECTIVES):
        raise ConfigError.of(
            "no scorer of faithfulness and of whether a counsellor would say a reply",
            "one",
            "run the stage scorers first",
        )
    groups = usable(load_labels())[: config.scorers.limit]
    if len(groups) < FOLDS:  # a run may have read replies of its own, and few
        log.info("nothing is fitted on %d validation statements: expected at least %d", len(groups), FOLDS)
        return
    labels = [label for group in groups for label in group]
    texts = [label.statement for label in labels], [label.reply for label in labels]
    true, said = (score_of(config, name, "ship") for name in OBJECTIVES)
    assert true is not None and said is not None
    base = ensure_base()
    model = backbone(base, packaged_warm_start(config))
    logps = log_probabilities(model, AutoTokenizer.from_pretrained(base), groups)
    fit = fit_chance(groups, true(*texts).tolist(), said(*texts).tolist(), logps)
    found = {name: round(value, 4) for name, value in asdict(fit.chance).items()}

    def change(manifest: files.Manifest) -> None:
        manifest["faithfulness"]["chance"] = found

    amend_manifest(config, change)
    (config.models / "chance.json").write_text(json.dumps(asdict(fit), indent=1) + "\n")
    log.info("fitted on %d replies to %d statements: %s", fit.replies, fit.statements, found)
    log.info("within one statement %s", ", ".join(f"{name} {value:.3f}" for name, value in fit.within.items()))
