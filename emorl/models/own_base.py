"""A base of your own, by what somebody types: a folder, or `owner/name` of a model on the hub.

A model of the hub is fetched once, into the cache: configuration, tokenizer and safetensors, nothing that could run
code. It appears there whole or not at all. Left out: whether the engine takes it (`emorl.ensemble.architecture`), and
the published base (`base`), which is fetched by its hash.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock

from emorl.errors import AssetError
from emorl.models.base import BASE_NAME, BASE_SHA256, check_base_folder
from emorl.settings import settings

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
WANTED = ["*.json", "*.safetensors", "*.model", "merges.txt", "vocab.txt"]
"""Files of a model that are fetched; those in folders inside it are not."""

CONSOLIDATED = ["*/*", "consolidated*"]
"""Copies of the weights in another form, and what lies in folders."""


def own_base(name: str) -> Path:
    """The folder of a base; one of the hub is fetched if it is not in the cache.

    Args:
        name: A folder, or `owner/name` of a model on the hub.

    Raises:
        AssetError: The folder is incomplete, there is none and the hub does not give such a model.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return check_base_folder(folder)
    if folder.exists() or not HUB_NAME.fullmatch(name):
        raise AssetError.of(f"the base {name}", "a folder, or owner/name of a model on the hub", "name one of them")
    cache = settings().cache_folder / "bases"
    target = cache / name.replace("/", "--")
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{target.name}.lock"):
        if not target.is_dir():
            _fetch(name, target)
    return target


def base_name(folder: Path, sha256: str) -> str:
    """What manifests and cards call a base: the published one's name, or that of its folder."""
    return BASE_NAME if sha256 == BASE_SHA256 else folder.resolve().name


def _fetch(name: str, target: Path) -> None:
    """Fetch a model of the hub into a temporary folder, check it, and move it to its place."""
    from huggingface_hub import snapshot_download

    with tempfile.TemporaryDirectory(prefix=f"{target.name}.part-", dir=target.parent) as part:
        ready = Path(part) / "ready"
        try:
            snapshot_download(name, local_dir=ready, allow_patterns=WANTED, ignore_patterns=CONSOLIDATED)
        except Exception as error:  # of several libraries: no network, no such model, one behind a licence, a full disk
            raise AssetError.of(
                f"the base {name}, which is no folder here and cannot be fetched ({str(error)[:200]})",
                "a folder, or owner/name of a model on the hub",
                "fetch it on a machine with a network and name its folder",
            ) from None
        shutil.rmtree(ready / ".cache", ignore_errors=True)
        os.replace(check_base_folder(ready), target)
