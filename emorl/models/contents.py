"""What a models folder may hold: safetensors and JSON, inside it, of a bounded size, each with its hash.

All of it is looked at before anything is opened. A path that leaves the folder, by `..` or by a link, is refused, and
so is a pickle beside the files that are read, because opening one can run code. Left out: what the files say, which
`emorl.ensemble.lora` and `emorl.scoring.folder` check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from emorl.errors import ManifestError

LOADED = ("adapter_config.json", "adapter_model.safetensors", "head.safetensors", "scorer.json")
"""Names of all files that are opened, of adapters and scorers."""

OWN_WARM_START = "warmstart"
"""Folder inside a scorer's: the warm start that it stands on, where that is not the one of the models folder."""

PICKLES = frozenset(".bin .ckpt .joblib .npy .npz .pickle .pkl .pt .pth".split())
"""Endings of files that may be pickles."""

MAX_BYTES = {".json": 1 << 20, ".safetensors": 1 << 30}
"""Largest size of a file by its ending."""

REMEDY = "take it out, or name another models folder"


def inside(folder: Path, named: object) -> Path:
    """The file or folder that a manifest names, which must lie inside its own folder.

    Args:
        folder: The models folder.
        named: A relative path with forward slashes.

    Raises:
        ManifestError: It is another kind of path, or leaves the folder.
    """
    if not isinstance(named, str) or not named or "\0" in named or "\\" in named or _leaves(named):
        raise ManifestError.of(
            f"the path {named!r:.80} in the manifest of {folder}", "a relative path inside that folder", "correct it"
        )
    path = folder / named
    check_link(folder, path)
    return path


def _leaves(named: str) -> bool:
    path = PurePosixPath(named)
    return path.is_absolute() or ".." in path.parts or bool(PureWindowsPath(named).drive)


def check_link(folder: Path, path: Path) -> None:
    """Refuse a path that leads out of the folder by a link.

    Raises:
        ManifestError: It does, or its links lead nowhere.
    """
    try:
        leads_out = not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # links in a circle, or a name that cannot be one
        leads_out = True
    if leads_out:
        raise ManifestError.of(
            f"{path}, a link that leads out of the models folder", "a file inside it", "copy the file to its place"
        )


def hashes(folder: Path, places: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file that is opened, by its path relative to the models folder.

    Args:
        folder: The models folder.
        places: Folders of adapters and scorers in it; one that is not there has no files.

    Raises:
        ManifestError: A file is too large, is no plain file, leads out of the folder, or may be a pickle.
    """
    try:
        there = [path for place in dict.fromkeys(places) if place.is_dir() for path in sorted(place.iterdir())]
        for path in there:
            if path.suffix.lower() in PICKLES:
                raise ManifestError.of(f"{path}, which may be a pickle", "safetensors and JSON only", REMEDY)
        opened = [path for path in there if path.name in LOADED]
        for path in opened:
            check_link(folder, path)
            check_size(path)
        return {path.relative_to(folder).as_posix(): _sha256(path) for path in opened}
    except OSError as error:
        raise ManifestError.of(f"{folder}, which cannot be read ({error})", "a folder of files", REMEDY) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_size(path: Path) -> None:
    """Refuse a file that is too large for what it is, before it is read.

    Raises:
        ManifestError: It is too large, or no plain file.
    """
    most = MAX_BYTES[path.suffix]
    if not path.is_file():
        raise ManifestError.of(f"{path}, which is no plain file", "one", REMEDY)
    if (size := path.stat().st_size) > most:
        raise ManifestError.of(f"{path} of {size:,} bytes", f"at most {most:,}", REMEDY)
