"""The manifest of a models folder: which base, warm start, adapters and scorers belong together.

`python -m training package` and `python -m emorl models build` write it; the app and the command line read it, and the
sliders follow its objectives. docs/models.md explains every field.
Paths are relative to the folder. Left out: downloading models folders.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

from emorl.errors import ManifestError

VERSION = 1
REMEDY = "write it with `python -m training package` or `python -m emorl models build`, or name another models folder"


@dataclass(frozen=True)
class ObjectiveEntry:
    """One objective.

    Attributes:
        name: Short name, used in weights and on the command line.
        label: Name on the slider.
        help: One sentence for the counsellor.
        adapter: Folder of its PEFT adapter.
        sha256: Hash of the adapter's weights.
        scorer: Folder of its scorer, "fluency" for the perplexity score, a function as `package.module:function`, or
            None where nothing scores it.
    """

    name: str
    label: str
    help: str
    adapter: Path
    sha256: str
    scorer: Path | str | None


@dataclass(frozen=True)
class Manifest:
    """A checked manifest.

    Attributes:
        folder: The models folder.
        base_sha256: Hash of the base model's file.
        template: Prompt template the models were trained with.
        warm_start: Folder of the warm start adapter, or None.
        base_id: Identity of base and warm start together; the adapters' files name it.
        objectives: K objectives, in slider order.
        presets: Named weights.
        faithfulness: Folder of the scorer for whether a reply keeps to what the client said, or None.
    """

    folder: Path
    base_sha256: str
    template: str
    warm_start: Path | None
    base_id: str
    objectives: tuple[ObjectiveEntry, ...]
    presets: dict[str, dict[str, float]]
    faithfulness: Path | None = None


class _Objective(TypedDict):
    name: str
    label: str
    help: str
    adapter: str
    sha256: str
    scorer: str | None


class _Base(TypedDict):
    sha256: str


class _WarmStart(TypedDict):
    path: str


class _Faithfulness(TypedDict):
    scorer: str


class _Json(TypedDict):
    """What `manifest.json` contains, as far as it is read here."""

    base: _Base
    template: str
    warm_start: NotRequired[_WarmStart | None]
    base_id: str
    objectives: list[_Objective]
    presets: dict[str, dict[str, float]]
    faithfulness: NotRequired[_Faithfulness | None]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def base_identity(base_sha256: str, warm_start: Path | None) -> str:
    """Identity of a base with its warm start: the SHA-256 of both hashes."""
    warm = file_sha256(warm_start / "adapter_model.safetensors") if warm_start else ""
    return hashlib.sha256(f"{base_sha256}:{warm}".encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read and check `manifest.json`.

    Raises:
        ManifestError: It is missing, not JSON, of another version or incomplete, or a file's hash differs.
    """
    path = folder / "manifest.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ManifestError.of(f"no manifest.json in {folder}", "a models folder", REMEDY) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ManifestError.of(f"{path}, which is not JSON ({error})", "a manifest", REMEDY) from None
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise ManifestError.of(f"{path}, which has version {version}", str(VERSION), REMEDY)
    try:
        manifest = _parse(folder, data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ManifestError.of(f"{path}, which lacks {error}", "a complete manifest", REMEDY) from None
    _check_names(path, manifest)
    _check_files(manifest)
    return manifest


def _parse(folder: Path, data: _Json) -> Manifest:
    warm_start, faithfulness = data.get("warm_start"), data.get("faithfulness")
    objectives = tuple(
        ObjectiveEntry(
            name=entry["name"],
            label=entry["label"],
            help=entry["help"],
            adapter=folder / entry["adapter"],
            sha256=entry["sha256"],
            scorer=_scorer(folder, entry["scorer"]),
        )
        for entry in data["objectives"]
    )
    return Manifest(
        folder=folder,
        base_sha256=data["base"]["sha256"],
        template=data["template"],
        warm_start=folder / warm_start["path"] if warm_start else None,
        base_id=data["base_id"],
        objectives=objectives,
        presets={name: dict(weights) for name, weights in data["presets"].items()},
        faithfulness=folder / faithfulness["scorer"] if faithfulness else None,
    )


def _scorer(folder: Path, scorer: str | None) -> Path | str | None:
    """A scorer as a folder, unless it is no folder."""
    return scorer if scorer in ("fluency", None) or ":" in scorer else folder / scorer


def _check_names(path: Path, manifest: Manifest) -> None:
    """Refuse objectives without distinct names, and presets of other objectives or without numbers."""
    names = [entry.name for entry in manifest.objectives]
    if not names or len(set(names)) != len(names) or "base" in names:
        raise ManifestError.of(f"{path}, which names the objectives {names}", "different names, not `base`", REMEDY)
    for preset, weights in manifest.presets.items():
        if unknown := set(weights) - set(names):
            raise ManifestError.of(f"{path}, whose preset {preset} names {sorted(unknown)}", f"some of {names}", REMEDY)
        for name, weight in weights.items():
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
                raise ManifestError.of(
                    f"{path}, whose preset {preset} has {weight!r:.40} for {name}",
                    "a finite number of at least 0",
                    REMEDY,
                )


def _check_files(manifest: Manifest) -> None:
    """Refuse adapters and a warm start that are not the files that the manifest names."""
    for entry in manifest.objectives:
        file = entry.adapter / "adapter_model.safetensors"
        if not file.is_file() or file_sha256(file) != entry.sha256:
            raise ManifestError.of(
                f"{file}, which is missing or not the file that the manifest names",
                f"SHA-256 {entry.sha256[:12]}...",
                REMEDY,
            )
    warm = manifest.warm_start
    if warm is not None and (
        not (warm / "adapter_model.safetensors").is_file()
        or base_identity(manifest.base_sha256, warm) != manifest.base_id
    ):
        raise ManifestError.of(
            f"the warm start in {warm}, which is missing or not the one that the adapters were trained on",
            "that one",
            REMEDY,
        )
