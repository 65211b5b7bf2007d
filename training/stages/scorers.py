"""The stage `scorers`: trains the scorers and their held-out judges, and reports how good they are."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, replace
from pathlib import Path

import torch

from emorl.errors import ConfigError
from emorl.scoring.score_cache import ScoreCache
from emorl.scoring.scorer import Score
from training.config import Config
from training.data import Corpora
from training.sources import sources_of
from training.stages.provenance import adapter_identity, begin, other_base, warm_start_before_rounds
from training.stages.scores import packaged_warm_start, scorer_folders
from training.stages.statements import corpora_of

log = logging.getLogger(__name__)


def run_scorers(config: Config, anew: bool = False) -> None:
    """Train the shared scorer and its held-out judge, and fluency's judge; report on validation and test statements.

    Raises:
        ConfigError: There is no warm start for the shared scorer to stand on, or they were trained with other settings
            and not `anew`.
    """
    corpora = corpora_of(config)
    for role in ("ship", "judge"):
        _train_shared(config, corpora, role, anew)
    _train_fluency_judge(config, corpora, anew)


def _train_shared(config: Config, corpora: Corpora, role: str, anew: bool) -> None:
    """The scorer of all objectives but fluency; the judge stands on the plain base and on other labels."""
    from training.head import HEADS, add_heads
    from training.language_model import OBJECTIVES, train_shared_scorer

    out, warm = config.out / "scorers" / f"shared-{role}", packaged_warm_start(config)
    report = out / "report-faithfulness.json"
    if warm is None and not report.is_file():
        raise ConfigError.of(
            f"no warm start in {config.models}",
            "one for the scorers to stand on",
            "run the stage warmstart first",
        )
    settings = config.scorers.shared if role == "ship" else replace(config.scorers.shared, start=None)
    seed = config.scorers.seed + (100 if role == "judge" else 0)
    stands_on = {"stands_on": "base"} | other_base()
    if role == "ship":
        stands_on = {"stands_on": adapter_identity(warm_start_before_rounds(config))}
    begin(out, {**asdict(settings), "seed": seed, "limit": config.scorers.limit, **stands_on}, anew)
    if report.is_file():
        log.info("%s is done", out)
        return
    if not (out / "scorer.json").is_file():
        stand = warm if role == "ship" else None
        train_shared_scorer(settings, sources_of(corpora, role), role, seed, out, stand, config.scorers.limit)
    add_heads(out, packaged_warm_start(config), sources_of(corpora, role), seed, config.scorers.limit)
    folders, names = scorer_folders(packaged_warm_start(config)), (*OBJECTIVES, *HEADS)
    cache = ScoreCache({objective: folders.load(out, objective).score for objective in names})
    for objective in names:
        _report(config, corpora, objective, _column(cache, objective), out / f"report-{objective}.json")


def _train_fluency_judge(config: Config, corpora: Corpora, anew: bool) -> None:
    """Fluency ships as a perplexity; its judge is a cross-encoder that knows broken copies."""
    from training.scorers import ScorerRun, train_scorer

    out, c = config.out / "scorers" / "fluency-judge", config.scorers
    run = ScorerRun("fluency", "judge", c.seed + 101, c.judge_epochs, c.learning_rate, c.limit)
    begin(out, asdict(run), anew)
    if (out / "report.json").is_file():
        log.info("%s is done", out)
        return
    train_scorer(run, corpora, out)
    score = scorer_folders(packaged_warm_start(config)).load(out, "fluency").score
    _report(config, corpora, "fluency", score, out / "report.json")


def _column(cache: ScoreCache, objective: str) -> Score:
    """One objective's score out of a cache that scores every pair once for all of them."""
    return lambda statements, replies: torch.tensor(cache.columns(statements, replies)[objective])


def _report(config: Config, corpora: Corpora, objective: str, score: Score, path: Path) -> None:
    """How good a scorer is, on the validation and test statements that shipping scorers are read on."""
    from training.scorer_report import scorer_report

    found = {
        split: scorer_report(objective, score, sources_of(corpora, "ship", split), config.scorers.limit)
        for split in ("validation", "test")
    }
    path.write_text(json.dumps(found, indent=1) + "\n")
