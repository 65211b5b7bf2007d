"""A base by a folder or by its name on the hub, which is fetched once, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from emorl.errors import AssetError
from emorl.models.base import BASE_NAME, BASE_SHA256
from emorl.models.own_base import base_name, own_base


@pytest.fixture
def hub(tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A hub with one model; what was asked for."""
    asked: list[dict[str, Any]] = []

    def download(name: str, local_dir: Path, **patterns: Any) -> None:
        asked.append({"name": name, **patterns})
        if name != "somebody/tiny-1":
            raise OSError(f"404 Client Error.\n\nRepository Not Found: {name}")
        shutil.copytree(tiny_base, local_dir)
        (local_dir / ".cache").mkdir()

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.setenv("EMORL_CACHE", str(tmp_path / "cache"))
    return asked


def test_a_folder_is_taken_as_it_is(tiny_base: Path, tmp_path: Path) -> None:
    assert own_base(str(tiny_base)) == tiny_base
    with pytest.raises(AssetError, match="without config.json, safetensors, a tokenizer: expected a folder that"):
        own_base(str(tmp_path))


def test_a_model_of_the_hub_is_fetched_once(hub: list[dict[str, Any]], tiny_base: Path, tmp_path: Path) -> None:
    folder = own_base("somebody/tiny-1")
    assert folder == tmp_path / "cache" / "bases" / "somebody--tiny-1" == own_base("somebody/tiny-1")
    assert len(hub) == 1 and "*.safetensors" in hub[0]["allow_patterns"]
    assert not any(pattern.endswith((".bin", ".pt", ".py")) for pattern in hub[0]["allow_patterns"])
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in tiny_base.iterdir())
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == [folder.name]


def test_a_model_that_the_hub_does_not_give_is_one_line_and_leaves_nothing(hub: Any, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="Got the base no/model, which is no folder here and cannot be fetched") as e:
        own_base("no/model")
    assert "\n" not in str(e.value) and str(e.value).endswith(
        "fetch it on a machine with a network and name its folder."
    )
    assert not [path for path in (tmp_path / "cache" / "bases").iterdir() if path.is_dir()]


def test_a_model_without_safetensors_is_refused(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, local_dir, **_: local_dir.mkdir())
    with pytest.raises(AssetError, match="without config.json, safetensors, a tokenizer"):
        own_base("somebody/pickles")
    assert not [path for path in (tmp_path / "cache" / "bases").iterdir() if path.is_dir()]


@pytest.mark.parametrize("name", ["SmolLM2", "", "a/b/c", "../up", "~nobody/x y"])
def test_a_name_that_is_neither(name: str, hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssetError, match="expected a folder"):
        own_base(name)
    assert not hub


def test_a_file_is_no_base(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AssetError, match="Got the base .*file: expected a folder, or owner/name of a model on the hub"):
        own_base(str(tmp_path / "file"))


def test_a_base_is_called_by_its_folder_unless_it_is_the_published_one(tmp_path: Path) -> None:
    assert base_name(tmp_path / "Qwen2.5-0.5B", "ab") == "Qwen2.5-0.5B"
    assert base_name(tmp_path / "cached", BASE_SHA256) == BASE_NAME
