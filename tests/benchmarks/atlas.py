"""The atlas of every reachable reply: what it costs beside one reply, a raster of the weights, and the paper's grid.

For each statement, from our own validation split: regions, coverage, decoding steps, and seconds against one single
reply of ours (all experts, equal weights, same engine; timed before and after, the mean counts). A step is one prefix
through base and experts after the prefill. Steps of the 1/32 raster (561 points) and of the hierarchical grid's
directions are what decoding each point by itself takes, the sum of its tokens less one; they are read off the atlas
by look-up, and only points on which it is silent are decoded. The grid follows the shipped scorers' mean. Then random
weights are decoded and compared with the region they fall in; points within 1e-5 of a border are not counted. Left
out: rasters that share prefixes (see `search`).

    python -m tests.benchmarks.atlas [--json] [--statements 20] [--points 25] [--dtype float32] [--threads N]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from emorl.atlas import Atlas, grow_atlas
from emorl.ensemble import EnsembleDecoder, Request
from emorl.search.hierarchical import direction, hierarchical_search
from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import pin, say, versions

OWN = Path("data/reflections.jsonl")
NEAR_BORDER = 1e-5
Score = Callable[[int, Sequence[Sequence[int]]], Sequence[float]]
"""Prompt number and replies to one mean score a reply."""


def raster(objectives: int, divisions: int = 32) -> list[tuple[int, ...]]:
    """All points of the simplex whose shares are multiples of 1 / divisions."""
    points: list[tuple[int, ...]] = [()]
    for _ in range(objectives - 1):
        points = [(*p, i) for p in points for i in range(divisions - sum(p) + 1)]
    return [(*p, divisions - sum(p)) for p in points]


def replies(
    decoder: EnsembleDecoder, prompt: Sequence[int], atlas: Atlas, weights: Sequence[Sequence[float]], max_tokens: int
) -> list[list[int]]:
    """The reply at each weight vector: looked up, or decoded where the atlas is silent."""
    found = [atlas.at(w) for w in weights]
    silent = [Request(prompt, w, max_tokens=max_tokens) for w, r in zip(weights, found, strict=True) if r is None]
    decoded = iter(decoder.decode(silent) if silent else [])
    return [list(region.tokens) if region else next(decoded).tokens for region in found]


def disagreements(
    decoder: EnsembleDecoder, prompt: Sequence[int], atlas: Atlas, points: Sequence[Sequence[float]], max_tokens: int
) -> tuple[int, int]:
    """How many points decode to another reply than their region's, and how many the atlas has nothing on."""
    wrong = silent = 0
    for start in range(0, len(points), 25):
        some = points[start : start + 25]
        written = decoder.decode([Request(prompt, p, max_tokens=max_tokens) for p in some])
        for point, reply in zip(some, written, strict=True):
            region = atlas.at(point)
            silent += region is None
            if region and list(region.tokens) != reply.tokens:
                share = [point[k] / sum(point) for k in atlas.objectives]
                wrong += region.cell.margin(torch.tensor(share).double().numpy()) > NEAR_BORDER
    return wrong, silent


