"""Writes the report of a study: `report.md`, `results.csv`, `curves.csv`, and two plots.

It works from whatever runs there are, and says which are missing. `results.csv` is read by other programs: its columns
are those of `columns_of`, and a figure that could not be measured is empty. After the methods come the rows of the
arms. Left out: the blind reading, the weight landscape.

    python -m training report --config training/configs/study.yaml
"""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Sequence
from pathlib import Path

from emorl.errors import ConfigError
from emorl.models.manifest import file_sha256
from emorl.resources import data_path
from emorl.scoring.score_cache import ScoreCache
from training.baselines.stage import rewards_of, settings_of
from training.config import Config
from training.search.settings import aim_of
from training.stages.scores import packaged_warm_start, score_of, scorer_folder
from training.stages.statements import corpora_of, partition
from training.study.arms import arms_of, by_method, wanted
from training.study.best_of import Chooser
from training.study.measures import DECODED, Bench, Measured, measure_run
from training.study.plots import curve_points, plot_curves, plot_means, write_curves
from training.study.runs import METHODS, Run, find_runs
from training.study.searches import SearchRow, search_rows
from training.study.strengths import Searcher
from training.study.tables import Row, compare, row_of
from training.study.text import markdown

log = logging.getLogger(__name__)


def columns_of(objectives: Sequence[str]) -> list[str]:
    """The columns of `results.csv`, after the method's name."""
    first = ["mean", "minimum", *objectives, "judge_mean", "diversity_2", "edit_rate"]
    cost = ["data_points", "data_points_std", "rollouts", "seconds_sum", "seconds_parallel", "seeds"]
    judged = [f"judge_{name}" for name in ("minimum", *objectives, "faithfulness")]
    rest = ["faithfulness", *judged, "copy_rate", "distinct_2", "words", DECODED, "strength", "best_of"]
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
    rewards = rewards_of(config, "ship")  # a missing scorer is said before anything is measured
    _, held_back, statements = partition(corpora_of(config), settings.validation, config.search.prompts)
    statements = statements[: config.evaluate.prompts]
    scorers = {
        f"{name} {role}": score
        for name in (*objectives, "faithfulness")
        for role in ("ship", "judge")
        if (score := score_of(config, name, role)) is not None
    }
    cache, bench = ScoreCache(scorers), Bench(warm_start, config.evaluate.max_tokens, config.report.temperature)
    runs, missing = find_runs(config)
    missing += [f"judge of {name}" for name in (*objectives, "faithfulness") if f"{name} judge" not in scorers]
    identities = {name: _identity(config, *name.split()) for name in scorers}
    aim = next((search.aim for run in runs for search in run.searches), aim_of(config.search, objectives))
    folder, chooser = config.out / "study", Chooser(rewards, aim)

    def measure(run: Run) -> Measured:
        return measure_run(run, statements, cache, identities, bench, folder, chooser)

    measured = by_method(runs, measure)
    searches: list[SearchRow] = []
    for found in (one for seeds in measured.values() for one in seeds):
        searches += search_rows(found.run, found, objectives, measure)
    ship = {name: identity for name, identity in identities.items() if name.endswith(" ship")}
    searcher = Searcher(bench, config.baselines.search, config.search, aim, held_back, rewards, ship, folder)
    strengths, arms = arms_of(config.report, runs, searcher, measure)
    if wanted(config.report) and aim.lacks_ideal:
        missing.append("the arms: the aim tchebycheff has no ideal before the weights of emorl or soup are searched")
    rows = [row_of(measured[method], objectives) for method in METHODS if method in measured]
    comparisons = [
        compared
        for role in ("ship", "judge")
        if "emorl" in measured and "uniform" in measured
        if (compared := compare(measured["emorl"], measured["uniform"], objectives, role)) is not None
    ]
    out = data_path("reports") if out is None else out
    out.mkdir(parents=True, exist_ok=True)
    every = [*rows, *(row for arm in arms for row in arm.rows(objectives))]
    write_results(out / "results.csv", every, objectives)
    points = curve_points(runs, settings.prompts)
    write_curves(out / "curves.csv", points)
    if points:
        plot_curves(out / "curves.png", points)
    plot_means(out / "means.png", rows)
    text = markdown(every, objectives, comparisons, missing, len(statements), searches, arms, strengths)
    (out / "report.md").write_text(text, encoding="utf-8")
    log.info("wrote %s", out)
    return out


def _identity(config: Config, objective: str, role: str) -> str:
    """What tells a scorer from another: the bytes of its folder's card and weights."""
    folder = scorer_folder(config, objective, role)
    if folder is None:
        return objective  # fluency, by the base
    return " ".join(file_sha256(path) for path in sorted(folder.glob("*")) if path.suffix in (".json", ".safetensors"))
