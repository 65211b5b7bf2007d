"""`python -m training reading make|score`: write a blind sheet with its key; count what readers answered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.options import BASE, CONFIG, CORPORA, settings_of_run
from training.reading.sheet import agreement, read_answers, read_key, score_reading, table, write_sheet

reading = typer.Typer(no_args_is_help=True, help="Blind reading of replies.")


@reading.command()
def make(
    config: CONFIG,
    out: Annotated[Path, typer.Option(help="Folder for sheet.jsonl and key.json.")],
    models: Annotated[Path | None, typer.Option(help="Models to read; those of the run by default.")] = None,
    earlier: Annotated[Path | None, typer.Option(help="Earlier models to compare with.")] = None,
    corpora: CORPORA = None,
    base: BASE = None,
    preset: Annotated[str, typer.Option(help="Name of the preset to read.")] = "balanced",
    best_of: Annotated[int, typer.Option(help="How many candidates the best is chosen from; below 2, none.")] = 8,
    statements: Annotated[int, typer.Option(min=1, help="Maximum number of statements in each group.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the choice and the order.")] = 0,
) -> None:
    """Write sheet.jsonl (id, statement, reply) and key.json; keep the key from the readers."""
    from training.reading.replies import items, open_reflector, unseen_statements
    from training.stages.statements import corpora_of, partition

    settings = settings_of_run(config, corpora, base)
    found = corpora_of(settings)
    most = max(objective.validation for objective in settings.objectives.values())
    validation, search, _ = partition(found, most, settings.search.prompts)
    rows = unseen_statements(found, statements, seed, {*validation, *search})
    before = open_reflector(earlier, scored=False) if earlier else None
    written = list(items(rows, open_reflector(models or settings.models), preset, best_of, before))
    typer.echo(f"{write_sheet(written, out, seed)} rows on {len(written)} statements in {out}")


@reading.command()
def score(
    answers: Annotated[list[Path], typer.Argument(help="answers.jsonl of each reader.")],
    key: Annotated[Path, typer.Option(help="key.json of the sheet.")],
) -> None:
    """Print the share of yes for each method and question, and how far two readers agree."""
    entries = read_key(key)
    readers = [read_answers(path, entries) for path in answers]
    typer.echo(table(score_reading(entries, readers)))
    if len(readers) > 1:
        for question, kappa in agreement(readers).items():
            typer.echo(f"kappa {question}: {kappa:.2f}")
