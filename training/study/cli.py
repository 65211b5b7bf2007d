"""The command `python -m training report`. Left out: the runs that it reports on (`training.baselines.cli`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer


def report(
    config: Annotated[Path, typer.Option(help="YAML file, or a shipped one by its name: default, smoke, study.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the report; data/reports by default.")] = None,
    corpora: Annotated[Path | None, typer.Option(help="Folder with the corpora; overrides the file's.")] = None,
) -> None:
    """Measure the ensemble and its baselines, and write tables and plots."""
    from training.config import read_config
    from training.study.report import run_report

    settings = read_config(config)
    if corpora is not None:
        settings = replace(settings, corpora=corpora)
    run_report(settings, out)
