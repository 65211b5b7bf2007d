"""Writes docs/cost.md from the JSON of the benchmarks: what a reflection costs, and how that grows.

Every figure is read from var/bench or is arithmetic on such figures, and the page says which. What was not run is left
out. Left out: plots.

    make bench && python -m tests.benchmarks._page
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.__main__ import RESULTS

PAGE = Path("docs/cost.md")
INTRODUCTION = """\
Time and memory, measured on the processor named below. A *step* writes one token, called a word here. The *memory
floor* is the time it takes to read the weights once. `python -m tests.benchmarks._page` writes this page from the
results of `make bench`.
"""
GOALS = {  # ratio: (what it says, the figure to reach, whether smaller is better)
    "ensemble3_over_single": ("three experts over one adapter of our own, a word", 1.15, True),
    "ensemble3_over_generate": ("three experts over `generate` of transformers with one merged adapter", 0.6, True),
    "uncached_over_ensemble3": ("the uncached loop over ours, 48 words", 20.0, False),
    "set_adapter_over_ensemble3": ("`set_adapter` for each expert, with caches, over ours", 3.0, False),
    "peft_mixed_over_ensemble3": ("PEFT's mixed batch over ours", 1.5, False),
    "ensemble3_over_memory_floor": ("a step over the time it takes to read the weights once", 2.0, True),
}
MORE_GOALS = {  # benchmark: {ratio: (the figure to reach, whether smaller is better)}
    "reuse": {"median_share_of_words_decoded": (0.4, True)},
    "load": {"throughput_8_users": (3.0, False), "best_of_8_over_one": (2.5, True)},
    "search": {"plain_over_shared": (8.0, False)},
    "atlas": {"atlas_over_single": (4.0, True), "atlas_over_raster_steps": (0.03, True)},
    "train": {"step_over_rloo": (0.6, True)},
}
LARGER = (("1B (Llama 3.2 1B)", 1.24e9, 16, 8, 64), ("7B (Llama 2 7B)", 6.74e9, 32, 32, 128))
"""Name, parameters, layers, key-value heads and head width."""


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def decode_part(result: Mapping[str, Any]) -> str:
    """A word's cost, the figures to reach, growth, larger bases."""
    rows = [r for r in result["rows"] if r["sequences"] == 1 and not r["name"].startswith("random")]
    seen = table(
        ["method", "type", "experts", "words", "ms a word", "least to most", "first word, ms", "memory, MB"],
        [
            [
                r["name"],
                r["dtype"],
                r["experts"],
                r["tokens"],
                f"{r['ms_per_token_median']:.1f}",
                f"{r['spread'][0]:.1f} to {r['spread'][1]:.1f}",
                f"{r['first_token_ms']:.0f}" if "first_token_ms" in r else "",
                f"{r['memory_mb']:.0f}" if r.get("memory_mb") else "",
            ]
            for r in rows
        ],
    )
    goals = []
    for name, (what, goal, small) in GOALS.items():
        cells = []
        for group in ("ratios", "ratios_float32"):
            value = result[group].get(name)
            held = value is not None and (value <= goal if small else value >= goal)
            cells.append("" if value is None else f"{value:.2f}" + ("" if held else " (not reached)"))
        goals.append([what, f"{'at most' if small else 'at least'} {goal:g}", *cells])
    parts = [
        "## A word\n",
        f"{result['threads']} threads, {result['versions']['processor']}, "
        f"bfloat16 units: {'yes' if result['versions']['bfloat16_units'] else 'no'}, "
        f"torch {result['versions']['torch']}; tokens equal in float32: {'yes' if result['tokens_equal'] else 'no'}.\n",
        seen,
        "## Figures to reach\n",
        table(["", "goal", "bfloat16", "float32"], goals),
        "## How it grows\n",
    ]
    for dtype, curves in result["growth"].items():
        for over, fit in curves.items():
            parts.append(
                f"* {dtype}, {over}: {fit['at_zero']:.3g} + {fit['slope']:.3g} x ms a step "
                f"(r² {fit['r2']:.2f}; {len(fit['points'])} points)"
            )
    parts += ["", *(f"{note[0].upper()}{note[1:]}." for note in result["notes"])]
    floors = {r["dtype"]: r["bandwidth_gb_s"] for r in result["rows"] if r["name"] == "memory_floor"}
    larger = []
    for name, numbers, layers, heads, width in LARGER:
        for dtype, size in (("bfloat16", 2), ("float32", 4)):
            if speed := floors.get(dtype):
                cache = 2 * layers * heads * width * size
                larger.append(
                    [
                        name,
                        dtype,
                        f"{numbers * size / 1e9:.1f}",
                        f"{numbers * size / 1e6 / speed:.0f}",
                        f"{cache / 1e3:.0f}",
                        f"{4 * cache * 200 / 1e6:.0f}",
                    ]
                )
    parts += [
        "\n## Larger bases (arithmetic, not measured)\n",
        "The floor is the size of the weights over the read speed measured here. The cache has a row for each "
        "expert and the base, 200 positions, and no shared trunk.\n",
        table(
            ["base", "type", "weights, GB", "floor, ms a word", "cache, kB a position and row", "cache for K = 3, MB"],
            larger,
        ),
    ]
    return "\n".join(parts)


