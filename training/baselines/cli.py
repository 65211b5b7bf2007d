"""The command `python -m training baselines`. Left out: the report on them (`training.study.cli`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from training.tasks.cli import RAY, WORKERS


def baselines(
    config: Annotated[Path, typer.Option(help="YAML file, or a shipped one by its name: default, smoke, study.")],
    only: Annotated[str | None, typer.Option(help="One baseline by its name; all of them by default.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the runs; the objectives' by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the last checkpoints.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Train again what was trained with other settings.")] = False,
    corpora: Annotated[Path | None, typer.Option(help="Folder with the corpora; overrides the file's.")] = None,
    workers: WORKERS = None,
    ray: RAY = None,
) -> None:
    """Train the models that the ensemble is compared with."""
    from training.baselines.stage import run_baselines
    from training.config import read_config
    from training.tasks.task import Place

    settings = read_config(config)
    if corpora is not None:
        settings = replace(settings, corpora=corpora)
    run_baselines(settings, only, seed, resume, anew, Place(workers, ray))
