"""The command `python -m training baselines`. Left out: the report on them (`training.study.cli`)."""

from __future__ import annotations

from typing import Annotated

import typer

from training.options import ANEW, BASE, CONFIG, CORPORA, RAY, RESUME, WORKERS, settings_of_run


def baselines(
    config: CONFIG,
    only: Annotated[str | None, typer.Option(help="One baseline by its name; all of them by default.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the runs; the objectives' by default.")] = None,
    resume: RESUME = False,
    anew: ANEW = False,
    corpora: CORPORA = None,
    base: BASE = None,
    workers: WORKERS = None,
    ray: RAY = None,
) -> None:
    """Train the models that the ensemble is compared with."""
    from training.baselines.stage import run_baselines
    from training.tasks.task import Place

    run_baselines(settings_of_run(config, corpora, base), only, seed, resume, anew, Place(workers, ray))
