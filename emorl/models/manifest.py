"""The manifest of a models folder: which base, warm start, adapters and scorers belong together.

`python -m training package` and `python -m emorl models build` write it; the app and the command line read it, and the
sliders follow its objectives. docs/models.md explains every field.
Paths are relative to the folder and stay inside it, and `files` has the hash of every file that is opened. Left out:
downloading models folders, and what the files say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

from emorl.errors import ManifestError
from emorl.models.chance import Chance
from emorl.models.contents import OWN_WARM_START, check_link, check_size, hashes, inside

VERSION = 1
MAX_WEIGHT = 1e6  # of a preset; only proportions count
WEIGHTS = "adapter_model.safetensors"
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
        chance: How the chance that a counsellor would say a candidate is estimated, or None for that scorer's own word.
        files: SHA-256 of every file that is opened, by path; None if the manifest does not list them.
    """

    folder: Path
    base_sha256: str
    template: str
    warm_start: Path | None
    base_id: str
    objectives: tuple[ObjectiveEntry, ...]
    presets: dict[str, dict[str, float]]
    faithfulness: Path | None = None
    chance: Chance | None = None
    files: dict[str, str] | None = None

    @property
    def places(self) -> list[Path]:
        """Folders whose files are opened: of warm start, adapters and scorers, and the warm starts of scorers."""
        scorers = [one for one in (*(o.scorer for o in self.objectives), self.faithfulness) if isinstance(one, Path)]
        named = [self.warm_start, *(o.adapter for o in self.objectives), *scorers]
        return [*(place for place in named if place is not None), *(scorer / OWN_WARM_START for scorer in scorers)]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def base_identity(base_sha256: str, warm_start: Path | None) -> str:
    """Identity of a base with its warm start: the SHA-256 of both hashes."""
    warm = file_sha256(warm_start / WEIGHTS) if warm_start else ""
    return hashlib.sha256(f"{base_sha256}:{warm}".encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read and check `manifest.json`.

    Raises:
        ManifestError: It is missing, not JSON, of another version or incomplete, names what is not in the folder or
            must not be there, or a file's hash differs.
    """
    manifest = _manifest_of(folder, _json(folder))
    _check_files(manifest)
    return manifest


def file_hashes(folder: Path, data: Mapping[str, Any]) -> dict[str, str]:
    """What belongs into `files` of a manifest: the hash of every file that it makes the app open.

    Args:
        folder: The models folder.
        data: The manifest; its `files` do not count.

    Raises:
        ManifestError: It is incomplete, or a file must not be in the folder.
    """
    return hashes(folder, _manifest_of(folder, data).places)


def seal(folder: Path) -> dict[str, str]:
    """Write the hashes of the files as they are now into the manifest, of a folder whose files are trusted.

    Returns:
        The hashes by path.

    Raises:
        ManifestError: There is no manifest, it is incomplete, or a file must not be in the folder.
    """
    data = _json(folder)
    data["files"] = found = file_hashes(folder, data)
    for entry in data["objectives"]:
        if weights := found.get((PurePosixPath(entry["adapter"]) / WEIGHTS).as_posix()):
            entry["sha256"] = weights
    (folder / "manifest.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def _json(folder: Path) -> dict[str, Any]:
    """The manifest as a dictionary of this version."""
    path = folder / "manifest.json"
    if not path.exists():
        raise ManifestError.of(f"no manifest.json in {folder}", "a models folder", REMEDY)
    check_link(folder, path)
    check_size(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError.of(f"{path}, which is not JSON ({error})", "a manifest", REMEDY) from None
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION or not isinstance(data, dict):
        raise ManifestError.of(f"{path}, which has version {version!r:.40}", str(VERSION), REMEDY)
    return data


def _manifest_of(folder: Path, data: Mapping[str, Any]) -> Manifest:
    path = folder / "manifest.json"
    try:
        manifest = _parse(folder, data)
    except (KeyError, TypeError) as error:
        raise ManifestError.of(f"{path}, which lacks {error}", "a complete manifest", REMEDY) from None
    _check_names(path, manifest)
    return manifest


def _parse(folder: Path, data: Mapping[str, Any]) -> Manifest:
    warm_start, faithfulness, files = (data.get(name) for name in ("warm_start", "faithfulness", "files"))
    if not isinstance(data["objectives"], list):
        raise TypeError("a list of objectives")
    objectives = tuple(
        ObjectiveEntry(
            name=_text(entry, "name"),
            label=_text(entry, "label"),
            help=_text(entry, "help"),
            adapter=inside(folder, _text(entry, "adapter")),
            sha256=_text(entry, "sha256"),
            scorer=_scorer(folder, entry["scorer"]),
        )
        for entry in data["objectives"]
    )
    return Manifest(
        folder=folder,
        base_sha256=_text(data["base"], "sha256"),
        template=_text(data, "template"),
        warm_start=inside(folder, _text(warm_start, "path")) if warm_start else None,
        base_id=_text(data, "base_id"),
        objectives=objectives,
        presets={name: dict(_object(weights, name)) for name, weights in _object(data["presets"], "presets").items()},
        faithfulness=inside(folder, _text(faithfulness, "scorer")) if faithfulness else None,
        chance=_chance(faithfulness.get("chance")) if faithfulness else None,
        files=None if files is None else {name: _text(files, name) for name in _object(files, "files")},
    )


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"an object {name!r}")
    return value


def _text(entry: object, name: str) -> str:
    value = _object(entry, f"with {name}")[name]
    if not isinstance(value, str):
        raise TypeError(f"text as {name!r}")
    return value


def _scorer(folder: Path, scorer: object) -> Path | str | None:
    """A scorer as a folder, unless it is no folder."""
    if scorer is None or (isinstance(scorer, str) and (scorer == "fluency" or ":" in scorer)):
        return scorer
    return inside(folder, scorer)


def _chance(weights: object) -> Chance | None:
    if weights is None:
        return None
    found = {}
    for name in (field.name for field in fields(Chance)):
        value = _object(weights, "chance")[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_WEIGHT:
            raise TypeError(f"a number from -{MAX_WEIGHT:g} to {MAX_WEIGHT:g} as {name!r} of 'chance'")
        found[name] = float(value)
    return Chance(**found)


def _check_names(path: Path, manifest: Manifest) -> None:
    """Refuse objectives without distinct names, and presets of other objectives or without numbers."""
    names = [entry.name for entry in manifest.objectives]
    if not names or len(set(names)) != len(names) or "base" in names:
        raise ManifestError.of(f"{path}, which names the objectives {names}", "different names, not `base`", REMEDY)
    for preset, weights in manifest.presets.items():
        if unknown := set(weights) - set(names):
            raise ManifestError.of(f"{path}, whose preset {preset} names {sorted(unknown)}", f"some of {names}", REMEDY)
        for name, weight in weights.items():
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= MAX_WEIGHT:
                raise ManifestError.of(
                    f"{path}, whose preset {preset} has {weight!r:.40} for {name}",
                    f"a number from 0 to {MAX_WEIGHT:g}",
                    REMEDY,
                )


def _check_files(manifest: Manifest) -> None:
    """Refuse files that are not those that the manifest names, and those that it does not name."""
    found = hashes(manifest.folder, manifest.places)
    for entry in manifest.objectives:
        file = entry.adapter / WEIGHTS
        if found.get(file.relative_to(manifest.folder).as_posix()) != entry.sha256:
            raise ManifestError.of(
                f"{file}, which is missing or not the file that the manifest names",
                f"SHA-256 {entry.sha256[:12]}...",
                REMEDY,
            )
    warm = manifest.warm_start
    if warm is not None and (
        not (warm / WEIGHTS).is_file() or base_identity(manifest.base_sha256, warm) != manifest.base_id
    ):
        raise ManifestError.of(
            f"the warm start in {warm}, which is missing or not the one that the adapters were trained on",
            "that one",
            REMEDY,
        )
    if manifest.files is None:
        raise ManifestError.of(
            f"{manifest.folder / 'manifest.json'} without the hashes of its files",
            "`files`, SHA-256 by path",
            f"write them with `python -m emorl models seal {manifest.folder}` if you trust that folder",
        )
    for name in sorted(found.keys() | manifest.files.keys()):
        if found.get(name) != manifest.files.get(name):
            fault = "is missing" if name not in found else "is not the file that the manifest names"
            if name not in manifest.files:
                fault = "the manifest does not name"
            raise ManifestError.of(
                f"{manifest.folder / name}, which {fault}", "the files that it was made with", REMEDY
            )