def measure(
    decoder: EnsembleDecoder, number: int, prompt: Sequence[int], score: Score, points: int, max_tokens: int
) -> dict[str, Any]:
    """One statement's row."""
    count = len(decoder.lora.adapters)

    def timed(run: Callable[[], Any]) -> tuple[Any, float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        return result, time.perf_counter() - wall, time.process_time() - cpu

    def single() -> list[int]:
        return decoder.decode([Request(prompt, [1.0] * count, max_tokens=max_tokens)])[0].tokens

    one, before_s, before_cpu_s = timed(single)
    (*_, atlas), atlas_s, atlas_cpu_s = timed(lambda: list(grow_atlas(decoder, prompt, max_tokens=max_tokens)))
    _, after_s, after_cpu_s = timed(single)
    raster_replies = replies(decoder, prompt, atlas, raster(count), max_tokens)
    grid_lengths: dict[tuple[float, ...], int] = {}

    def grid_score(weights: Sequence[tuple[float, ...]]) -> Sequence[float]:
        written = replies(decoder, prompt, atlas, weights, max_tokens)
        grid_lengths.update((direction(w), len(r) - 1) for w, r in zip(weights, written, strict=True))
        return score(number, written)

    grid = hierarchical_search(grid_score, count)
    best = max(score(number, [region.tokens for region in atlas.regions]), default=float("nan"))
    rng = random.Random(number)
    drawn = [[rng.expovariate(1.0) for _ in range(count)] for _ in range(points)]
    wrong, silent = disagreements(decoder, prompt, atlas, drawn, max_tokens)
    raster_steps = sum(len(reply) - 1 for reply in raster_replies)
    return {
        "name": f"statement {number + 1}",
        "prompt_tokens": len(prompt),
        "tokens": len(one),
        "regions": len(atlas.regions),
        "on_raster": len({tuple(reply) for reply in raster_replies}),
        "coverage": atlas.coverage,
        "steps": atlas.decode_steps,
        "raster_steps": raster_steps,
        "grid_directions": grid.evaluations,
        "grid_steps": sum(grid_lengths.values()),
        "single_s": (before_s + after_s) / 2,
        "atlas_s": atlas_s,
        "over_single": 2 * atlas_s / (before_s + after_s),
        "cpu_over_single": 2 * atlas_cpu_s / (before_cpu_s + after_cpu_s),
        "best_score": float(best),
        "grid_score": float(grid.score),
        "points": points,
        "points_wrong": wrong,
        "points_silent": silent,
    }


def run(
    decoder: EnsembleDecoder,
    prompts: Sequence[Sequence[int]],
    score: Score,
    points: int = 25,
    threads: int | None = None,
    max_tokens: int = 64,
) -> dict[str, Any]:
    """All rows and their totals.

    Args:
        decoder: The ensemble.
        prompts: Token ids of the statements' prompts.
        score: What the grid search looks at.
        points: Random weight vectors decoded for each statement.
        threads: Threads of every product; torch's own number by default.
        max_tokens: Most tokens a reply.
    """
    pinned = pin(threads)
    rows: list[dict[str, Any]] = []
    for number, prompt in enumerate(prompts):
        rows.append(measure(decoder, number, prompt, score, points, max_tokens))
        say(f"{number + 1} of {len(prompts)}: {rows[-1]}")

    def total(name: str) -> float:
        return sum(row[name] for row in rows)

    return {
        "rows": rows,
        "ratios": {
            "atlas_over_single": statistics.median(row["over_single"] for row in rows),
            "atlas_over_single_cpu": statistics.median(row["cpu_over_single"] for row in rows),
            "atlas_over_raster_steps": total("steps") / max(1, total("raster_steps")),
            "atlas_over_grid_steps": total("steps") / max(1, total("grid_steps")),
            "regions_median": statistics.median(row["regions"] for row in rows),
            "regions_a_raster_misses": 1 - total("on_raster") / total("regions"),
            "coverage_least": min(row["coverage"] for row in rows),
        },
        "tokens_equal": total("points_wrong") == 0,
        "points": total("points"),
        "points_wrong": total("points_wrong"),
        "points_silent": total("points_silent"),
        "versions": versions(),
        "threads": pinned,
    }


def shipped(statements: int, dtype: str) -> tuple[EnsembleDecoder, list[list[int]], Score]:
    """The shipped ensemble, prompts of our own validation statements, and the shipped scorers' mean."""
    from emorl.own_split import split_by_text
    from emorl.reflecting.writer import Writer
    from emorl.scoring.score_cache import ScoreCache

    writer = Writer.load(dtype=dtype)
    own = [json.loads(line)["statement"] for line in OWN.read_text(encoding="utf-8").splitlines()]
    own = [statement for statement in own if split_by_text(statement) == "validation"]
    own = own[:: max(1, len(own) // statements)][:statements]
    cache = ScoreCache({name: scorer.score for name, scorer in writer.scorers.by_objective.items()})

    def score(number: int, tokens: Sequence[Sequence[int]]) -> list[float]:
        texts = [writer.text(t) for t in tokens]
        return [sum(row) / len(row) for row in cache.rows([own[number]] * len(texts), texts)]

    return writer.decoder, [writer.prompt(s) for s in own], score


def main(arguments: Sequence[str] | None = None) -> int:
    """0."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.atlas", description=about)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--statements", type=int, default=20, help="statements (20)")
    parser.add_argument("--points", type=int, default=25, help="random weights decoded for each statement (25)")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"], help="of the weights")
    parser.add_argument("--threads", type=int, help="threads of every product (torch's own number)")
    given = parser.parse_args(arguments)
    result = run(*shipped(given.statements, given.dtype), given.points, given.threads)
    if given.json:
        print(json.dumps(result))
    else:
        print(table(result["rows"]))
        for name, value in result["ratios"].items():
            print(f"{name}: {value:.4g}")
        print(
            f"tokens equal: {result['tokens_equal']} ({result['points_wrong']} of {result['points']} points differ, "
            f"{result['points_silent']} lie in lost area)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
