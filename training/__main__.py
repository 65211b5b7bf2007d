"""`python -m training STAGE --config FILE`: one stage of making the models, or all of them in order.

The same command is `emorl-train` where the package is installed. Beside the stages: `data check` looks for faults in
our own texts, `reading make` and `reading score` are the blind reading, `baselines` and `report` are the study that
compares. Progress is logged and shown on stderr, as plain lines. User errors are one line on stderr and exit code 2.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import typer

from emorl.errors import EmorlError
from training.baselines.cli import baselines
from training.data.cli import data
from training.reading.cli import reading
from training.stages import STAGES, stage_runs
from training.study.cli import report

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make the models and measure them.")
app.add_typer(data, name="data")
app.add_typer(reading, name="reading")
app.command("baselines")(baselines)
app.command("report")(report)

log = logging.getLogger("training")
EXTRA = ("accelerate", "datasets", "matplotlib", "trl", "yaml")
"""Modules that the extra `training` brings; `emorl` alone does without."""


def stage_command(name: str) -> Callable[..., None]:
    """The command of a stage, or of all of them."""

    def command(
        config: Annotated[Path, typer.Option(help="YAML file, or a shipped one by its name: default, smoke, study.")],
        resume: Annotated[bool, typer.Option("--resume", help="Continue from the last checkpoints.")] = False,
        anew: Annotated[bool, typer.Option("--anew", help="Make again what was made with other settings.")] = False,
        corpora: Annotated[Path | None, typer.Option(help="Folder with the corpora; overrides the file's.")] = None,
        base: Annotated[
            str | None,
            typer.Option(metavar="NAME_OR_FOLDER", help="Base of all stages: a folder, or owner/name on the hub."),
        ] = None,
    ) -> None:
        from training.config import read_config

        if base is not None:
            from emorl.models.own_base import own_base

            os.environ["EMORL_BASE"] = str(own_base(base))  # where all stages look for their base
        settings = read_config(config)
        if corpora is not None:
            settings = dataclasses.replace(settings, corpora=corpora)
        for stage, run in stage_runs().items():
            if name in (stage, "all"):
                log.info("== %s", stage)
                run(settings, resume, anew)

    return command


for stage_name, stage_help in {**STAGES, "all": "Run every stage in order; finished ones are not repeated."}.items():
    app.command(stage_name, help=stage_help)(stage_command(stage_name))


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
