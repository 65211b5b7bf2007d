"""Writes the report of a study: `report.md`, `results.csv`, `curves.csv`, and two plots.

It works from whatever runs there are, and says which are missing. `results.csv` is read by other programs: its columns
are those of `columns_of`, and a figure that could not be measured is empty. The paper's own figures stand beside ours
as theirs; they come from another base, other scorers and other data. Left out: the blind reading, the weight landscape.

    python -m training report --config training/configs/study.yaml
"""

from __future__ import annotations

import csv
import json
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emorl.errors import ConfigError
from emorl.models.manifest import file_sha256
from emorl.resources import data_path
from emorl.scoring.score_cache import ScoreCache
from training.baselines.stage import rewards_of, settings_of
from training.card import table
from training.config import Config
from training.evaluate import Interval
from training.stages.scores import packaged_warm_start, score_of, scorer_folder
from training.stages.statements import corpora_of, partition
from training.study.measures import Bench, Measured, measure_run
from training.study.runs import METHODS, Run, find_runs
from training.study.searches import SearchRow, search_rows, search_text
from training.study.tables import Comparison, Row, compare, row_of

log = logging.getLogger(__name__)

PAPER = {
    "base": (0.3413, 0.0124, 0, 0),
    "uniform": (0.8350, 0.0199, 23_398, 7_390),
    "dynaopt": (0.8262, 0.0291, 31_328, 16_736),
    "soup": (0.6965, 0.0276, 18_924, 4_672),
    "emorl": (0.7684, 0.0206, 17_529, 1_650),
}
"""EMORL (Kong et al. 2025, arXiv 2505.02579): mean reward and data points, each with its spread, on T5-base."""

SHARE_OF_DATA = 0.75
"""The ensemble is to reach uniform training with at most this share of its data points."""


def columns_of(objectives: Sequence[str]) -> list[str]:
    """The columns of `results.csv`, after the method's name."""
    first = ["mean", "minimum", *objectives, "judge_mean", "diversity_2", "edit_rate"]
    cost = ["data_points", "data_points_std", "rollouts", "seconds_sum", "seconds_parallel", "seeds"]
    judged = [f"judge_{name}" for name in ("minimum", *objectives, "faithfulness")]
    rest = ["faithfulness", *judged, "copy_rate", "distinct_2", "words"]
    spread = [f"{name}_std" for name in ("mean", "minimum", *objectives, "judge_mean", "seconds_sum")]
    return [*first, *cost, *rest, *spread, "mean_low", "mean_high", "judge_mean_low", "judge_mean_high"]


def value_of(row: Row, column: str) -> float:
    """One figure of a row by its column; NaN where there is none."""
    if column == "seeds":
        return float(row.seeds)
    for end in ("low", "high"):
        if column.endswith(f"mean_{end}"):
            interval = row.intervals.get("judge" if column.startswith("judge_") else "ship")
            return float(getattr(interval, end)) if interval else math.nan
    if column.endswith("_std"):
        return row.spreads[column.removesuffix("_std")]
    return row.means[column]


def write_results(path: Path, rows: Sequence[Row], objectives: Sequence[str]) -> None:
    """Write `results.csv`."""
    names = columns_of(objectives)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["method", *names])
        for row in rows:
            values = [value_of(row, name) for name in names]
            writer.writerow([row.method, *("" if math.isnan(value) else f"{value:.6g}" for value in values)])


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


def shown(value: float, digits: int = 3) -> str:
    """A figure with its digits, or a dash."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def with_spread(row: Row, name: str, digits: int = 3) -> str:
    """Mean ± standard deviation over seeds, or the mean alone."""
    spread = row.spreads[name]
    return shown(row.means[name], digits) + ("" if math.isnan(spread) else f" ± {spread:.{digits}f}")


def _between(interval: Interval, digits: int = 3) -> str:
    values = (interval.mean, interval.low, interval.high)
    mean, low, high = (f"{round(value, digits) + 0.0:+.{digits}f}" for value in values)  # + 0.0: no -0.000
    return f"{mean} [{low}, {high}]"


def _beside(difference: Interval) -> str:
    """What the interval of the difference from uniform training allows to say."""
    if difference.low > 0:
        return "is better than uniform training"
    return "is worse than uniform training" if difference.high < 0 else "cannot be told from uniform training"


def verdict(rows: Mapping[str, Row], comparisons: Sequence[Comparison]) -> str:
    """Whether the ensemble reached uniform training, and by how much it is above or below."""
    ours, theirs = rows.get("emorl"), rows.get("uniform")
    if ours is None or theirs is None:
        return "EMORL and uniform training cannot be compared yet: one of them has no finished run.\n"
    lines = []
    for found in comparisons:
        by = "scorers" if found.role == "ship" else "held-out judges"
        lines.append(
            f"* By the {by}, EMORL {_beside(found.difference)}: {_between(found.difference)}, paired by statement; "
            f"sign-flip test p = {found.p:.3f}."
        )
    if not any(found.role == "judge" for found in comparisons):
        lines.append("* By the held-out judges nothing can be said: an objective or faithfulness has none.")
    share = ours.means["data_points"] / theirs.means["data_points"] if theirs.means["data_points"] else math.inf
    word = "at most" if share <= SHARE_OF_DATA else "more than"
    lines.append(f"* Data points: {share:.0%} of uniform's, {word} the {SHARE_OF_DATA:.0%} that were the aim.")
    less = ours.means["distinct_2"] - theirs.means["distinct_2"]
    lines.append(f"* Distinct-2: {less:+.3f} against uniform's, {'not below' if less >= 0 else 'below'} it.")
    return "\n".join(lines) + "\n"


def markdown(
    rows: Sequence[Row],
    objectives: Sequence[str],
    comparisons: Sequence[Comparison],
    missing: Sequence[str],
    statements: int,
    searches: Sequence[SearchRow],
) -> str:
    """The text of `report.md`."""
    by_name = {row.method: row for row in rows}

    def scored(before: str) -> str:
        names = ["mean", "minimum", *objectives, "faithfulness"]
        lines = [[row.method, *(with_spread(row, f"{before}{name}") for name in names), row.seeds] for row in rows]
        return table(["method", *names, "seeds"], lines)

    texts = ("distinct_2", "diversity_2", "edit_rate", "copy_rate", "words")
    written = [[row.method, *(shown(row.means[name], 1 if name == "words" else 3) for name in texts)] for row in rows]
    costs = [
        [
            row.method,
            with_spread(row, "data_points", 0),
            *(shown(row.means[name], 0) for name in ("rollouts", "seconds_sum", "seconds_parallel")),
        ]
        for row in rows
    ]
    paper = [
        [
            name,
            f"{PAPER[name][0]:.4f} ± {PAPER[name][1]:.4f}",
            f"{PAPER[name][2]:,} ± {PAPER[name][3]:,}",
            shown(by_name[name].means["mean"]) if name in by_name else "-",
            with_spread(by_name[name], "data_points", 0) if name in by_name else "-",
        ]
        for name in PAPER
    ]
    lacking = "".join(f"* {text}\n" for text in missing) or "Nothing.\n"
    return f"""# Report of the study

