"""`python -m training STAGE --config FILE`: one stage of making the models, or all of them in order.

User errors are one line on stderr and exit code 2.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import typer

from emorl.errors import EmorlError


class Stage(StrEnum):
    """Stages in their order."""

    scorers = "scorers"
    warmstart = "warmstart"
    objectives = "objectives"
    package = "package"
    search = "search"
    evaluate = "evaluate"
    card = "card"
    all = "all"


def main(
    stage: Annotated[Stage, typer.Argument(help="Stage to run; `all` runs them in order.")],
    config: Annotated[Path, typer.Option(help="YAML file, see training/configs.")],
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the last checkpoints.")] = False,
    corpora: Annotated[Path | None, typer.Option(help="Folder with the corpora; overrides the file's.")] = None,
) -> None:
    """Make the models: see training/configs/default.yaml."""
    import dataclasses

    from training import search, stages
    from training.config import read_config

    settings = read_config(config)
    if corpora is not None:
        settings = dataclasses.replace(settings, corpora=corpora)
    steps = {
        Stage.scorers: lambda: stages.run_scorers(settings),
        Stage.warmstart: lambda: stages.run_warmstart(settings),
        Stage.objectives: lambda: stages.run_objectives(settings, resume),
        Stage.package: lambda: stages.run_package(settings),
        Stage.search: lambda: search.run_search(settings),
        Stage.evaluate: lambda: stages.run_evaluate(settings),
        Stage.card: lambda: stages.run_card(settings),
    }
    for name, step in steps.items():
        if stage in (name, Stage.all):
            print(f"== {name}", flush=True)
            step()


def run() -> None:
    """Entry point that turns user errors into one line and exit code 2."""
    try:
        typer.run(main)
    except EmorlError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    run()
