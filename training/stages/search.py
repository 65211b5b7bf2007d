"""The stage `search`: finds the preset `balanced` and writes it to the manifest.

The method and the aim are settings; further methods can be run beside it. Whatever was found is scored again on
statements that no search has seen: the best of many points is optimistic on those it was chosen by.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict

from emorl.ensemble.weights import shares
from training.config import Config
from training.files import Search
from training.search.methods import run_method
from training.search.score import WeightScore, ensemble, measured
from training.search.settings import aim_of
from training.stages.models import amend_manifest, open_models
from training.stages.scores import reward_of
from training.stages.statements import corpora_of, partition

log = logging.getLogger(__name__)


def run_search(config: Config) -> None:
    """Search with every method of the settings, write `search.json` and the preset `balanced`."""
    decoder, tokenizer, manifest = open_models(config)
    names = [o.name for o in manifest.objectives]
    validation = next(iter(config.objectives.values())).validation
    _, statements, evaluation = partition(corpora_of(config), validation, config.search.prompts)
    unseen = evaluation[: config.search.prompts]
    scorers = {name: reward for name in names if (reward := reward_of(config, name, "ship"))}
    mixed = ensemble(decoder, tokenizer, config.search.max_tokens)
    aim = measured(aim_of(config.search, names), mixed.write, statements, scorers)
    outcomes = {
        method: run_method(method, config.search, aim, mixed, statements, scorers) for method in config.search.methods
    }
    again = WeightScore(mixed.write, unseen, scorers, aim) if unseen else None
    record: Search = {
        "objectives": names,
        "statements": len(statements),
        "unseen": len(unseen),
        "aim": asdict(aim),
        "method": config.search.method,
        "searches": [outcome.summary(again) for outcome in outcomes.values()],
    }
    records = {method: outcome.record for method, outcome in outcomes.items()}
    (config.models / "search.json").write_text(json.dumps({**record, **records}) + "\n")
    chosen = outcomes[config.search.method]
    preset = dict(zip(names, (round(share, 3) for share in shares(chosen.balanced)), strict=True))
    amend_manifest(config, lambda manifest: manifest["presets"].update(balanced=preset))
    for line in record["searches"]:
        log.info("%s %.4f in %d steps", line["method"], line["score"], line["decode_steps"])
    log.info("balanced %s: %.4f", preset, chosen.balanced_score)
