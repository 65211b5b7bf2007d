"""What coarser weights cost and save: time, text and scores of each precision of the app, beside float32.

Every precision writes the balanced reflection of the same statements, alone and all in one batch. `same_text` is the
share of replies equal to float32's, `same_in_batch` that of replies which stay the same in a batch, and scores are the
shipped scorers' means: the loss in quality is their difference from float32's. Left out: training in less than
float32.

    python -m tests.benchmarks.precision [--json] [--statements 24] [--threads N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emorl.ensemble.products import PRECISIONS
from emorl.errors import EmorlError
from emorl.reflecting.writer import Writer
from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import pin, say, versions

OWN = Path(__file__).parents[2] / "data" / "reflections.jsonl"


def statements(count: int) -> list[str]:
    """Every so-many-th of our own invented statements."""
    rows = [json.loads(line)["statement"] for line in OWN.read_text(encoding="utf-8").splitlines() if line.strip()]
    return rows[:: max(1, len(rows) // count)][:count]


def measure(precision: str, texts: Sequence[str]) -> tuple[dict[str, Any], list[list[int]]]:
    """A row without its comparison, and the tokens of each reply written alone."""
    writer = Writer.load(dtype=precision)
    setting = writer.setting(writer.manifest.presets["balanced"])
    requests = [writer.request(writer.prompt(text), setting) for text in texts]
    decode = writer.decoder.decode
    decode(requests[:1])
    alone = [decode([request])[0] for request in requests]
    batched = decode(requests)
    replies = [writer.text(r.tokens) for r in alone]
    row: dict[str, Any] = {
        "name": precision,
        "ms_per_token_median": statistics.median(r.decode_ms / max(1, len(r.tokens) - 1) for r in alone),
        "prefill_ms_median": statistics.median(r.prefill_ms for r in alone),
        "same_in_batch": sum(a.tokens == b.tokens for a, b in zip(alone, batched, strict=True)) / len(alone),
    }
    for name, scorer in writer.scorers.by_objective.items():
        row[name] = statistics.fmean(scorer.score(list(texts), replies))
    return row, [r.tokens for r in alone]


def run(count: int, threads: int | None) -> dict[str, Any]:
    """The whole benchmark."""
    used, texts = pin(threads), statements(count)
    rows: list[dict[str, Any]] = []
    exact: list[list[int]] = []
    for precision in PRECISIONS:
        say(precision)
        row, tokens = measure(precision, texts)
        exact = exact or tokens  # float32 comes first
        rows.append({**row, "same_text": sum(a == b for a, b in zip(exact, tokens, strict=True)) / len(tokens)})
    ratios = {
        f"{row['name']}_over_float32": row["ms_per_token_median"] / rows[0]["ms_per_token_median"] for row in rows[1:]
    }
    return {
        "rows": rows,
        "ratios": ratios,
        "statements": len(texts),
        "tokens_equal": rows[0]["same_in_batch"] == 1,
        "versions": versions(),
        "threads": used,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 2 after a one-line error."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.precision", description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--statements", type=int, default=24)
    parser.add_argument("--threads", type=int)
    given = parser.parse_args(arguments)
    if given.statements < 1:
        parser.error("expected at least 1 statement")
    try:
        result = run(given.statements, given.threads)
    except EmorlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(result) if given.json else table(result["rows"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
