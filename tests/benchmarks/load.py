"""Many users at once: throughput, time to the first word and to the last, against one after the other.

Each user is a thread that asks the scheduler for one reply, with a statement and weights of its own; all ask at the
same moment, which is the worst case. `serial` writes the same requests one by one with the decoder. Tokens are checked
equal first.

And one user who wants the best of eight: the greedy reply and seven samples in one batch with the base's own reply, all
scored, against the greedy reply beside the base's, scored. Left out: the web server, and scoring for many users.

    python -m tests.benchmarks.load [--json] [--users 1,2,4,8,16,32] [--rounds 2]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, Scheduler, StackedLora
from emorl.reflecting.best_of import TEMPERATURE
from emorl.reflecting.writer import Writer
from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import middle, pin, say, versions
from tests.benchmarks._models import STATEMENTS, Models, shipped_models

MAX_TOKENS = 48
CANDIDATES = 8

Score = Callable[[Sequence[Sequence[int]]], object]
"""Scores the replies, as token ids, to one prompt."""


def requests(models: Models, users: int, max_tokens: int = MAX_TOKENS) -> list[Request]:
    """One request a user, different prompts and weights."""
    rng = random.Random(users)
    return [
        Request(models.prompts[n % len(models.prompts)], [rng.random() for _ in models.adapters], max_tokens=max_tokens)
        for n in range(users)
    ]


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
    return {
        "seconds": time.perf_counter() - began,
        "first": [a[0] for a in answers],
        "total": [a[1] for a in answers],
        "tokens": [a[2] for a in answers],
    }


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


def candidates(
    scheduler: Scheduler, prompt: Sequence[int], count: int, seed: int, max_tokens: int, score: Score
) -> dict[str, Any]:
    """A greedy reply, `count` - 1 samples and the base's own: seconds to the first word, in all, of scoring; tokens."""
    experts = len(scheduler.decoder.lora.adapters)
    greedy = Request(prompt, [1.0] * experts, max_tokens=max_tokens)
    samples = [replace(greedy, temperature=TEMPERATURE, seed=seed + n) for n in range(count - 1)]
    began = time.perf_counter()
    steps = scheduler.stream([greedy, *samples, replace(greedy, weights=[0.0] * experts)])
    results = next(steps)
    first = time.perf_counter() - began
    for _ in steps:  # the same objects, growing
        pass
    written = time.perf_counter()
    score([result.tokens for result in results])
    ended = time.perf_counter()
    return {
        "first": [first],
        "total": [ended - began],
        "score": ended - written,
        "seconds": ended - began,
        "tokens": [result.tokens for result in results[:count]],
    }


def best_of(
    scheduler: Scheduler, models: Models, rounds: int, max_tokens: int, scores: Sequence[Score]
) -> tuple[list[dict[str, Any]], list[float], bool]:
    """Rows of one reply and of the best of eight, the ratios of their seconds, whether greedy replies are equal."""
    rows, ratios, equal = [], [], True
    for number in range(rounds):
        for prompt, score in zip(models.prompts, scores, strict=True):
            say(f"best of {CANDIDATES}, round {number + 1}")
            one, best = (candidates(scheduler, prompt, n, 100 * number, max_tokens, score) for n in (1, CANDIDATES))
            equal &= one["tokens"][0] == best["tokens"][0]
            ratios.append(best["seconds"] / one["seconds"])
            for name, reading in (("one reply", one), (f"best of {CANDIDATES}", best)):
                rows.append(row(name, 1, number, reading) | {"score_s": reading["score"]})
    return rows, ratios, equal


def row(name: str, users: int, number: int, reading: dict[str, Any]) -> dict[str, Any]:
    """One reading as a row."""
    found = {
        "name": name,
        "users": users,
        "round": number,
        "tokens_per_s": sum(map(len, reading["tokens"])) / reading["seconds"],
    }
    for key in ("first", "total"):
        found |= {f"{key}_p{p}_s": float(np.percentile(reading[key], p)) for p in (50, 95)}
    return found


def shipped_scores() -> list[Score]:
    """For each statement of the shipped models what scores its replies, by every shipped scorer."""
    writer = Writer.load(dtype="float32")

    def scored(statement: str) -> Score:
        return lambda replies: writer.score_replies(statement, [writer.text(tokens) for tokens in replies])

    return [scored(statement) for statement in STATEMENTS]


def run(
    models: Models, users: Sequence[int], rounds: int, threads: int | None, max_tokens: int, scores: Sequence[Score]
) -> dict[str, Any]:
    """The whole benchmark, float32; `scores` has for each prompt what scores its replies."""
    threads = pin(threads)
    decoder = EnsembleDecoder(LlamaBackbone(models.base, torch.float32), StackedLora(models.adapters), [2])
    scheduler = Scheduler(decoder, max_sequences=max(users), max_waiting=max(users))
    rows: list[dict[str, Any]] = []
    ratios, equal = {}, True
    for count in users:
        asked = requests(models, count, max_tokens)
        speedups = []
        for number in range(rounds):
            say(f"{count} users, round {number + 1}")
            ours, alone = together(scheduler, asked), serial(decoder, asked)
            equal &= ours["tokens"] == alone["tokens"]
            speedups.append(alone["seconds"] / ours["seconds"])
            rows += [row("together", count, number, ours), row("serial", count, number, alone)]
        ratios[f"throughput_{count}_users"] = middle(speedups)[0]
    more, times, same = best_of(scheduler, models, rounds, max_tokens, scores)
    rows, equal = rows + more, equal and same
    ratios[f"best_of_{CANDIDATES}_over_one"] = middle(times)[0]
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
    result = run(shipped_models(), given.users, given.rounds, given.threads, given.tokens, shipped_scores())
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
