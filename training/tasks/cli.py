"""Options of the commands whose runs are tasks. Left out: the commands themselves."""

from __future__ import annotations

from typing import Annotated

import typer

WORKERS = Annotated[int | None, typer.Option(min=1, help="Runs side by side, at most; one after the other by default.")]
RAY = Annotated[
    str | None, typer.Option(help="Address of a Ray cluster to run on; auto for this machine's, local for a new one.")
]
