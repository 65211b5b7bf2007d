"""Many users at once: throughput, time to the first word and to the last, against one after the other.

Each user is a thread that asks the scheduler for one reply, with a statement and weights of its own; all ask at the
same moment, which is the worst case. `serial` writes the same requests one by one with the decoder. Tokens are checked
equal first. Left out: the web server and scoring.

    python -m tests.benchmarks.load [--json] [--users 1,2,4,8,16,32] [--rounds 2]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, Scheduler, StackedLora
from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import middle, pin, say, versions
from tests.benchmarks._models import Models, shipped_models

MAX_TOKENS = 48


def requests(models: Models, users: int, max_tokens: int = MAX_TOKENS) -> list[Request]:
    """One request a user, different prompts and weights."""
    chance = random.Random(users)
    return [
        Request(models.prompts[n % len(models.prompts)], [chance.random() for _ in models.adapters],
                max_tokens=max_tokens)
        for n in range(users)
    ]  # fmt: skip


def together(scheduler: Scheduler, asked: Sequence[Request]) -> dict[str, Any]:
    """All users at once: seconds in all, to each one's first word and to its last, and the tokens."""
    began = time.perf_counter()

    def ask(request: Request) -> tuple[float, float, list[int]]:
        first, tokens = 0.0, []
        for results in scheduler.stream([request]):
            first = first or time.perf_counter() - began
            tokens = results[0].tokens
        return first, time.perf_counter() - began, list(tokens)

    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(ask, asked))
    return {"seconds": time.perf_counter() - began, "first": [a[0] for a in answers], "total": [a[1] for a in answers],
            "tokens": [a[2] for a in answers]}  # fmt: skip


def serial(decoder: EnsembleDecoder, asked: Sequence[Request]) -> dict[str, Any]:
    """One after the other, everybody waiting from the start."""
    began = time.perf_counter()
    first, total, tokens = [], [], []
    for request in asked:
        steps = decoder.stream([request])
        results = next(steps)
        first.append(time.perf_counter() - began)
        for _ in steps:  # the same objects, growing
            pass
        total.append(time.perf_counter() - began)
        tokens.append(list(results[0].tokens))
    return {"seconds": time.perf_counter() - began, "first": first, "total": total, "tokens": tokens}


def run(models: Models, users: Sequence[int], rounds: int, threads: int | None, max_tokens: int) -> dict[str, Any]:
    """The whole benchmark, float32."""
    threads = pin(threads)
    decoder = EnsembleDecoder(LlamaBackbone(models.base, torch.float32), StackedLora(models.adapters), [2])
    scheduler = Scheduler(decoder, most_sequences=max(users), most_waiting=max(users))
    rows, ratios, equal = [], {}, True
    for count in users:
        asked = requests(models, count, max_tokens)
        speedups = []
        for number in range(rounds):
            say(f"{count} users, round {number + 1}")
            ours, alone = together(scheduler, asked), serial(decoder, asked)
            equal &= ours["tokens"] == alone["tokens"]
            speedups.append(alone["seconds"] / ours["seconds"])
            for name, reading in (("together", ours), ("serial", alone)):
                written = sum(map(len, reading["tokens"]))
                row = {"name": name, "users": count, "round": number, "tokens_per_s": written / reading["seconds"]}
                for key in ("first", "total"):
                    row |= {f"{key}_p{p}_s": float(np.percentile(reading[key], p)) for p in (50, 95)}
                rows.append(row)
        ratios[f"throughput_{count}_users"] = middle(speedups)[0]
    return {"rows": rows, "ratios": ratios, "tokens_equal": equal, "versions": versions(), "threads": threads}


def main(arguments: Sequence[str] | None = None) -> int:
    """0."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--users", type=lambda text: tuple(map(int, text.split(","))), default=(1, 2, 4, 8, 16, 32))
    parser.add_argument("--rounds", type=int, default=2, help="interleaved rounds (2)")
    parser.add_argument("--threads", type=int, help="threads of every product (torch's own number)")
    parser.add_argument("--tokens", type=int, default=MAX_TOKENS, help="longest reply (48)")
    given = parser.parse_args(arguments)
    result = run(shipped_models(), given.users, given.rounds, given.threads, given.tokens)
    if given.json:
        print(json.dumps(result))
    else:
        print(table(result["rows"]))
        for name, value in result["ratios"].items():
            print(f"{name}: {value:.2f}x")
        print(f"tokens equal: {result['tokens_equal']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
