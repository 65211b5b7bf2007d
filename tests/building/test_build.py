"""Models folders of adapters of one's own, on the tiny base: built, checked, opened, and refused in one line."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import AutoTokenizer

from emorl import cli
from emorl.building.build import Parts, build
from emorl.building.check import check
from emorl.building.cli import parse_pairs
from emorl.errors import AdapterMismatch, AssetError, BackboneError, EmorlError, ManifestError
from emorl.models.base import base_sha256
from emorl.models.manifest import base_identity, file_sha256, read_manifest
from emorl.models.template import TEMPLATE
from emorl.reflecting.reflector import Reflector
from tests.ensemble.conftest import save_random_adapter
from tests.scoring.tiny import write_adapter, write_scorer

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def mine(tiny_base, tiny_model, tmp_path_factory) -> dict[str, Path]:
    """Two adapters of different layouts, and a third that is merged into the base first."""
    root = tmp_path_factory.mktemp("mine")
    patterned = {"r": 6, "rank_pattern": {"q_proj": 2}, "alpha_pattern": {"o_proj": 3}, "layers_to_transform": [2]}
    return {
        "calm": write_adapter(root / "a", tiny_base, seed=3),
        "brief": save_random_adapter(tiny_model, root / "b", 4, **patterned),
        "warm": save_random_adapter(tiny_model, root / "w", 5, layers_to_transform=None),
    }


@pytest.fixture(scope="module")
def tiny_model(tiny_base):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(tiny_base)


@pytest.fixture
def parts(tiny_base, mine) -> Parts:
    return Parts({"calm": mine["calm"], "brief": mine["brief"]}, base=tiny_base)


def refused(kind: type[EmorlError], target: Path, parts: Parts) -> str:
    before = sorted(target.parent.iterdir())
    with pytest.raises(kind) as error:
        build(target, parts)
    assert "\n" not in str(error.value) and sorted(target.parent.iterdir()) == before  # nothing is left behind
    return str(error.value)


# ---------------------------------------------------------------- built


def test_a_folder_is_built_with_hashes_and_stamps(parts, mine, tiny_base, tmp_path) -> None:
    folder = build(tmp_path / "new" / "models", parts)
    manifest, data = read_manifest(folder), json.loads((folder / "manifest.json").read_text())
    assert [entry.name for entry in manifest.objectives] == ["calm", "brief"] and manifest.warm_start is None
    assert manifest.template == TEMPLATE and manifest.base_sha256 == file_sha256(tiny_base / "model.safetensors")
    assert data["base"]["name"] == tiny_base.name and manifest.base_id == base_identity(manifest.base_sha256, None)
    assert [(entry.label, entry.scorer) for entry in manifest.objectives] == [("Calm", None), ("Brief", None)]
    assert list(manifest.presets) == ["balanced", "equal", "calm", "brief", "base"]
    for name in ("calm", "brief"):
        stored = folder / "adapters" / name
        with safe_open(stored / WEIGHTS, "pt") as file:
            assert file.metadata()["base_id"] == manifest.base_id
        before, after = load_file(mine[name] / WEIGHTS), load_file(stored / WEIGHTS)
        assert before.keys() == after.keys() and all((before[key] == after[key]).all() for key in before)
        assert "base_model_name_or_path" not in json.loads((stored / "adapter_config.json").read_text())
    assert [path.name for path in folder.parent.iterdir()] == ["models"]


def test_the_same_parts_make_the_same_folder_and_a_folder_can_be_built_of_a_built_one(parts, mine, tmp_path) -> None:
    whole = Parts(parts.adapters, parts.base, mine["warm"])
    one, two = build(tmp_path / "one", whole), build(tmp_path / "two", whole)
    again = build(
        tmp_path / "three",
        Parts({name: one / "adapters" / name for name in parts.adapters}, parts.base, one / "warmstart"),
    )
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    for other in (two, again):
        assert files == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
        assert all((one / file).read_bytes() == (other / file).read_bytes() for file in files)


def test_a_built_folder_reflects_and_a_scorer_is_optional(parts, mine, tiny_base, tmp_path, monkeypatch) -> None:
    scorer = write_scorer(tmp_path / "gentle", tiny_base, ["calm"])
    folder = build(tmp_path / "m", Parts(parts.adapters, parts.base, mine["warm"], {"calm": scorer}))
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    reflector = Reflector.load(folder, "float32")
    found = reflector.reflect("I am tired.", reflector.setting(reflector.presets["balanced"]), explain=True)
    assert list(found.weights) == ["calm", "brief"] and list(found.scores) == ["calm"] and found.faithfulness is None
    best = reflector.best_of("I am tired.", 2, reflector.setting({"brief": 1.0}), explain=False)
    assert [candidate.total for candidate in best.candidates] == [1.0, 1.0]  # nothing scores it
    lines = check(folder)
    assert lines[0].startswith(f"base {base_sha256(tiny_base)[:12]}, 3 layers") and lines[1] == "warm start warmstart"
    assert lines[2].startswith("calm: rank 4 on 14 projections of layers 1 to 2, scorer gentle, ")
    assert lines[3].startswith("brief: rank 6 on 7 projections of layers 2 to 2, no scorer, ")
    assert lines[4:] == ["faithfulness not scored", "presets balanced, equal, calm, brief, base"]


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize("name", ["base", "equal", "balanced", "Calm", "", "a b", "../up", "a" * 41])
def test_a_name_that_cannot_be_used(parts, mine, tmp_path, name) -> None:
    text = refused(ManifestError, tmp_path / "m", Parts({name: mine["calm"]}, parts.base))
    assert text.startswith(f"Got the objective `{name}`: expected small letters")


def test_a_folder_that_is_not_empty_is_never_overwritten(parts, tmp_path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine.txt").write_text("kept")
    (tmp_path / "file").write_text("kept")
    for place in ("m", "file"):
        assert "which is not empty: expected" in refused(ManifestError, tmp_path / place, parts)
    assert (tmp_path / "m" / "mine.txt").read_text() == (tmp_path / "file").read_text() == "kept"
    (tmp_path / "empty").mkdir()
    assert read_manifest(build(tmp_path / "empty", parts)).objectives


def test_adapters_that_do_not_fit(parts, mine, tiny_llama, tmp_path_factory, tmp_path) -> None:
    root = tmp_path_factory.mktemp("odd")
    with_dora = shutil.copytree(mine["calm"], root / "dora")
    settings = json.loads((with_dora / "adapter_config.json").read_text())
    (with_dora / "adapter_config.json").write_text(json.dumps(settings | {"use_dora": True}))
    deep = shutil.copytree(mine["calm"], root / "deep")
    (deep / "adapter_config.json").write_text(json.dumps(settings | {"layers_to_transform": [1, 7]}))
    tensors = {key.replace("layers.2.", "layers.7."): value for key, value in load_file(deep / WEIGHTS).items()}
    from safetensors.torch import save_file

    save_file(tensors, deep / WEIGHTS)
    for folder, message in (
        (root / "none", "with no PEFT adapter in"),
        (with_dora, "whose settings have use_dora true"),
        (deep, "adapter calm, which changes layer 7: expected a base of more than 7 layers instead of 3"),
    ):
        assert message in refused(AdapterMismatch, tmp_path / "m", Parts({"calm": folder}, parts.base))
    assert "Got no adapter" in refused(ManifestError, tmp_path / "m", Parts({}, parts.base))


def test_an_adapter_that_is_stamped_with_another_base(parts, mine, tmp_path_factory, tmp_path) -> None:
    built = build(tmp_path_factory.mktemp("other") / "m", Parts(parts.adapters, parts.base, mine["warm"]))
    other = Parts({"calm": built / "adapters" / "calm"}, parts.base)  # without its warm start
    assert "which was trained on the base" in refused(AdapterMismatch, tmp_path / "m", other)


def test_a_scorer_may_be_a_function_that_the_app_imports(parts, mine, tmp_path) -> None:
    own = Parts(parts.adapters, parts.base, mine["warm"], {"calm": "my_scorers:calm"})
    manifest = read_manifest(build(tmp_path / "m", own))
    assert [entry.scorer for entry in manifest.objectives] == ["my_scorers:calm", None]


def test_scorers_that_there_are_not(parts, tmp_path) -> None:
    lacking = Parts(parts.adapters, parts.base, scorers={"calm": tmp_path / "none"})
    assert "Got no scorer in" in refused(ManifestError, tmp_path / "m", lacking)
    stray = Parts(parts.adapters, parts.base, scorers={"loud": "fluency"})
    assert "Got a scorer for loud: expected one of calm, brief" in refused(ManifestError, tmp_path / "m", stray)


def test_bases_that_cannot_be_used(parts, tiny_base, tmp_path_factory, tmp_path) -> None:
    root = tmp_path_factory.mktemp("bases")
    text = refused(AssetError, tmp_path / "m", Parts(parts.adapters, root / "none"))
    assert "without config.json, safetensors, a tokenizer: expected a folder" in text
    other = shutil.copytree(tiny_base, root / "gpt2")
    config = json.loads((other / "config.json").read_text())
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    tokenizer["added_tokens"] = [t for t in tokenizer["added_tokens"] if t["content"] != "<|im_end|>"]
    del tokenizer["model"]["vocab"]["<|im_end|>"]
    (other / "tokenizer.json").write_text(json.dumps(tokenizer))
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        (other / name).unlink(missing_ok=True)
    assert config["model_type"] == "llama"
    AutoTokenizer.from_pretrained(other)
    assert "whose tokenizer has no <|im_end|>" in refused(BackboneError, tmp_path / "m", Parts(parts.adapters, other))


def test_another_base_than_the_models_own_is_refused(parts, tiny_base, tmp_path, monkeypatch) -> None:
    folder = build(tmp_path / "m", parts)
    other = shutil.copytree(tiny_base, tmp_path / "other")
    weights = bytearray((other / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (other / "model.safetensors").write_bytes(weights)
    monkeypatch.setenv("EMORL_BASE", str(other))
    with pytest.raises(ManifestError, match=r"expected \w{12}..., which EMORL_BASE names; name the folder of"):
        check(folder)


def test_a_base_in_several_files_has_one_hash(tmp_path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.safetensors").write_bytes(name.encode())
    both = base_sha256(tmp_path)
    assert re.fullmatch(r"[0-9a-f]{64}", both)
    (tmp_path / "two.safetensors").write_bytes(b"three")
    assert base_sha256(tmp_path) != both
    (tmp_path / "emorl_source.json").write_text('{"sha256": "ab"}')  # converted from a file with this hash
    assert base_sha256(tmp_path) == "ab"


# ---------------------------------------------------------------- the commands


def call(monkeypatch, capsys, *arguments: object) -> tuple[object, str, str]:
    monkeypatch.setattr(sys, "argv", ["emorl", "models", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        cli.run()
    shown = capsys.readouterr()
    return stop.value.code, shown.out, shown.err


def test_the_commands_build_and_check(mine, tiny_base, tmp_path, monkeypatch, capsys) -> None:
    pairs = [f"{name}={mine[name]}" for name in ("calm", "brief")]
    options = ["--base", tiny_base, "--warm-start", mine["warm"], "--scorer", "brief=fluency"]
    code, out, _ = call(monkeypatch, capsys, "build", tmp_path / "m", *pairs, *options)
    assert (code, out) == (0, f"{tmp_path / 'm'}\n")
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    code, out, _ = call(monkeypatch, capsys, "check", tmp_path / "m")
    assert code == 0 and out.splitlines() == check(tmp_path / "m") and "brief: rank 6" in out and "fluency" in out
    (tmp_path / "m" / "adapters" / "calm" / WEIGHTS).write_bytes(b"other")
    code, out, err = call(monkeypatch, capsys, "check", tmp_path / "m")
    assert code == 2 and not out and "not the file that the manifest names" in err and err.count("\n") == 1


@pytest.mark.parametrize("pair", ["calm", "=a", "calm=", "calm=b"])
def test_a_pair_that_is_none(monkeypatch, capsys, tmp_path, pair) -> None:
    code, _, err = call(monkeypatch, capsys, "build", tmp_path / "m", "calm=a", pair)
    assert code == 2 and err.startswith(f"Got the adapter `{pair}`: expected name=FOLDER") and err.count("\n") == 1
    assert parse_pairs(["a=b=c"], "adapter") == {"a": "b=c"}