Every method writes one greedy reply to the same {statements} statements, which no training and no search has seen. An
objective's figure is its score times faithfulness, as it was rewarded. ± is the standard deviation over seeds; a dash
is what could not be measured. docs/study.md says what each method is.

## EMORL and uniform training
{verdict(by_name, comparisons)}
## By the scorers, which gave the rewards
{scored("")}
## By held-out judges, which no training has seen
{scored("judge_")}
## What is written
Distinct-2 is over all replies together; diversity-2 is EMORL's, a reply at a time. Edit rate is the distance to the
statement in words, copy rate the share of words in runs of three taken from it.

{table(["method", *texts], written)}
## What it cost
Data points are prompts used for updates. Seconds of several adapters: one after the other, and side by side; the weight
search is added.

{table(["method", "data points", "rollouts", "seconds, sum", "seconds, side by side"], costs)}
## Weight searches
Each search maximised the same score of weights on statements held back for it. "Unseen" is what its weights reach on
the statements of this report: the best of many points is optimistic on those it was chosen by.

{search_text(searches)}
## Beside the paper
Theirs are the figures of EMORL (Kong et al., SIGDIAL 2025, arXiv 2505.02579) for T5-base with other scorers and other
data: not to be compared number by number with ours.

{table(["method", "theirs: mean reward", "theirs: data points", "ours: mean reward", "ours: data points"], paper)}
## What is missing
{lacking}"""


def run_report(config: Config, out: Path | None = None) -> Path:
    """Measure every finished run and write the report.

    Args:
        config: Settings.
        out: Folder of the report; `data/reports` by default.

    Returns:
        The folder.

    Raises:
        ConfigError: There is no warm start, or a scorer is missing.
    """
    warm_start = packaged_warm_start(config)
    if warm_start is None:
        raise ConfigError.of(
            f"no warm start in {config.models}",
            "the one that all runs start from",
            "run the stage warmstart first, or copy a models folder there",
        )
    objectives, settings = list(config.objectives), settings_of(config)
    rewards_of(config, "ship")  # a missing scorer is said before anything is measured
    _, _, statements = partition(corpora_of(config), settings.validation, config.search.prompts)
    statements = statements[: config.evaluate.prompts]
    scorers = {
        f"{name} {role}": score
        for name in (*objectives, "faithfulness")
        for role in ("ship", "judge")
        if (score := score_of(config, name, role)) is not None
    }
    cache, bench = ScoreCache(scorers), Bench(warm_start, config.evaluate.max_tokens)
    runs, missing = find_runs(config)
    missing += [f"judge of {name}" for name in (*objectives, "faithfulness") if f"{name} judge" not in scorers]
    identities = {name: _identity(config, *name.split()) for name in scorers}
    measured: dict[str, list[Measured]] = {}
    searches: list[SearchRow] = []

    def measure(run: Run) -> Measured:
        return measure_run(run, statements, cache, identities, bench, config.out / "study")

    for run in runs:
        found = measure(run)
        measured.setdefault(run.method, []).append(found)
        searches += search_rows(run, found, objectives, measure)
    rows = [row_of(measured[method], objectives) for method in METHODS if method in measured]
    comparisons = [
        compared
        for role in ("ship", "judge")
        if "emorl" in measured and "uniform" in measured
        if (compared := compare(measured["emorl"], measured["uniform"], objectives, role)) is not None
    ]
    out = data_path("reports") if out is None else out
    out.mkdir(parents=True, exist_ok=True)
    write_results(out / "results.csv", rows, objectives)
    points = curve_points(runs, settings.prompts)
    write_curves(out / "curves.csv", points)
    if points:
        plot_curves(out / "curves.png", points)
    plot_means(out / "means.png", rows)
    text = markdown(rows, objectives, comparisons, missing, len(statements), searches)
    (out / "report.md").write_text(text, encoding="utf-8")
    log.info("wrote %s", out)
    return out


def _identity(config: Config, objective: str, role: str) -> str:
    """What tells a scorer from another: the bytes of its folder's card and weights."""
    folder = scorer_folder(config, objective, role)
    if folder is None:
        return objective  # fluency, by the base
    return " ".join(file_sha256(path) for path in sorted(folder.glob("*")) if path.suffix in (".json", ".safetensors"))
