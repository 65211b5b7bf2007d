"""What a models folder may hold: each path that leaves it and each file that must not be there is one line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emorl import cli
from emorl.errors import ManifestError
from emorl.models import contents
from emorl.models.manifest import read_manifest, seal

WEIGHTS = "adapter_model.safetensors"


def change(folder: Path, change: Callable[[Any], object]) -> None:
    data = json.loads((folder / "manifest.json").read_text())
    change(data)
    (folder / "manifest.json").write_text(json.dumps(data))


def refusal(folder: Path) -> str:
    with pytest.raises(ManifestError) as error:
        read_manifest(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def with_scorer(folder: Path) -> Path:
    """The folder of a scorer that the manifest names and has the hashes of."""
    scorer = folder / "scorers" / "calm"
    scorer.mkdir(parents=True)
    for name in contents.LOADED:
        (scorer / name).write_bytes(name.encode())
    own = scorer / contents.OWN_WARM_START
    own.mkdir()
    (own / WEIGHTS).write_bytes(b"own")
    change(folder, lambda data: data["objectives"][0].update(scorer="scorers/calm"))
    seal(folder)
    return scorer


@pytest.mark.parametrize(
    "named",
    ["../other", "a/../../b", "/etc", "C:/x", "a\\b", "", "a\0b", 3, None, ["a"]],
    ids=lambda named: repr(named),
)
@pytest.mark.parametrize("place", ["adapter", "warm start", "scorer", "faithfulness"])
def test_a_path_that_leaves_the_folder_is_refused(folder: Path, named: object, place: str) -> None:
    changes: dict[str, Callable[[Any], object]] = {
        "adapter": lambda data: data["objectives"][0].update(adapter=named),
        "warm start": lambda data: data.update(warm_start={"path": named}),
        "scorer": lambda data: data["objectives"][0].update(scorer=named),
        "faithfulness": lambda data: data.update(faithfulness={"scorer": named}),
    }
    if place == "scorer" and named in ("C:/x", None):  # read as a function, and as no scorer
        named = ".."
    change(folder, changes[place])
    assert "expected a relative path inside that folder" in (text := refusal(folder)) or "which lacks text as" in text


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    weights = folder / "adapters" / "calm" / WEIGHTS
    weights.rename(outside / WEIGHTS)
    weights.symlink_to(outside / WEIGHTS)
    assert f"Got {weights}, a link that leads out of the models folder" in refusal(folder)
    weights.unlink()
    weights.symlink_to(weights)  # in a circle
    assert "a link that leads out" in refusal(folder)
    weights.unlink()
    weights.parent.rmdir()
    weights.parent.symlink_to(outside)
    assert f"Got {weights.parent}, a link that leads out" in refusal(folder)


def test_a_link_inside_the_folder_is_followed_and_so_is_one_to_the_folder(folder: Path, tmp_path_factory: Any) -> None:
    weights = folder / "adapters" / "calm" / WEIGHTS
    weights.rename(folder / "moved")
    weights.symlink_to(folder / "moved")
    link = tmp_path_factory.mktemp("links") / "models"
    link.symlink_to(folder)
    assert read_manifest(link).objectives[0].name == "calm"


@pytest.mark.parametrize("name", ["adapter_model.bin", "old.PT", "state.pkl", "x.ckpt"])
@pytest.mark.parametrize("place", ["warmstart", "adapters/calm", "scorers/calm", "scorers/calm/warmstart"])
def test_a_pickle_beside_the_files_is_refused(folder: Path, name: str, place: str) -> None:
    with_scorer(folder)
    (folder / place / name).write_bytes(b"")
    assert f"{name}, which may be a pickle: expected safetensors and JSON only" in refusal(folder)


@pytest.mark.parametrize("name", [*contents.LOADED, f"{contents.OWN_WARM_START}/{WEIGHTS}"])
def test_every_file_of_a_scorer_is_held_by_its_hash(folder: Path, name: str) -> None:
    scorer = with_scorer(folder)
    file = scorer / name
    assert read_manifest(folder).objectives[0].scorer == scorer
    file.write_bytes(b"other")
    assert f"{name}, which is not the file that the manifest names" in refusal(folder)
    file.unlink()
    assert f"{name}, which is missing" in refusal(folder)


def test_a_file_that_the_manifest_does_not_name_is_refused(folder: Path) -> None:
    (folder / "adapters" / "calm" / "adapter_config.json").write_text("{}")
    assert "adapter_config.json, which the manifest does not name" in refusal(folder)


def test_sizes_are_checked_before_anything_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = folder / "adapters" / "calm" / WEIGHTS
    os.truncate(weights, contents.MAX_BYTES[".safetensors"] + 1)  # takes no room on the disk
    monkeypatch.setattr("hashlib.file_digest", lambda *_: pytest.fail("it was read"))
    assert f"{WEIGHTS} of 1,073,741,825 bytes: expected at most 1,073,741,824" in refusal(folder)
    os.truncate(folder / "manifest.json", contents.MAX_BYTES[".json"] + 1)
    assert "manifest.json of 1,048,577 bytes" in refusal(folder)


def test_what_is_no_plain_file_is_refused(folder: Path) -> None:
    weights = folder / "adapters" / "calm" / WEIGHTS
    weights.unlink()
    os.mkfifo(weights)  # reading it would wait for ever
    assert "which is no plain file" in refusal(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200_000, "is not JSON"),
        ('{"version": ' + "9" * 5000 + "}", "is not JSON"),
        ("\xff", "is not JSON"),
        ("[]", "has version None"),
        ('{"version": {"a": 1}}', "has version {'a': 1}"),
    ],
)
def test_json_that_is_no_manifest(folder: Path, text: str, message: str) -> None:
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    assert message in refusal(folder)


@pytest.mark.parametrize(
    ("change_it", "message"),
    [
        (lambda d: d.update(objectives={"calm": {}}), "lacks a list of objectives"),
        (lambda d: d.update(objectives=["calm"]), "lacks an object 'with name'"),
        (lambda d: d["objectives"][0].update(name=["calm"]), "lacks text as 'name'"),
        (lambda d: d["objectives"][0].update(sha256=None), "lacks text as 'sha256'"),
        (lambda d: d.update(base="ab"), "lacks an object 'with sha256'"),
        (lambda d: d.update(base_id=1), "lacks text as 'base_id'"),
        (lambda d: d.update(presets=["calm"]), "lacks an object 'presets'"),
        (lambda d: d["presets"].update(odd="ab"), "lacks an object 'odd'"),
        (lambda d: d["presets"].update(odd={"calm": 1e9}), "has 1000000000.0 for calm"),
        (lambda d: d["presets"].update(odd={"calm": 10**400}), "expected a number from 0 to 1e"),
        (lambda d: d["presets"].update(odd={"calm": float("nan")}), "has nan for calm"),
        (lambda d: d.update(files=["a"]), "lacks an object 'files'"),
        (lambda d: d["files"].update(a=1), "lacks text as 'a'"),
        (lambda d: d["files"].update({"../a": "0"}), "../a, which is missing"),
        (
            lambda d: d.pop("files"),
            "without the hashes of its files: expected .files., SHA-256 by path; write them with",
        ),
    ],
)
def test_a_field_of_another_kind_is_one_line(folder: Path, change_it: Callable[[Any], object], message: str) -> None:
    change(folder, change_it)
    assert message.replace(".files.", "`files`") in refusal(folder)


def test_a_folder_is_sealed_anew(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    (folder / "adapters" / "calm" / WEIGHTS).write_bytes(b"trained longer")
    change(folder, lambda data: data.pop("files"))
    assert "not the file" in refusal(folder)
    monkeypatch.setattr(sys, "argv", ["emorl", "models", "seal", str(folder)])
    with pytest.raises(SystemExit) as stop:
        cli.run()
    assert not stop.value.code and capsys.readouterr().out == f"2 files sealed in {folder}\n"
    assert set(read_manifest(folder).files or ()) == {f"warmstart/{WEIGHTS}", f"adapters/calm/{WEIGHTS}"}
