"""Where the files under `data/` are: one function, so that no other module counts folders up from its own.

In a checkout that is `data/` beside the packages; an installed wheel holds the same files in `emorl/_data`.
Left out: reading them, which the modules that know their form do, and files that a user names.
"""

from __future__ import annotations

from pathlib import Path

PACKED = Path(__file__).resolve().with_name("_data")
DATA = PACKED if PACKED.is_dir() else PACKED.parents[1] / "data"


def data_path(*parts: str) -> Path:
    """A file or folder under `data/`, given by its names from there; it need not exist."""
    return DATA.joinpath(*parts)