def ratios_part(name: str, title: str, text: str, result: Mapping[str, Any]) -> str:
    """A heading, a sentence, a benchmark's ratios beside the figures to reach, and its rows in short."""
    rows = []
    for ratio, value in result["ratios"].items():
        goal, small = MORE_GOALS[name].get(ratio, (None, True))
        held = goal is None or (value <= goal if small else value >= goal)
        asked_for = "" if goal is None else f"{'at most' if small else 'at least'} {goal:g}"
        rows.append([ratio.replace("_", " "), f"{value:.4g}" + ("" if held else " (not reached)"), asked_for])
    equal = "yes" if result["tokens_equal"] else "no"
    text += " Results equal to those of the plain way: " + equal + "."
    text += "".join(f" {note[0].upper()}{note[1:]}." for note in result.get("notes", []))
    return f"## {title}\n\n{text}\n\n{table(['ratio', '', 'goal'], rows)}" + more(name, result["rows"])


def more(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A second table of what the ratios leave out; empty where there is none."""
    if name == "load":
        header = ["users", "way", "tokens a second", "first word p50, s", "p95, s", "last word p50, s", "p95, s"]
        keys = ("tokens_per_s", "first_p50_s", "first_p95_s", "total_p50_s", "total_p95_s")
        groups = dict.fromkeys((r["users"], r["name"]) for r in rows)
        found = [
            [*group, *(f"{median(r[key] for r in rows if (r['users'], r['name']) == group):.2f}" for key in keys)]
            for group in groups
        ]
        return "\n" + table(header, found)
    if name == "atlas":
        kinds = {
            "regions": "regions",
            "steps": "decoding steps",
            "atlas_s": "seconds",
            "single_s": "seconds a reply",
            "over_single": "replies it costs",
            "coverage": "coverage",
        }
        found = []
        for key, what in kinds.items():
            values = sorted(r[key] for r in rows)
            found.append([what, f"{median(values):.5g}", f"{values[0]:.5g}", f"{values[-1]:.5g}"])
        lower = sum(r["best_score"] < r["grid_score"] - 1e-6 for r in rows)
        points, wrong = sum(r["points"] for r in rows), sum(r["points_wrong"] for r in rows)
        return (
            f"\n{len(rows)} statements; {points} random weight vectors were decoded, of which {wrong} gave another "
            f"reply than that of their region. The best region scores below the grid's best point on {lower} of the "
            "statements.\n\n" + table(["a statement", "median", "least", "most"], found)
        )
    if name == "search":
        header = ["way", "seconds", "decoding steps", "weight vectors"]
        return "\n" + table(header, [[r["name"], f"{r['seconds']:.0f}", r["steps"], r["directions"]] for r in rows])
    if name == "train":
        most = max(r["tokens"] for r in rows)
        kept = [r for r in rows if r["tokens"] == most]
        header = ["part", "ours, s", "plain RLOOTrainer, s"]
        parts = dict.fromkeys(r["part"] for r in kept)
        found = [
            [part.replace("_", " "), *(f"{r['seconds_median']:.2f}" for r in kept if r["part"] == part)]
            for part in parts
        ]
        work = f"{kept[0]['prompts']} prompts, {kept[0]['samples']} samples each, {most} tokens a sample."
        return f"\n{work}\n\n" + table(header, found)
    return ""


def precision_part(result: Mapping[str, Any]) -> str:
    """What coarser weights cost."""
    names = [
        name
        for name in result["rows"][0]
        if name not in ("name", "ms_per_token_median", "prefill_ms_median", "same_in_batch", "same_text")
    ]
    rows = [
        [
            r["name"],
            f"{r['ms_per_token_median']:.1f}",
            f"{r['prefill_ms_median']:.0f}",
            f"{r['same_text']:.0%}",
            f"{r['same_in_batch']:.0%}",
            *(f"{r[name]:.3f}" for name in names),
        ]
        for r in result["rows"]
    ]
    return (
        f"## Precision\n\nReflections of {result['statements']} statements with balanced weights, the base's row "
        "included. With float16 and int8, only the weights have that type. Scores are means of the shipped scorers; "
        "the loss of quality is their difference from those of float32.\n\n"
        + table(["weights", "ms a word", "prompt, ms", "same text as float32", "same text in a batch", *names], rows)
    )


def browser_part(result: Mapping[str, Any]) -> str:
    """What somebody waits for in the browser."""
    what = {
        "page_s": "from `python app.py` to the statement box, s",
        "first_word_s": "from the click on Generate to the first word, s",
        "slider_to_text_ms": "from a slider's move to the changed text in the page, ms",
        "slider_to_frame_ms": "from a slider's move to the frame that shows it, ms",
    }
    rows = [
        [
            what[r["name"]],
            f"{r['median']:.3g}",
            f"{r['spread'][0]:.3g} to {r['spread'][1]:.3g}",
            r["n"],
            "" if r["goal"] is None else f"at most {r['goal']:.3g}" + ("" if r["within_goal"] else " (not reached)"),
        ]
        for r in result["rows"]
    ]
    return "## In the browser\n\nChromium and the app on one machine, with a warm cache.\n\n" + table(
        ["wait", "median", "least to most", "times", "goal"], rows
    )


def memory_part(result: Mapping[str, Any]) -> str:
    """How large the app is, with all shipped models loaded."""
    held = "" if result["most_mb"] <= result["goal_mb"] else " (not reached)"
    rows = [[r["name"], r["resident_mb"], r["peak_mb"]] for r in result["rows"]]
    return (
        "## The whole app\n\nMemory of `python app.py` with all shipped models, base, adapters and scorers, as more of "
        "it is used: the resident set and its peak so far, in MB. "
        f"Goal: at most {result['goal_mb']} resident{held}.\n\n" + table(["after", "memory, MB", "peak, MB"], rows)
    )


def main() -> None:
    """Write the page from what lies under var/bench."""
    parts = ["# What a reflection costs\n", INTRODUCTION]
    found = {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}
    if "decode" in found:
        parts.append(decode_part(found["decode"]))
    if "precision" in found:
        parts.append(precision_part(found["precision"]))
    if "memory" in found:
        parts.append(memory_part(found["memory"]))
    if "page" in found:
        parts.append(browser_part(found["page"]))
    for name, title, text in (
        (
            "reuse",
            "A moved slider",
            "Words that are decoded again after a slider has moved, and the seconds this takes "
            "over those of a fresh reply.",
        ),
        (
            "load",
            "Many users",
            "Words a second for several users at once, over serving one after the other; seconds of "
            "the best of eight candidates, scored, over those of one reply.",
        ),
        (
            "search",
            "Weight search",
            "Seconds of the paper's grid with one weight vector at a time, over those with "
            f"shared prefixes. The scores are the same; {found.get('search', {}).get('prompts')} statements.",
        ),
        ("atlas", "The atlas", "Every reachable reflection of a statement."),
        (
            "train",
            "A training step",
            "Our self-critical step beside TRL's plain RLOOTrainer. Equal means the same prompts and the same number "
            "of tokens, because the samples are drawn by different generators.",
        ),
    ):
        if name in found:
            parts.append(ratios_part(name, title, text, found[name]))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
