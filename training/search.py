"""Weight search for the preset `balanced`: the paper's hierarchical grid, and beside it the exact optimum.

Both maximise the mean over all objectives' rewards (score times faithfulness, as in training) on held-back validation
statements. The grid decodes equal beginnings of replies
once for all weight vectors; the exact search reads the optimum off the statements' atlases. Every reply is
scored once. A mean is often largest where one adapter does nearly everything, which nobody would call balanced: the
preset is the exact optimum among the weights that leave every objective a least share. Left out: random and Bayesian
search.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from emorl.atlas import Atlas, grow_atlas
from emorl.ensemble import EnsembleDecoder
from emorl.models.template import prompt_text
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.scoring.score_cache import ScoreCache
from emorl.search.exact import ExactResult, exact_search
from emorl.search.hierarchical import SearchResult, Weights, hierarchical_search
from training.evaluate import greedy_replies
from training.files import Exact, Grid

log = logging.getLogger(__name__)


def search_grid(
    decoder: EnsembleDecoder,
    tokenizer: SharedTokenizer,
    statements: list[str],
    cache: ScoreCache,
    levels: int,
    max_tokens: int,
) -> tuple[SearchResult, Grid]:
    """The hierarchical grid over the weights of an ensemble; see `recorded_grid`."""
    return recorded_grid(
        lambda points: greedy_replies(decoder, tokenizer, prompt_text, statements, points, max_tokens),
        statements,
        cache,
        levels,
    )


def recorded_grid(
    write: Callable[[Sequence[Weights]], tuple[list[list[str]], dict[str, int]]],
    statements: list[str],
    cache: ScoreCache,
    levels: int,
) -> tuple[SearchResult, Grid]:
    """The hierarchical grid, and its record: points, each direction's mean by objective, steps, seconds.

    Args:
        write: From raw weights to the replies to all statements, a list for each, and the decoding steps that they
            took ("steps", and "alone" for each by itself), as `greedy_replies` gives them.
        statements: Held-back statements.
        cache: One reward for each adapter, in their order.
        levels: Levels of the grid.
    """
    names = list(cache.scorers)
    means: dict[Weights, list[float]] = {}
    spent = {"steps": 0, "alone": 0}

    def mean_scores(points: Sequence[Weights]) -> list[float]:
        written, cost = write(points)
        for key, value in cost.items():
            spent[key] += value
        cache.rows(statements * len(points), [text for texts in written for text in texts])  # new pairs in one batch
        for weights, texts in zip(points, written, strict=True):
            columns = cache.columns(statements, texts)
            means[tuple(weights)] = [sum(columns[name]) / len(texts) for name in names]
        log.info("  %d directions, %d distinct replies", len(means), cache.calls)
        return [sum(means[tuple(weights)]) / len(names) for weights in points]

    began = time.time()
    result = hierarchical_search(mean_scores, len(names), levels)
    return result, {
        "best": result.best,
        "score": result.score,
        "evaluations": result.evaluations,
        "distinct_replies": cache.calls,
        "decode_steps": spent["steps"],
        "decode_steps_one_by_one": spent["alone"],
        "seconds": time.time() - began,
        "points": [{"level": level, "weights": w, "score": value} for level, w, value in result.points],
        "means": [{"weights": w, "by_objective": m} for w, m in means.items()],
    }


def search_atlases(
    decoder: EnsembleDecoder,
    tokenizer: SharedTokenizer,
    statements: list[str],
    cache: ScoreCache,
    max_tokens: int,
    least_share: float,
) -> tuple[ExactResult, Exact]:
    """The exact optimum where every objective has a least share, and the record, with that over all weights."""
    began = time.time()
    atlases: list[Atlas] = []
    scores: list[list[float]] = []
    for statement in statements:
        *_, atlas = grow_atlas(decoder, tokenizer.ids(prompt_text(statement)), max_tokens=max_tokens)
        texts = [tokenizer.text(region.tokens) for region in atlas.regions]
        rows = cache.rows([statement] * len(texts), texts)
        atlases.append(atlas)
        scores.append([sum(row) / len(row) for row in rows])
        log.info("  atlas %d/%d: %d replies, %d steps", len(atlases), len(statements), len(texts), atlas.decode_steps)
    found, balanced = exact_search(atlases, scores), exact_search(atlases, scores, least_share)
    return balanced, {
        "best": found.best,
        "score": found.score,
        "coverage": found.coverage,
        "decode_steps": found.decode_steps,
        "cells": found.nodes,
        "regions": [len(a.regions) for a in atlases],
        "seconds": time.time() - began,
        "least_share": least_share,
        "balanced": balanced.best,
        "balanced_score": balanced.score,
    }
