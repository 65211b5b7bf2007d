"""The curves of a study as `curves.csv`, and its two plots: validations over data points, and means with intervals.

Left out: what the curves are made of (`runs`) and the means (`tables`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.study.runs import Run
from training.study.tables import Row


def curve_points(runs: Sequence[Run], prompts: int) -> list[dict[str, Any]]:
    """Every validation of every run; data points are those of this one adapter."""
    points: list[dict[str, Any]] = []
    for run in runs:
        for trained, path in (run.curves or {}).items():
            for line in path.read_text(encoding="utf-8").splitlines() if run.method != "soup" else ():
                found = json.loads(line)
                points.append(
                    {
                        "method": run.method,
                        "seed": run.seed,
                        "trained": trained,
                        "step": found["step"],
                        "data_points": found["step"] * prompts,
                        **{name: found[name] for name in ("score", "judge", "faithful", "distinct")},
                    }
                )
    return points


def write_curves(path: Path, points: Sequence[Mapping[str, Any]]) -> None:
    """Write `curves.csv`; empty but for its header where nothing has been validated."""
    names = ["method", "seed", "trained", "step", "data_points", "score", "judge", "faithful", "distinct"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        for point in points:
            writer.writerow({name: "" if value != value else value for name, value in point.items()})


def plot_curves(path: Path, points: Sequence[Mapping[str, Any]]) -> None:
    """Validation score over data points, a line for each run."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    names = list(dict.fromkeys((p["method"], p["trained"]) for p in points))
    for number, (method, trained) in enumerate(names):
        label = method if method == trained else f"{method}: {trained}"
        for seed in sorted({p["seed"] for p in points if (p["method"], p["trained"]) == (method, trained)}):
            line = [p for p in points if (p["method"], p["trained"], p["seed"]) == (method, trained, seed)]
            style = "--" if method == "emorl" else "-"
            x, y = [p["data_points"] for p in line], [p["score"] for p in line]
            axes.plot(x, y, style, color=f"C{number % 10}", label=label)
            label = "_"  # each once in the legend
    axes.set(xlabel="data points (prompts)", ylabel="validation score, as it was trained")
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)


def plot_means(path: Path, rows: Sequence[Row]) -> None:
    """Mean reward with its interval over the data points it took."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    names: dict[tuple[float, float], list[str]] = {}  # equal points have one label
    for number, row in enumerate(rows):
        x, y, interval = row.means["data_points"], row.means["mean"], row.intervals["ship"]
        axes.errorbar([x], [y], [[y - interval.low], [interval.high - y]], fmt="o", color=f"C{number % 10}", capsize=3)
        names.setdefault((x, y), []).append(row.method)
    for point, there in names.items():
        axes.annotate(", ".join(there), point, textcoords="offset points", xytext=(6, 4), fontsize="small")
    axes.margins(x=0.15)  # room for the names
    axes.set(xlabel="data points (prompts)", ylabel="mean reward, 95% interval over statements")
    figure.savefig(path, dpi=120)
