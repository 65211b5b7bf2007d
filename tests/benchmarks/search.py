"""The weight search: many weight vectors at once against one weight vector at a time, same prompts, same scores.

`plain` decodes all prompts as one batch for each weight vector of the hierarchical grid and scores what comes out.
`shared` decodes every distinct prefix once for all new vectors of a level and scores every distinct reply once. Both
run the same search on the same scorers; scores are checked equal. Left out: the exact search over atlases.

    python -m tests.benchmarks.search [--json] [--prompts 6] [--levels 3]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from emorl.models.template import prompt_text
from emorl.reflecting.writer import Writer
from emorl.scoring.score_cache import ScoreCache
from emorl.search.hierarchical import SearchResult, Weights, hierarchical_search
from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import pin, say, versions
from tests.benchmarks._models import STATEMENTS
from training.data import load_corpora
from training.evaluate import greedy_replies, reply_writer

MAX_TOKENS = 40


def plain(writer: Writer, statements: Sequence[str], levels: int) -> tuple[SearchResult, float]:
    """One weight vector at a time; the search and its seconds."""
    write = reply_writer(writer.decoder, writer.tokenizer, prompt_text, MAX_TOKENS)

    def score(points: Sequence[Weights]) -> list[float]:
        values = []
        for weights in points:
            replies = write(statements, weights, 0.0)
            columns = [scorer.score(statements, replies) for scorer in writer.scorers.by_objective.values()]
            values.append(float(torch.stack(columns).double().mean()))
        return values

    return _timed(score, len(writer.objectives), levels)


def shared(writer: Writer, statements: Sequence[str], levels: int) -> tuple[SearchResult, float, dict[str, int]]:
    """All new weight vectors of a level at once; the search, its seconds and its decoding steps."""
    cache = ScoreCache({name: scorer.score for name, scorer in writer.scorers.by_objective.items()})
    spent = {"steps": 0, "alone": 0}

    def score(points: Sequence[Weights]) -> list[float]:
        written, cost = greedy_replies(writer.decoder, writer.tokenizer, prompt_text, statements, points, MAX_TOKENS)
        for key, value in cost.items():
            spent[key] += value
        cache.rows(list(statements) * len(points), [text for texts in written for text in texts])
        rows = [cache.rows(statements, texts) for texts in written]
        return [sum(map(sum, found)) / (len(found) * len(found[0])) for found in rows]

    result, seconds = _timed(score, len(writer.objectives), levels)
    return result, seconds, spent


def _timed(
    score: Callable[[Sequence[Weights]], Sequence[float]], objectives: int, levels: int
) -> tuple[SearchResult, float]:
    began = time.perf_counter()
    result = hierarchical_search(score, objectives, levels)
    return result, time.perf_counter() - began


def run(writer: Writer, prompts: int, levels: int, threads: int | None) -> dict[str, Any]:
    """The whole benchmark."""
    threads = pin(threads)
    own = [o.statement for o in load_corpora(None).own if o.split == "validation"]
    statements = [*STATEMENTS, *own][:prompts]
    say("shared prefixes")
    ours, seconds, spent = shared(writer, statements, levels)
    say("one weight vector at a time")
    theirs, plain_seconds = plain(writer, statements, levels)
    apart = max(abs(a[2] - b[2]) for a, b in zip(ours.points, theirs.points, strict=True))
    rows = [
        {"name": "shared", "seconds": seconds, "steps": spent["steps"], "directions": ours.evaluations},
        {"name": "plain", "seconds": plain_seconds, "steps": spent["alone"], "directions": theirs.evaluations},
    ]
    return {
        "rows": rows,
        "ratios": {
            "plain_over_shared": plain_seconds / seconds,
            "steps_plain_over_shared": spent["alone"] / spent["steps"],
        },
        "tokens_equal": apart < 1e-6,
        "largest_score_difference": apart,
        "prompts": len(statements),
        "levels": levels,
        "versions": versions(),
        "threads": threads,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """0."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.search", description=about)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--prompts", type=int, default=6, help="statements (6)")
    parser.add_argument("--levels", type=int, default=3, help="levels of the grid (3)")
    parser.add_argument("--threads", type=int, help="threads of every product (torch's own number)")
    given = parser.parse_args(arguments)
    result = run(Writer.load(dtype="float32"), given.prompts, given.levels, given.threads)
    if given.json:
        print(json.dumps(result))
    else:
        print(table(result["rows"]))
        for name, value in result["ratios"].items():
            print(f"{name}: {value:.2f}x")
        print(f"scores equal: {result['tokens_equal']} (largest difference {result['largest_score_difference']:.1e})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
