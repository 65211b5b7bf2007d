"""Makes a models folder of ordinary PEFT adapters: copies with hashes, stamped with their base, and the manifest.

Everything is read and fitted to the base before anything is written, and the folder appears whole or not at all. Left
out: training (`training`), and judging whether the adapters write well.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emorl.building.check import fit
from emorl.ensemble.lora import load_adapter
from emorl.errors import ManifestError
from emorl.models.base import base_sha256, check_base_folder, ensure_base
from emorl.models.manifest import VERSION, base_identity, file_hashes, file_sha256
from emorl.models.own_base import base_name
from emorl.models.template import TEMPLATE
from emorl.models.weights_file import stamped

WEIGHTS, SETTINGS = "adapter_model.safetensors", "adapter_config.json"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
RESERVED = ("base", "balanced", "equal")
"""Names of presets that every folder has."""


@dataclass(frozen=True)
class Parts:
    """What a models folder is made of.

    Attributes:
        adapters: Folders of PEFT adapters by the objective's name, in slider order.
        base: Folder of the base that they were trained on; None for the one in use.
        warm_start: Folder of a PEFT adapter that is merged into the base first, or None.
        scorers: By objective, "fluency", the folder of a trained scorer, or a function as `package.module:function`;
            objectives without one are not scored.
    """

    adapters: Mapping[str, Path]
    base: Path | None = None
    warm_start: Path | None = None
    scorers: Mapping[str, Path | str] = field(default_factory=dict)


def build(target: Path, parts: Parts) -> Path:
    """Write a models folder.

    Args:
        target: The folder to make; it may exist if it is empty.
        parts: What goes into it.

    Returns:
        The folder.

    Raises:
        ManifestError: A name cannot be used, a scorer is missing, or the folder is not empty.
        AdapterMismatch: An adapter cannot be mixed exactly, or does not fit the base.
        BackboneError: The base cannot be used.
        AssetError: The base cannot be found.
    """
    _check_parts(target, parts)
    base = check_base_folder(parts.base) if parts.base is not None else ensure_base()
    digest = base_sha256(base)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{target.name}.part-", dir=target.parent) as temporary:
        folder = Path(temporary) / "ready"
        folder.mkdir()
        warm_start = None
        if parts.warm_start is not None:
            warm_start = _store(parts.warm_start, folder / "warmstart", digest, "warmstart")
        base_id = base_identity(digest, warm_start)
        for name, source in parts.adapters.items():
            _store(source, folder / "adapters" / name, base_id, name)
        warm = load_adapter(warm_start) if warm_start else None
        fit(base, warm, [load_adapter(folder / "adapters" / name, name=name) for name in parts.adapters])
        manifest = _manifest(folder, parts, {"name": base_name(base, digest), "sha256": digest}, base_id, warm_start)
        manifest["files"] = file_hashes(folder, manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
        if target.is_dir():
            target.rmdir()
        os.replace(folder, target)
    return target


def _check_parts(target: Path, parts: Parts) -> None:
    """Refuse names and folders that cannot be used."""
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise ManifestError.of(f"{target}, which is not empty", "a folder that there is not yet", "name another one")
    if not parts.adapters:
        raise ManifestError.of("no adapter", "at least one", "write name=FOLDER for each objective")
    for name in parts.adapters:
        if not NAME.fullmatch(name) or name in RESERVED:
            raise ManifestError.of(
                f"the objective `{name}`",
                f"small letters, digits, - and _, up to 40, and none of {', '.join(RESERVED)}",
                "choose another name",
            )
    for name, scorer in parts.scorers.items():
        if name not in parts.adapters:
            raise ManifestError.of(
                f"a scorer for {name}", f"one of {', '.join(parts.adapters)}", "name an objective of the folder"
            )
        if isinstance(scorer, Path) and not (scorer / "scorer.json").is_file():
            raise ManifestError.of(
                f"no scorer in {scorer}", "scorer.json", "write name=fluency or the folder of a trained scorer"
            )


def _store(source: Path, target: Path, base_id: str, name: str) -> Path:
    """A copy of an adapter, stamped with its base; the very file if it is stamped already."""
    from safetensors import safe_open
    from safetensors.torch import load_file

    load_adapter(source, base_id, name)  # refuses what cannot be mixed, before anything is copied
    target.mkdir(parents=True)
    with safe_open(source / WEIGHTS, "pt") as file:
        known = (file.metadata() or {}).get("base_id") == base_id
    if known:
        shutil.copyfile(source / WEIGHTS, target / WEIGHTS)
    else:
        tensors = {key: value.contiguous() for key, value in load_file(source / WEIGHTS).items()}
        (target / WEIGHTS).write_bytes(stamped(tensors, base_id))
    settings = json.loads((source / SETTINGS).read_text(encoding="utf-8"))
    settings.pop("base_model_name_or_path", None)  # often a path of the machine that it was trained on
    (target / SETTINGS).write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return target


def _manifest(
    folder: Path, parts: Parts, base: dict[str, str], base_id: str, warm_start: Path | None
) -> dict[str, Any]:
    """The manifest of what lies in a folder; scorers are copied there."""
    names = list(parts.adapters)
    return {
        "version": VERSION,
        "base": base,
        "template": TEMPLATE,
        "warm_start": {"path": "warmstart", "sha256": file_sha256(warm_start / WEIGHTS)} if warm_start else None,
        "base_id": base_id,
        "objectives": [
            {
                "name": name,
                "label": name.replace("_", " ").replace("-", " ").capitalize(),
                "help": f"The adapter {name}.",
                "adapter": f"adapters/{name}",
                "sha256": file_sha256(folder / "adapters" / name / WEIGHTS),
                "scorer": _scorer(folder, parts.scorers.get(name)),
            }
            for name in names
        ],
        "presets": {
            "balanced": dict.fromkeys(names, 1.0),
            "equal": dict.fromkeys(names, 1.0),
            **{name: {name: 1.0} for name in names},
            "base": {},
        },
    }


def _scorer(folder: Path, scorer: Path | str | None) -> str | None:
    """A scorer as the manifest names it."""
    if not isinstance(scorer, Path):
        return scorer
    target = folder / "scorers" / scorer.resolve().name
    if not target.exists():
        shutil.copytree(scorer, target)
    return f"scorers/{target.name}"
