"""Runs the long trials: `python -m tests.soak [--part NAME] [--amount N]`; see docs/soak.md.

Exit code 1 where a claim does not hold. Whatever a run found is added to docs/soak.jsonl, unless `--dry` is given.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.ratings.server import NoPostgres
from tests.soak import generations, kills, malformed, raters, starts, upgrade
from tests.soak.record import Outcome, write
from tests.soak.upgrade import NoHistory

Part = Callable[[int, Path], list[Outcome]]
PARTS: dict[str, tuple[int, Part]] = {
    "kills": (kills.AMOUNT, kills.run),
    "raters": (raters.AMOUNT, raters.run),
    "malformed": (malformed.AMOUNT, malformed.run),
    "generations": (generations.AMOUNT, generations.run),
    "upgrade": (upgrade.AMOUNT, upgrade.run),
    "starts": (starts.AMOUNT, starts.run),
}
"""Full amount, and what runs it."""

FULL = {name: amount for name, (amount, _) in PARTS.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every claim holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--part", choices=list(PARTS), action="append", help="only this one; may be given again (all)")
    parser.add_argument("--amount", type=int, help="how much, in the part's own unit (see docs/soak.md)")
    parser.add_argument("--dry", action="store_true", help="write nothing into docs")
    given = parser.parse_args(arguments)
    if given.amount is not None and given.amount < 1:
        parser.error(f"Got an amount of {given.amount}: expected 1 or more; correct it.")
    os.environ.setdefault("NO_PROXY", "127.0.0.1,localhost")
    failed = []
    for name in given.part or PARTS:
        amount, run = PARTS[name]
        folder = Path(tempfile.mkdtemp(prefix=f"emorl-soak-{name}-"))
        print(f"== {name}, in {folder}", flush=True)
        try:
            found = run(given.amount or amount, folder)
        except (NoPostgres, NoHistory) as reason:
            print(f"not run: {reason}", file=sys.stderr)
            failed.append(name)
            continue
        for outcome in found:
            print(f"{outcome.part}: {'holds' if outcome.holds else 'DOES NOT HOLD'}: {outcome.claim}")
            for what, figure in outcome.figures.items():
                print(f"  {what}: {figure}")
        failed += [outcome.part for outcome in found if not outcome.holds]
        if not given.dry:
            write(found, FULL)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
