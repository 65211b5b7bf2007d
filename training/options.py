"""Options that several commands have, and the settings of a run that follow from them.

What a file says of base and device holds for everything that a command does and for every process that it
starts, so it goes into the environment, where `emorl` reads it. Left out: options of a single command.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from training.config import Config

CONFIG = Annotated[
    Path, typer.Option(help="YAML file, or a shipped one by its name: default, smoke, study, paper-t5-base.")
]
RESUME = Annotated[bool, typer.Option("--resume", help="Continue from the last checkpoints.")]
ANEW = Annotated[bool, typer.Option("--anew", help="Make again what was made with other settings.")]
CORPORA = Annotated[Path | None, typer.Option(help="Folder with the corpora; overrides the file's.")]
BASE = Annotated[
    str | None,
    typer.Option(
        metavar="NAME_OR_FOLDER", help="Base of all stages: a folder, or owner/name on the hub; overrides the file's."
    ),
]
WORKERS = Annotated[int | None, typer.Option(min=1, help="Runs side by side, at most; one after the other by default.")]
RAY = Annotated[
    str | None, typer.Option(help="Address of a Ray cluster to run on; auto for this machine's, local for a new one.")
]


def settings_of_run(
    file: Path, corpora: Path | None = None, base: str | None = None, search: Mapping[str, object] | None = None
) -> Config:
    """The settings of a run: the file's, or what the command line says. Base and device are in use from here on.

    Args:
        file: YAML file, or the name of a shipped one.
        corpora: Folder with the corpora, or None for the file's.
        base: A folder or `owner/name` on the hub, or None for the file's; without either, `EMORL_BASE` decides.
        search: Settings of the search in the place of the file's.

    Raises:
        ConfigError: The file is missing or has faults.
        AssetError: There is no such base.
        SettingsError: CUDA is asked for and PyTorch finds none.
    """
    from emorl.ensemble.device import chosen_device
    from emorl.models.own_base import own_base
    from training.config import read_config

    config = read_config(file, search, base)
    if config.base is not None:
        os.environ["EMORL_BASE"] = str(own_base(config.base))
    if config.device is not None:
        os.environ["EMORL_DEVICE"] = config.device
    chosen_device()  # before anything is done
    return config if corpora is None else dataclasses.replace(config, corpora=corpora)
