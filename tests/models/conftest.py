"""A models folder to read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emorl.models.manifest import VERSION, base_identity, file_hashes, file_sha256


@pytest.fixture
def folder(tmp_path) -> Path:
    """A models folder whose weights files are stand-ins: only their hashes matter here."""
    for place in ("warmstart", "adapters/calm"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "adapter_model.safetensors").write_bytes(place.encode())
    data = {
        "version": VERSION,
        "base": {"sha256": "ab"},
        "template": "T",
        "warm_start": {"path": "warmstart"},
        "base_id": base_identity("ab", tmp_path / "warmstart"),
        "objectives": [
            {
                "name": "calm",
                "label": "Calm",
                "help": "Is calm.",
                "adapter": "adapters/calm",
                "sha256": file_sha256(tmp_path / "adapters/calm/adapter_model.safetensors"),
                "scorer": "fluency",
            }
        ],
        "presets": {"balanced": {"calm": 1}, "base": {}},
    }
    data["files"] = file_hashes(tmp_path, data)
    (tmp_path / "manifest.json").write_text(json.dumps(data))
    return tmp_path
