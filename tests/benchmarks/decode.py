"""Decoding side by side: our ensembles, our single adapter, and the peers of `_rivals`, on the same weights.

Every method writes replies of the same fixed length to the same prompts, greedily. In float32 their tokens are checked
to be equal first (all but the soup and llama.cpp, which are other methods or other weights); then rounds interleave.
`ms_per_token` is a step, the prompt's pass not in it: (time of a whole reply - time of its first token) / (tokens - 1),
in each round; with several sequences a step gives each of them a token. A ratio is the median over rounds.
`ensemble3` has a row for each expert, as the peers do; `ensemble3_base_row` has the base's row too, as the app does.
Left out: sampling, replies that end by themselves, users who come and go.

    python -m tests.benchmarks.decode [--json] [--tokens 48] [--rounds 5] [--dtype bfloat16,float32]
                                      [--sequences 1,8,32] [--threads N] [--quick]

About eight minutes on two quiet cores, and 6 GB; --quick only shows that everything runs.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import torch

from emorl.ensemble import LlamaBackbone
from emorl.errors import EmorlError
from tests.benchmarks.__main__ import table
from tests.benchmarks._decode_cases import QUICK, Case, Settings, agreement, cases, check, key, mixes
from tests.benchmarks._measure import (
    MemoryReader,
    Task,
    interleave,
    linear_fit,
    middle,
    paired,
    pin,
    say,
    versions,
)
from tests.benchmarks._models import Models, more_adapters, random_models, shipped_models
from tests.benchmarks._rivals import LlamaCpp, Ours, gguf_file

FLOOR = "memory_floor"


@dataclass
class Timed:
    """Milliseconds by round: of a step, of the first token (the prompt's pass in it) and of a whole reply.

    `disturbed` counts rounds in which the first token alone took as long as a whole reply.
    """

    step: dict[int, float]
    first: dict[int, float]
    reply: dict[int, float]
    disturbed: int = 0


def step_ms(first_s: float, whole_s: float, tokens: int) -> float:
    """Milliseconds of a step; in a disturbed round those of a token of the reply with its prompt, which are more."""
    return 1000 * ((whole_s - first_s) / (tokens - 1) if whole_s > first_s else whole_s / tokens)


def time_cases(made: Sequence[Case], floor: MemoryReader, rounds: int) -> tuple[dict[str, Timed], list[dict[str, Any]]]:
    """Time all cases and the memory floor in interleaved rounds; times by key, and the rows without their dtype."""
    for case in made:
        if case.rounds and rounds > 1:
            case.write(2)  # what is made at the first call must not be timed
    tasks = {FLOOR: Task(floor.seconds, rounds)}
    for case in made:
        tasks[f"{case.key} first"] = Task(partial(case.write, 1), case.rounds)
        tasks[case.key] = Task(partial(case.write, case.tokens), case.rounds)
    readings = interleave(tasks, rounds, say)
    reads = {n: 1000 * reading.result for n, reading in readings[FLOOR].items()}
    times = {FLOOR: Timed(reads, {}, {})}
    median, spread = middle(list(reads.values()))
    rows = [
        {
            "name": FLOOR,
            "experts": 3,
            "sequences": 1,
            "tokens": 1,
            "rounds": len(reads),
            "ms_per_token_median": median,
            "spread": spread,
            "weights_mb": floor.size / 1e6,
            "bandwidth_gb_s": floor.size / median / 1e6,
        }
    ]
    for case in made:
        if not case.rounds:
            continue
        whole, first = readings[case.key], readings[f"{case.key} first"]
        timed = Timed(
            {n: step_ms(first[n].seconds, whole[n].seconds, case.tokens) for n in whole},
            {n: 1000 * first[n].seconds for n in whole},
            {n: 1000 * whole[n].seconds for n in whole},
            sum(first[n].seconds >= whole[n].seconds for n in whole),
        )
        times[case.key] = timed
        median, spread = middle(list(timed.step.values()))
        grown = [reading.grown_mb for reading in whole.values() if reading.grown_mb is not None]
        row = {
            "name": case.name,
            "experts": case.experts,
            "sequences": case.sequences,
            "tokens": case.tokens,
            "rounds": len(whole),
            "ms_per_token_median": median,
            "spread": spread,
            "first_token_ms": middle(list(timed.first.values()))[0],
            "reply_ms": middle(list(timed.reply.values()))[0],
            "weights_mb": case.weights_mb,
            "memory_mb": case.weights_mb + max(grown) if grown else None,
        }
        if case.equal_to in readings and readings[case.equal_to]:
            other = next(iter(readings[case.equal_to].values())).result
            row["same_tokens"] = agreement(next(iter(whole.values())).result, other)
        rows.append(row)
    return times, rows


def ratios(times: Mapping[str, Timed], tokens: int, ensemble: str, what: str) -> dict[str, tuple[float, list[float]]]:
    """Median and [least, largest] of the named ratios; `what` is "step" or "reply"."""
    pairs = {
        "ensemble3_over_single": (ensemble, "single"),
        "ensemble3_over_generate": (ensemble, "generate"),
        "uncached_over_ensemble3": ("uncached", ensemble),
        "set_adapter_over_ensemble3": ("set_adapter", ensemble),
        "peft_mixed_over_ensemble3": ("peft_mixed", ensemble),
        "ensemble3_over_memory_floor": (ensemble, FLOOR),
        "ensemble3_over_soup": (ensemble, "soup"),
        "ensemble3_over_llama_cpp": (ensemble, "llama_cpp"),
    }
    found = {}
    for name, pair in pairs.items():
        above, below = (times.get(p if p == FLOOR else key(p, 1, tokens)) for p in pair)
        if above and below and (ratio := paired(getattr(above, what), getattr(below, what))):
            found[name] = ratio
    return found


def step_bytes(models: Models, dtype: torch.dtype, experts: int = 3) -> int:
    """Bytes of weights a step must read: each weight of the base once, and K adapters; the cache is left out."""
    numbers = sum(p.numel() for p in models.base.parameters())  # a tied head counts once
    if models.base.lm_head.weight is not models.base.model.embed_tokens.weight:
        numbers -= models.base.model.embed_tokens.weight.numel()  # a step reads a few of its rows
    adapters = more_adapters(models.adapters, experts)
    numbers += sum(a.numel() + b.numel() for adapter in adapters for a, b in adapter.factors.values())
    return numbers * dtype.itemsize


def growth(rows: Sequence[Mapping[str, Any]], s: Settings) -> dict[str, dict[str, Any]]:
    """Milliseconds of a step against K, sequences, length and megabytes of weights, each with its linear fit."""

    def points(over: str, keep: Callable[[Mapping[str, Any]], bool]) -> list[tuple[float, float]]:
        return sorted((row[over], row["ms_per_token_median"]) for row in rows if keep(row))

    def alone(name: str, row: Mapping[str, Any]) -> bool:
        return row["name"] == name and row["sequences"] == 1

    plain = [f"ensemble{k}" for k in s.experts] + ["ensemble3", "single"]
    curves = {
        "experts": points("experts", lambda r: r["name"] in plain and r["sequences"] == 1 and r["tokens"] == s.tokens),
        "sequences": points(
            "sequences", lambda r: r["name"] == "ensemble3" and (r["tokens"] == s.length(r["sequences"]))
        ),
        "megabytes": points("weights_mb", lambda r: r["name"].startswith("random base")),
    }
    for name in ("ensemble3", "generate", "uncached"):
        curves[f"tokens {name}"] = points("tokens", partial(alone, name))
    return {over: {"points": found, **linear_fit(found)} for over, found in curves.items() if len(found) > 1}


def measure_sizes(models: Models, dtype: torch.dtype, s: Settings) -> list[dict[str, Any]]:
    """Rows of bases of other sizes under an ensemble of three; `weights_mb` is what a step reads."""
    made = []
    for shape in s.shapes:
        other = random_models(shape, models.prompts)
        writer = Ours(LlamaBackbone(other.base, dtype), other.adapters)
        made.append(
            Case(
                f"random base {shape.name}",
                3,
                1,
                min(16, s.tokens),
                min(2, s.rounds),
                partial(writer.write, other.prompts[:1], mixes(3, 1)),
                step_bytes(other, dtype) / 1e6,
            )
        )
    if not made:
        return []
    return time_cases(made, MemoryReader(step_bytes(models, dtype), dtype), min(2, s.rounds))[1][1:]


def run(models: Models, s: Settings) -> dict[str, Any]:
    """The whole benchmark."""
    threads, notes = pin(s.threads), list[str]()
    rows: list[dict[str, Any]] = []
    checks: list[dict[str, Any]] = []
    found: dict[str, dict[str, Any]] = {"": {}, "base_row": {}, "reply": {}, "spread": {}, "growth": {}}
    for name in sorted({*s.dtypes, "float32"}, key=lambda d: d != "float32"):  # float32 first: equal tokens come first
        dtype = getattr(torch, name)
        made = cases(models, dtype, s)
        if name == "float32":
            say("checking tokens in float32")
            checks = check(made)
        if name in s.dtypes:
            say(f"timing in {name}")
            if peer := llama_cpp(models, threads, s, notes):
                made.append(peer)
            times, new = time_cases(made, MemoryReader(step_bytes(models, dtype), dtype), s.rounds)
            if count := sum(timed.disturbed for timed in times.values()):
                notes.append(f"{count} readings in {name} were disturbed by other programs: measure again")
            del made, peer
            gc.collect()
            new += measure_sizes(models, dtype, s)
            rows += [{"dtype": "4 bits" if row["name"] == "llama_cpp" else name, **row} for row in new]
            by_step = ratios(times, s.tokens, "ensemble3", "step")
            found[""][name] = {k: v[0] for k, v in by_step.items()}
            found["spread"][name] = {k: v[1] for k, v in by_step.items()}
            by_step = ratios(times, s.tokens, "ensemble3_base_row", "step")
            found["base_row"][name] = {k: v[0] for k, v in by_step.items()}
            by_reply = ratios(times, s.tokens, "ensemble3", "reply")
            found["reply"][name] = {k: v[0] for k, v in by_reply.items()}
            found["growth"][name] = growth(new, s)
        gc.collect()
    return {
        "rows": rows,
        "ratios": found[""].get("bfloat16", {}),
        "ratios_float32": found[""].get("float32", {}),
        "ratios_spread": found["spread"],
        "ratios_base_row": found["base_row"],
        "ratios_reply": found["reply"],
        "growth": found["growth"],
        "tokens_equal": all(c["equal"] for c in checks),
        "checks": checks,
        "notes": list(dict.fromkeys(notes)),
        "models": models.name,
        "versions": versions(),
        "threads": threads,
    }


def llama_cpp(models: Models, threads: int, s: Settings, notes: list[str]) -> Case | None:
    """The row of llama.cpp, or None and a note why it was not measured."""
    file = gguf_file()
    if find_spec("llama_cpp") is None:
        notes.append("llama.cpp was not measured: llama-cpp-python is not installed")
    elif file is None:
        notes.append("llama.cpp was not measured: name the base's GGUF file in EMORL_BASE")
    else:
        notes.append("llama.cpp ran the base's own 4-bit file without warm start or adapter: only its time compares")
        writer = LlamaCpp(file, threads)
        return Case(
            "llama_cpp",
            1,
            1,
            s.tokens,
            s.rounds,
            partial(writer.write, models.prompts[:1], [[1.0]]),
            file.stat().st_size / 1e6,
        )
    return None


def show(result: Mapping[str, Any]) -> None:
    """The result as tables."""
    print(table(result["rows"]))
    for group in ("ratios", "ratios_float32"):
        print(f"\n{group}")
        for name, value in result[group].items():
            print(f"  {name}: {value:.3g}")
    for dtype, curves in result["growth"].items():
        print(f"\ngrowth in {dtype}: milliseconds a step = at zero + slope x")
        for over, fit in curves.items():
            print(f"  {over}: {fit['at_zero']:.3g} + {fit['slope']:.3g} x  (r2 {fit['r2']:.2f})")
    for failed in (c for c in result["checks"] if not c["equal"]):
        print(f"\nnot equal in float32: {failed['name']} and {failed['equal_to']} share {failed['share']:.1%}")
    print(f"\ntokens equal in float32: {result['tokens_equal']}; threads: {result['threads']}")
    for line in result["notes"]:
        print(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 2 after a one-line error."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.decode", description=about)
    parser.add_argument("--json", action="store_true", help="JSON instead of tables")
    parser.add_argument("--tokens", type=int, help="length of a reply, at least 2 (48)")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (5)")
    parser.add_argument("--dtype", type=lambda text: tuple(text.split(",")), help="bfloat16,float32")
    parser.add_argument("--sequences", type=lambda text: tuple(map(int, text.split(","))), help="1,8,32")
    parser.add_argument("--threads", type=int, help="threads of every product (torch's own number)")
    parser.add_argument("--quick", action="store_true", help="a few tokens and one round: times mean nothing")
    given = vars(parser.parse_args(arguments))
    as_json, settings = given.pop("json"), QUICK if given.pop("quick") else Settings()
    given["dtypes"] = given.pop("dtype")
    settings = replace(settings, **{name: value for name, value in given.items() if value is not None})
    if settings.tokens < 2 or settings.rounds < 1 or min(settings.sequences) < 1:
        parser.error("expected at least 2 tokens, 1 round and 1 sequence")
    if unknown := set(settings.dtypes) - {"bfloat16", "float32"}:
        parser.error(f"expected bfloat16 or float32, got {', '.join(sorted(unknown))}")
    try:
        result = run(shipped_models(), settings)
    except EmorlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(result)) if as_json else show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
