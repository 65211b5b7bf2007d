"""Where the files under `data/` are: one function, so that no other module has to know its own depth.

In a checkout they are in `data/` next to the packages; in an installed wheel, in `emorl/_data`. Left out: reading them,
which is up to the modules that know their format, and files that a user names.
"""

from __future__ import annotations

from pathlib import Path

PACKED = Path(__file__).resolve().with_name("_data")
DATA = PACKED if PACKED.is_dir() else PACKED.parents[1] / "data"


def data_path(*parts: str) -> Path:
    """The path of a file or folder under `data/`, from its parts; it need not exist."""
    return DATA.joinpath(*parts)
