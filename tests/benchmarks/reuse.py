"""A moved slider: decoding again from the first word that flips, against decoding from the start.

For each statement a reply is written with random weights; then one slider moves by up to 30 points, again and again,
each time from where it stands. Counted are the words that really had to run through the experts, and the seconds;
texts are checked identical. Left out: the atlas, which needs no decoding at all.

    python -m tests.benchmarks.reuse [--json] [--moves 10]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from typing import Any

import torch

from emorl.ensemble import ContinuousBatch, EnsembleDecoder, LlamaBackbone, Request, StackedLora
from emorl.ensemble.reuse import remix
from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import middle, pin, say, versions
from tests.benchmarks._models import Models, shipped_models


def run(models: Models, moves: int, threads: int | None, max_tokens: int = 48) -> dict[str, Any]:
    """The whole benchmark, float32."""
    threads = pin(threads)
    decoder = EnsembleDecoder(LlamaBackbone(models.base, torch.float32), StackedLora(models.adapters), [2])
    rows: list[dict[str, Any]] = []
    equal = True
    for number, prompt in enumerate(models.prompts):
        say(f"statement {number + 1} of {len(models.prompts)}")
        rng = random.Random(number)
        weights = [rng.random() for _ in models.adapters]
        old = Request(prompt, weights, max_tokens=max_tokens)
        *_, (written,) = decoder.stream([old], keep_states=True, keep_cache=True)
        for _ in range(moves):
            weights = list(weights)
            slider = rng.randrange(len(weights))
            weights[slider] = min(1.0, max(0.0, weights[slider] + rng.uniform(-0.3, 0.3)))
            new = Request(prompt, weights, max_tokens=max_tokens)
            began = time.perf_counter()
            again = remix(decoder, old, written, new)
            reused = len(again.tokens)
            batch = ContinuousBatch(decoder)
            batch.resume(new, again)
            while batch.step():
                pass
            middle_of = time.perf_counter()
            *_, (fresh,) = decoder.stream([new], keep_states=True, keep_cache=True)
            ended = time.perf_counter()
            equal &= again.tokens == fresh.tokens
            length = len(fresh.tokens)
            rows.append(
                {
                    "statement": number,
                    "tokens": length,
                    "decoded": length - reused,
                    "share_decoded": (length - reused) / length,
                    "rewrite_s": middle_of - began,
                    "fresh_s": ended - middle_of,
                }
            )
            old, written = new, again
    return {
        "rows": rows,
        "ratios": {
            "median_share_of_words_decoded": middle([r["share_decoded"] for r in rows])[0],
            "median_seconds_over_fresh": middle([r["rewrite_s"] / r["fresh_s"] for r in rows])[0],
            "share_of_moves_that_change_nothing": sum(r["decoded"] == 0 for r in rows) / len(rows),
        },
        "tokens_equal": equal,
        "versions": versions(),
        "threads": threads,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """0."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reuse", description=about)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--moves", type=int, default=10, help="slider moves a statement (10)")
    parser.add_argument("--threads", type=int, help="threads of every product (torch's own number)")
    given = parser.parse_args(arguments)
    result = run(shipped_models(), given.moves, given.threads)
    if given.json:
        print(json.dumps(result))
    else:
        print(table(result["rows"]))
        for name, value in result["ratios"].items():
            print(f"{name}: {value:.3f}")
        print(f"tokens equal: {result['tokens_equal']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
