"""`python -m training STAGE --config FILE`: one stage of making the models, or all of them in order.

The same command is `emorl-train` where the package is installed. Beside the stages: `data check` looks for faults in
our own texts, `reading make` and `reading score` are the blind reading, `baselines` and `report` are the study that
compares, `seq2seq` trains a T5 as the paper does. Progress is logged and shown on stderr, as plain lines. User errors
are one line on stderr and exit code 2.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import typer

from emorl.errors import EmorlError
from training.baselines.cli import baselines
from training.data.cli import data
from training.options import ANEW, BASE, CONFIG, CORPORA, RAY, RESUME, WORKERS, settings_of_run
from training.reading.cli import reading
from training.stages import STAGES, stage_runs
from training.study.cli import report

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make the models and measure them.")
app.add_typer(data, name="data")
app.add_typer(reading, name="reading")
app.command("baselines")(baselines)
app.command("report")(report)

log = logging.getLogger("training")
EXTRA = ("accelerate", "datasets", "matplotlib", "optuna", "trl", "yaml")
"""Modules that the extra `training` brings; `emorl` alone does without."""


def stage_command(name: str) -> Callable[..., None]:
    """The command of a stage, or of all of them."""

    def command(
        config: CONFIG,
        resume: RESUME = False,
        anew: ANEW = False,
        corpora: CORPORA = None,
        base: BASE = None,
    ) -> None:
        settings = settings_of_run(config, corpora, base)
        for stage, run in stage_runs().items():
            if name in (stage, "all"):
                log.info("== %s", stage)
                run(settings, resume, anew)

    return command


def objectives_command(
    config: CONFIG,
    resume: RESUME = False,
    anew: ANEW = False,
    corpora: CORPORA = None,
    base: BASE = None,
    workers: WORKERS = None,
    ray: RAY = None,
) -> None:
    """Train an adapter for each objective: one after the other, side by side, or on a Ray cluster."""
    from training.stages.objectives import run_objectives
    from training.tasks.task import Place

    settings = settings_of_run(config, corpora, base)
    place = Place(workers, ray)
    log.info("== objectives")
    if place.in_turn:
        stage_runs()["objectives"](settings, resume, anew)
    else:
        run_objectives(settings, resume, anew, place)


def search_command(
    config: CONFIG,
    method: Annotated[str | None, typer.Option(help="Whose weights are taken; overrides the file's.")] = None,
    beside: Annotated[list[str] | None, typer.Option(help="Another method to run beside it; again for more.")] = None,
    aim: Annotated[str | None, typer.Option(help="What is maximised; overrides the file's.")] = None,
    corpora: CORPORA = None,
    base: BASE = None,
) -> None:
    """Search the weights of the presets, with one method or several."""
    given = {"method": method, "beside": beside, "aim": aim}
    settings = settings_of_run(config, corpora, base, {name: value for name, value in given.items() if value})
    log.info("== search")
    stage_runs()["search"](settings, False, False)


@app.command("seq2seq")
def seq2seq(
    config: CONFIG,
    objective: Annotated[str | None, typer.Option(help="One objective by its name; all of them by default.")] = None,
    resume: RESUME = False,
    anew: ANEW = False,
    corpora: CORPORA = None,
    base: BASE = None,
) -> None:
    """Train adapters of an encoder-decoder such as T5, as the paper has it; they are not served."""
    from training.stages.seq2seq import run_seq2seq

    run_seq2seq(settings_of_run(config, corpora, base), objective, resume, anew)


OWN: dict[str, Callable[..., None]] = {"objectives": objectives_command, "search": search_command}
"""Commands of stages with options of their own."""

for stage_name, stage_help in {**STAGES, "all": "Run every stage in order; finished ones are not repeated."}.items():
    app.command(stage_name, help=stage_help)(OWN.get(stage_name) or stage_command(stage_name))


@contextmanager
def progress_shown() -> Iterator[None]:
    """Show on stderr what `training` logs, as plain lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)


def run() -> None:
    """Entry point that shows progress, and turns user errors into one line and exit code 2."""
    try:
        with progress_shown():
            app()
    except EmorlError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        remedy = "run pip install '.[training]' in the folder with pyproject.toml"
        print(f"Got no module {error.name}: expected the packages for training; {remedy}.", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    run()
