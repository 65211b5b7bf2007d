"""`python -m training.data FOLDER`: counts by corpus and split, and what is missing. Writes nothing."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from emorl.errors import EmorlError
from training.data import OWN_PATH, SPLITS, load_corpora, rl_prompts, warmstart_examples


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table and returns the exit code: 2 where a file is at fault."""
    parser = argparse.ArgumentParser(
        prog="python -m training.data", description="Count what the corpora hold."
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, help="folder with the corpora; none: our own statements only"
    )
    parser.add_argument(
        "--own", type=Path, default=OWN_PATH, help="our own statements (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    try:
        corpora = load_corpora(options.folder, options.own)
    except EmorlError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{'':20}" + "".join(f"{split:>12}" for split in SPLITS))
    for name in ("own", "pair", "annomi", "epitome", "psych8k"):
        counts = Counter(record.split for record in getattr(corpora, name))
        _line(name, [counts[split] for split in SPLITS])
    _line("warm-start pairs", [len(warmstart_examples(corpora, split)) for split in SPLITS])
    _line("prompts", [len(rl_prompts(corpora, split)) for split in SPLITS])
    for corpus in corpora.missing:
        print(f"missing: {corpus.name}. Get {corpus.source}. Without it: {corpus.without}.")
    return 0


def _line(name: str, counts: Sequence[int]) -> None:
    print(f"{name:20}" + "".join(f"{count:12d}" for count in counts))


if __name__ == "__main__":
    sys.exit(main())
