"""The stage `search`: finds the preset `balanced` and writes it to the manifest."""

from __future__ import annotations

import json
import logging

from emorl.scoring.score_cache import ScoreCache
from training.config import Config
from training.files import Search
from training.search import search_atlases, search_grid
from training.stages.models import amend_manifest, open_models
from training.stages.scores import reward_of
from training.stages.statements import corpora_of, partition

log = logging.getLogger(__name__)


def run_search(config: Config) -> None:
    """Search with grid and atlases, write `search.json` and the preset `balanced`."""
    decoder, tokenizer, manifest = open_models(config)
    names = [o.name for o in manifest.objectives]
    settings = next(iter(config.objectives.values()))
    _, statements, _ = partition(corpora_of(config), settings.validation, config.search.prompts)
    cache = ScoreCache({name: reward for name in names if (reward := reward_of(config, name, "ship"))})
    grid, found = search_grid(decoder, tokenizer, statements, cache, config.search.levels, config.search.max_tokens)
    balanced, exact = search_atlases(
        decoder, tokenizer, statements, cache, config.search.max_tokens, config.search.least_share
    )
    record: Search = {"objectives": names, "statements": len(statements), **found, "exact": exact}
    (config.models / "search.json").write_text(json.dumps(record) + "\n")
    preset = {name: round(share, 3) for name, share in zip(names, balanced.best, strict=True)}
    amend_manifest(config, lambda manifest: manifest["presets"].update(balanced=preset))
    log.info("grid %.4f in %d steps", grid.score, found["decode_steps"])
    log.info("exact %.4f in %d steps", exact["score"], exact["decode_steps"])
    log.info("balanced %s: %.4f", preset, balanced.score)
