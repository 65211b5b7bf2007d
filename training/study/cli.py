"""The command `python -m training report`. Left out: the runs that it reports on (`training.baselines.cli`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.options import BASE, CONFIG, CORPORA, settings_of_run


def report(
    config: CONFIG,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; data/reports by default.")] = None,
    corpora: CORPORA = None,
    base: BASE = None,
) -> None:
    """Measure the ensemble and its baselines, and write tables and plots."""
    from training.study.report import run_report

    run_report(settings_of_run(config, corpora, base), out)
