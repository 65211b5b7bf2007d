"""Models folders: where the one in use is, and whether it fits this version and its base.

Left out: the manifest's own checks (`manifest`), and loading what it names (`emorl.reflecting.writer`).
"""

from __future__ import annotations

from pathlib import Path

from emorl.errors import AssetError, ManifestError
from emorl.models.base import BASE_SHA256, base_sha256, ensure_base
from emorl.models.manifest import Manifest, read_manifest
from emorl.models.template import TEMPLATE
from emorl.resources import data_path
from emorl.settings import settings


def models_dir(override: Path | None = None) -> Path:
    """The folder of adapters and scorers: `override`, else `$EMORL_MODELS`, else the shipped `data/models`.

    Raises:
        AssetError: There is no `manifest.json` in it.
    """
    folder = override or settings().models or data_path("models")
    if not (folder / "manifest.json").is_file():
        raise AssetError.of(
            f"no manifest.json in {folder}",
            "a folder of trained adapters",
            "set EMORL_MODELS to one, or make one with `python -m training all --config FILE` or "
            "`python -m emorl models build`",
        )
    return folder


def open_folder(models: Path | None = None, progress: bool = False) -> tuple[Manifest, Path]:
    """The checked manifest of a models folder, and the folder of the base that it needs.

    Args:
        models: See `models_dir`.
        progress: Whether to show progress while the base is fetched for the first time.

    Raises:
        AssetError: The base or the models folder cannot be found.
        ManifestError: The models folder is inconsistent, or made for another prompt template or another base.
    """
    manifest = read_manifest(models_dir(models))
    if manifest.template != TEMPLATE:
        raise ManifestError.of(
            f"models in {manifest.folder} that were trained with another prompt template",
            "this version's",
            "train them again",
        )
    base = ensure_base(progress=progress)
    if manifest.base_sha256 != BASE_SHA256 and settings().base is None:
        raise ManifestError.of(
            f"models in {manifest.folder} for the base {manifest.base_sha256[:12]}...",
            f"{BASE_SHA256[:12]}...",
            "name that base's folder in EMORL_BASE",
        )
    if manifest.base_sha256 != BASE_SHA256 and (found := base_sha256(base)) != manifest.base_sha256:
        raise ManifestError.of(
            f"models in {manifest.folder} for the base {manifest.base_sha256[:12]}...",
            f"{found[:12]}..., which EMORL_BASE names",
            "name the folder of their own base",
        )
    return manifest, base
