"""Opening a models folder: it must go with this version's prompt and with the base in use."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emorl.errors import ManifestError
from emorl.models import folder as folders
from emorl.models.base import BASE_SHA256
from emorl.models.folder import open_folder
from emorl.models.template import TEMPLATE


def change(folder: Path, **changes: Any) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.fixture
def base(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the shipped base is said to be."""
    monkeypatch.delenv("EMORL_BASE", raising=False)
    monkeypatch.setattr(folders, "ensure_base", lambda progress: folder)
    return folder


def test_another_prompt_template_is_refused_in_the_app_and_in_training(folder: Path, base: Path) -> None:
    from training.stages.models import open_models

    config: Any = SimpleNamespace(models=folder)
    for open_it in (lambda: open_folder(folder), lambda: open_models(config)):
        with pytest.raises(ManifestError, match="trained with another prompt template: expected .*; train"):
            open_it()


def test_another_base_is_refused_unless_one_is_named(folder: Path, base: Path, monkeypatch: Any) -> None:
    change(folder, template=TEMPLATE)
    with pytest.raises(ManifestError, match=f"for the base ab...: expected {BASE_SHA256[:12]}...; name that base"):
        open_folder(folder)
    monkeypatch.setenv("EMORL_BASE", str(folder))
    with pytest.raises(ManifestError, match="for the base ab...: expected .*, which EMORL_BASE names; name the folder"):
        open_folder(folder)
    (folder / "emorl_source.json").write_text('{"sha256": "ab"}')
    manifest, found = open_folder(folder)
    assert found == base and manifest.base_sha256 == "ab"
