"""The memory of the whole app with all shipped models: the resident set and its peak, as more of the app is used.

`app.py` is imported and its models are loaded as when it is served, in this process; then it writes a reflection with
its reasons, the best of eight, the atlas and the replies of every coalition. Left out: the browser, and several users
at once, who share everything but their caches (`load`).

    python -m tests.benchmarks.memory [--json]
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from tests.benchmarks.__main__ import table
from tests.benchmarks._measure import resident_mb, say, versions

GOAL_MB = 1700
STATEMENT = "I keep saying I'll cut down on the wine, and then it's Friday and I've had the week I've had."


def measure() -> dict[str, Any]:
    """One row for each stage, in the order in which the app grows."""
    rows: list[dict[str, Any]] = []

    def note(stage: str) -> None:
        now, peak = resident_mb()
        rows.append({"name": stage, "resident_mb": round(now), "peak_mb": round(peak)})
        say(stage)

    from app import loader

    note("page built")
    loader.start()
    while (reflector := loader.reflector()) is None:
        if loader.state == "failed":
            raise SystemExit(loader.message)
        time.sleep(0.1)
    note("models loaded")
    setting = reflector.setting(reflector.presets["balanced"])
    found = reflector.reflect(STATEMENT, setting)
    note("a reflection with its reasons")
    *_, _ = reflector.stream_best(STATEMENT, 8, setting)
    note("the best of eight")
    *_, _ = reflector.atlas(STATEMENT)
    note("the atlas")
    reflector.variants(found, every=True)
    note("every coalition")
    most = max(row["resident_mb"] for row in rows)
    return {"rows": rows, "ratios": {}, "goal_mb": GOAL_MB, "most_mb": most, "versions": versions()}


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="JSON for var/bench instead of a table")
    as_json = parser.parse_args().json
    result = measure()
    print(json.dumps(result) if as_json else table(result["rows"]))


if __name__ == "__main__":
    main()
