"""The manifest of a models folder: which base, warm start, adapters and scorers belong together.

`python -m training package` writes it, the app and the command line serve it; the sliders follow its objectives. Paths
are relative to the folder. Left out: downloading models folders.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from emorl.errors import ManifestError

VERSION = 1


@dataclass(frozen=True)
class ObjectiveEntry:
    """One objective.

    Attributes:
        name: Short name, used in weights and on the command line.
        label: Name on the slider.
        help: One sentence for the counsellor.
        adapter: Folder of its PEFT adapter.
        sha256: Hash of the adapter's weights.
        scorer: Folder of its scorer, or "fluency" for the perplexity score.
        training: What its run cost and gave, as reported by training.
    """

    name: str
    label: str
    help: str
    adapter: Path
    sha256: str
    scorer: Path | str
    training: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A checked manifest.

    Attributes:
        folder: The models folder.
        base_sha256: Hash of the base model's file.
        template: Prompt template the models were trained with.
        warm_start: Folder of the warm start adapter, or None.
        base_id: Identity of base and warm start together; adapters carry it.
        objectives: K objectives, in slider order.
        presets: Named weights.
        faithfulness: Folder of the scorer that says whether a reply keeps to what the client said, or None.
    """

    folder: Path
    base_sha256: str
    template: str
    warm_start: Path | None
    base_id: str
    objectives: tuple[ObjectiveEntry, ...]
    presets: dict[str, dict[str, float]]
    faithfulness: Path | None = None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def base_identity(base_sha256: str, warm_start: Path | None) -> str:
    """Identity of a base with its warm start: SHA-256 over both hashes."""
    warm = file_sha256(warm_start / "adapter_model.safetensors") if warm_start else ""
    return hashlib.sha256(f"{base_sha256}:{warm}".encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read and check `manifest.json`.

    Raises:
        ManifestError: It is missing, not JSON, of another version, incomplete, or a file's hash differs.
    """
    path = folder / "manifest.json"
    remedy = "write it with `python -m training package`, or name another models folder"
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        raise ManifestError(f"No manifest.json in {folder}: expected a models folder; {remedy}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} is not JSON ({error}): expected a manifest; {remedy}.") from None
    if data.get("version") != VERSION:
        raise ManifestError(f"{path} has version {data.get('version')}: expected {VERSION}; {remedy}.")
    try:
        warm = folder / data["warm_start"]["path"] if data.get("warm_start") else None
        objectives = tuple(
            ObjectiveEntry(
                o["name"], o["label"], o["help"], folder / o["adapter"], o["sha256"],
                o["scorer"] if o["scorer"] == "fluency" else folder / o["scorer"], o.get("training", {}),
            )
            for o in data["objectives"]
        )  # fmt: skip
        faithful = folder / data["faithfulness"]["scorer"] if data.get("faithfulness") else None
        manifest = Manifest(folder, data["base"]["sha256"], data["template"], warm, data["base_id"], objectives,
                            data["presets"], faithful)  # fmt: skip
    except (KeyError, TypeError) as error:
        raise ManifestError(f"{path} lacks {error}: expected a complete manifest; {remedy}.") from None
    names = [o.name for o in objectives]
    if not names or len(set(names)) != len(names) or "base" in names:
        raise ManifestError(f"{path} names the objectives {names}: expected different names, not `base`; {remedy}.")
    for preset, weights in manifest.presets.items():
        if unknown := set(weights) - set(names):
            raise ManifestError(f"{path}: preset {preset} names {sorted(unknown)}: expected {names}; {remedy}.")
    for entry in objectives:
        weights_file = entry.adapter / "adapter_model.safetensors"
        if not weights_file.is_file() or file_sha256(weights_file) != entry.sha256:
            raise ManifestError(f"{weights_file} is missing or not the file the manifest names: expected SHA-256 "
                                f"{entry.sha256[:12]}...; {remedy}.")  # fmt: skip
    if warm and (not (warm / "adapter_model.safetensors").is_file()
                 or base_identity(manifest.base_sha256, warm) != manifest.base_id):  # fmt: skip
        raise ManifestError(f"The warm start in {warm} is not the one the adapters were trained on; {remedy}.")
    return manifest
