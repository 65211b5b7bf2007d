"""Every method of the weight search, with a record of what it found and what that cost.

All of them maximise the same `score(weights)`: the hierarchical grid of the paper, random weights and Bayesian search
ask it for weights one after the other, the exact search reads the optimum off the statements' atlases. Each begins with
nothing known, so that evaluations, decoding steps and seconds are its own. A mean is often largest where one adapter
does nearly everything, which nobody would call balanced: beside the best of all weights stands the best of those that
leave every objective a least share. Left out: which statements are searched on, and where the record goes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emorl.atlas import Atlas
from emorl.scoring.score_cache import ScoreCache
from emorl.scoring.scorer import Score
from emorl.search.bayesian import bayesian_search
from emorl.search.exact import exact_search
from emorl.search.hierarchical import SearchResult, Weights, hierarchical_search
from emorl.search.random_search import random_search
from training.files import Exact, Grid, Searched
from training.search.score import Mixed, WeightScore
from training.search.settings import Aim, SearchConfig

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What a method found.

    Attributes:
        method: Its name.
        best: The best weights, and `score` what they score.
        score: See `best`.
        balanced: The best weights that leave every objective a least share, and `balanced_score` what they score.
        balanced_score: See `balanced`.
        evaluations: Weight vectors that were scored; 0 for the exact search, which scores regions.
        replies: Distinct replies that were scored.
        decode_steps: Decoding steps.
        seconds: Wall clock.
        record: All of it, for `search.json`.
    """

    method: str
    best: Weights
    score: float
    balanced: Weights
    balanced_score: float
    evaluations: int
    replies: int
    decode_steps: int
    seconds: float
    record: Grid | Exact

    def summary(self, again: WeightScore | None) -> Searched:
        """A line of the table of searches.

        Args:
            again: The same score on statements that no search has seen, or None if there are none.
        """
        unseen: Sequence[float | None] = again([self.best, self.balanced]) if again else [None, None]
        best, balanced = unseen
        return {
            "method": self.method,
            "best": self.best,
            "score": self.score,
            "unseen": best,
            "balanced": self.balanced,
            "balanced_score": self.balanced_score,
            "balanced_unseen": balanced,
            "evaluations": self.evaluations,
            "replies": self.replies,
            "decode_steps": self.decode_steps,
            "seconds": self.seconds,
        }


def run_method(
    method: str,
    settings: SearchConfig,
    aim: Aim,
    mixed: Mixed,
    statements: Sequence[str],
    scorers: Mapping[str, Score],
) -> Outcome:
    """Search with one method.

    Args:
        method: One of `METHODS`.
        settings: Levels, evaluations, seed and least share.
        aim: What is maximised, with its ideal if it needs one.
        mixed: What writes under weights.
        statements: Held-back statements.
        scorers: Each objective's reward, in the order of the weights.

    Raises:
        ValueError: The exact search was asked for where there are no atlases.
    """
    log.info("-- %s", method)
    if method == "exact":
        return _exact(settings, aim, mixed, statements, scorers)
    began, count = time.time(), len(scorers)
    score = WeightScore(mixed.write, statements, scorers, aim)
    if method == "random":
        result = random_search(score, count, settings.evaluations, np.random.default_rng(settings.seed))
    elif method == "bayesian":
        result = bayesian_search(score, count, settings.evaluations, settings.seed)
    else:
        result = hierarchical_search(score, count, settings.levels)
    return _outcome(method, result, score, settings.least_share, time.time() - began)


def _outcome(method: str, result: SearchResult, score: WeightScore, least_share: float, seconds: float) -> Outcome:
    balanced, balanced_score = result.best_within(least_share)
    replies, steps = score.cache.calls, score.spent["steps"]
    record: Grid = {
        "best": result.best,
        "score": result.score,
        "evaluations": result.evaluations,
        "distinct_replies": replies,
        "decode_steps": steps,
        "decode_steps_one_by_one": score.spent["alone"],
        "seconds": seconds,
        "points": [{"level": level, "weights": w, "score": value} for level, w, value in result.points],
        "means": [{"weights": w, "by_objective": m} for w, m in score.means.items()],
    }
    return Outcome(
        method,
        result.best,
        result.score,
        balanced,
        balanced_score,
        result.evaluations,
        replies,
        steps,
        seconds,
        record,
    )


def _exact(
    settings: SearchConfig, aim: Aim, mixed: Mixed, statements: Sequence[str], scorers: Mapping[str, Score]
) -> Outcome:
    if mixed.atlas is None:
        raise ValueError("Got the exact search without atlases: expected an ensemble; search soups in another way.")
    began, cache = time.time(), ScoreCache(scorers)
    atlases: list[Atlas] = []
    scores: list[list[tuple[float, ...]]] = []
    for statement in statements:
        atlas, texts = mixed.atlas(statement)
        rows = cache.rows([statement] * len(texts), texts)
        atlases.append(atlas)
        scores.append([(aim.scalarization(row),) for row in rows] if aim.is_linear else rows)
        log.info("  atlas %d/%d: %d replies, %d steps", len(atlases), len(statements), len(texts), atlas.decode_steps)
    of_means = Aim().scalarization if aim.is_linear else aim.scalarization
    found, balanced = (exact_search(atlases, scores, least, of_means) for least in (0.0, settings.least_share))
    seconds = time.time() - began
    record: Exact = {
        "best": found.best,
        "score": found.score,
        "coverage": found.coverage,
        "decode_steps": found.decode_steps,
        "cells": found.nodes,
        "regions": [len(a.regions) for a in atlases],
        "seconds": seconds,
        "least_share": settings.least_share,
        "balanced": balanced.best,
        "balanced_score": balanced.score,
    }
    return Outcome(
        "exact",
        found.best,
        found.score,
        balanced.best,
        balanced.score,
        0,
        cache.calls,
        found.decode_steps,
        seconds,
        record,
    )
