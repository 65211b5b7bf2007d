"""`python -m training data check|counts`: faults in our own texts and labels; what the corpora hold. Writes nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from training.data.corpora import OWN_PATH, load_corpora
from training.data.examples import rl_prompts, warmstart_examples
from training.data.labels import JUDGE_LABELS_PATH, LABELS_PATH
from training.data.records import SPLITS

data = typer.Typer(no_args_is_help=True, help="The project's own texts and labels, and the corpora.")


@data.command()
def check(
    own: Annotated[Path, typer.Option(help="Our own statements.")] = OWN_PATH,
    labels: Annotated[Path, typer.Option(help="Replies that were read and labelled.")] = LABELS_PATH,
    judge_labels: Annotated[Path, typer.Option(help="The same for the held-out judge.")] = JUDGE_LABELS_PATH,
) -> None:
    """Look for duplicates, worn openers, unusual lengths, personal data and broken lines; exit code 1 if any."""
    from training.data.check import check_data

    faults = check_data(own, (labels, judge_labels))
    for fault in faults:
        typer.echo(fault)
    typer.echo("1 fault" if len(faults) == 1 else f"{len(faults)} faults")
    if faults:
        raise typer.Exit(1)


@data.command()
def counts(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with the corpora; without it, our own texts only.")
    ] = None,
    own: Annotated[Path, typer.Option(help="Our own statements.")] = OWN_PATH,
) -> None:
    """Count what the corpora hold by split, and say which are missing."""
    corpora = load_corpora(folder, own)
    typer.echo(f"{'':20}" + "".join(f"{split:>12}" for split in SPLITS))
    for name in ("own", "pair", "annomi", "epitome", "psych8k"):
        found = Counter(record.split for record in getattr(corpora, name))
        _line(name, [found[split] for split in SPLITS])
    _line("warm-start pairs", [len(warmstart_examples(corpora, split)) for split in SPLITS])
    _line("prompts", [len(rl_prompts(corpora, split)) for split in SPLITS])
    for corpus in corpora.missing:
        typer.echo(f"missing: {corpus.name}. Get {corpus.published}. Without it: {corpus.without}.")


def _line(name: str, numbers: list[int]) -> None:
    typer.echo(f"{name:20}" + "".join(f"{number:12d}" for number in numbers))
