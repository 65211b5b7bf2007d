"""What is packaged: adapters in their type and stamped with their base, scorers in half precision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from emorl.ensemble.lora import load_adapter
from emorl.errors import AdapterMismatch
from emorl.scoring.language_model import LanguageModelScorer
from tests.scoring.tiny import write_adapter, write_scorer
from training.package import KEPT, store_adapter, store_scorer

WEIGHTS = "adapter_model.safetensors"
PAIRS = ["I sold it."] * 2, ["You miss it.", "You sold it."]


@pytest.fixture(scope="module")
def adapter(tiny_base, tmp_path_factory) -> Path:
    return write_adapter(tmp_path_factory.mktemp("adapter"), tiny_base, seed=2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_adapter_keeps_its_factors_in_the_given_type(adapter, tmp_path, dtype: torch.dtype) -> None:
    assert store_adapter(adapter, tmp_path / "new" / "calm", "ab" * 32, dtype) == tmp_path / "new" / "calm"
    before, after = (load_file(p / "adapter_model.safetensors") for p in (adapter, tmp_path / "new" / "calm"))
    assert before.keys() == after.keys()
    assert all(after[key].dtype == dtype and torch.equal(after[key], before[key].to(dtype)) for key in before)


def test_an_adapter_is_stamped_with_its_base_and_refused_on_another(adapter, tmp_path) -> None:
    store_adapter(adapter, tmp_path, "ab" * 32, torch.float32)
    with safe_open(tmp_path / "adapter_model.safetensors", "pt") as file:
        assert file.metadata()["base_id"] == "ab" * 32
    assert load_adapter(tmp_path, "ab" * 32).rank == 4
    with pytest.raises(AdapterMismatch):
        load_adapter(tmp_path, "cd" * 32)


def test_an_adapters_settings_are_those_that_count_in_a_fixed_order(adapter, tmp_path) -> None:
    store_adapter(adapter, tmp_path, "ab", torch.float32)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    before = json.loads((adapter / "adapter_config.json").read_text())
    assert set(config) == set(KEPT) < set(before) and list(config) == sorted(config)
    assert config["target_modules"] == sorted(before["target_modules"])
    assert (config["r"], config["lora_alpha"], config["layers_to_transform"]) == (4, 8, [1, 2])
    assert config["base_model_name_or_path"] == "SmolLM2-135M-Instruct"  # no path of the machine it was trained on


def test_an_adapter_is_brought_to_a_lower_rank_by_its_largest_singular_values(adapter, tmp_path) -> None:
    store_adapter(adapter, tmp_path, "ab", torch.float32, rank=2)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (2, 4)
    before, after = (load_file(p / "adapter_model.safetensors") for p in (adapter, tmp_path))
    assert before.keys() == after.keys()
    for name in (name for name in before if "lora_A" in name):
        whole, lowered = (t[name.replace("lora_A", "lora_B")] @ t[name] for t in (before, after))
        values = torch.linalg.svdvals(whole)
        assert torch.linalg.matrix_rank(lowered, rtol=1e-4) == 2
        assert (whole - lowered).norm() == pytest.approx(float(values[2:].norm()), rel=1e-3)  # Eckart and Young


def test_a_lower_rank_than_asked_for_stays(adapter, tmp_path) -> None:
    store_adapter(adapter, tmp_path / "one", "ab", torch.float32, rank=4)
    store_adapter(adapter, tmp_path / "two", "ab", torch.float32)
    files = [(tmp_path / name / "adapter_model.safetensors").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1]


def test_a_scorer_is_stored_in_half_precision_and_names_its_backbone(tiny_base, tmp_path) -> None:
    source = write_scorer(tmp_path / "source", tiny_base, ["empathy"])
    store_scorer(source, tmp_path / "target")
    tensors = load_file(tmp_path / "target" / "adapter_model.safetensors")
    assert tensors and {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    config = json.loads((tmp_path / "target" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "SmolLM2-135M-Instruct"


def test_a_scorer_brings_its_own_warm_start_along(tiny_base, tmp_path) -> None:
    source = write_scorer(tmp_path / "source", tiny_base, ["empathy"], stands_on="own warm start")
    own = write_adapter(source / "warmstart", tiny_base, seed=7)
    for _ in range(2):  # packaged again, it is the same
        target = store_scorer(source, tmp_path / "target")
        assert load_file(target / "warmstart" / WEIGHTS).keys() == load_file(own / WEIGHTS).keys()
    found = LanguageModelScorer(target, tiny_base, target / "warmstart").scores(*PAIRS)
    torch.testing.assert_close(found, LanguageModelScorer(source, tiny_base, own).scores(*PAIRS), atol=1e-3, rtol=0)


def test_a_cross_encoder_has_no_head_of_its_own_and_its_backbone_is_minilm(tiny_base, tmp_path) -> None:
    source = write_scorer(tmp_path / "source", tiny_base, ["empathy"])
    (source / "head.safetensors").unlink()
    (source / "scorer.json").write_text(json.dumps({"objective": "empathy", "labels": 1}))
    target = store_scorer(source, tmp_path / "target")
    assert not (target / "head.safetensors").exists()
    assert json.loads((target / "scorer.json").read_text()) == {"objective": "empathy", "labels": 1}
    config = json.loads((target / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "sentence-transformers/all-MiniLM-L6-v2"


def test_the_same_adapter_is_the_same_file_wherever_it_is_stored(adapter, tmp_path) -> None:
    folders = [store_adapter(adapter, tmp_path / str(n), "ab" * 32, torch.bfloat16) for n in range(12)]
    assert len({(folder / "adapter_model.safetensors").read_bytes() for folder in folders}) == 1


def test_a_second_copy_has_the_same_bytes_and_another_base_is_written(adapter, tmp_path) -> None:
    file = tmp_path / "adapter_model.safetensors"
    store_adapter(adapter, tmp_path, "ab" * 32, torch.float32)
    first = file.read_bytes()
    store_adapter(adapter, tmp_path, "ab" * 32, torch.float32)
    assert file.read_bytes() == first
    for base_id, dtype in (("cd" * 32, torch.float32), ("cd" * 32, torch.bfloat16)):
        before = file.read_bytes()
        store_adapter(adapter, tmp_path, base_id, dtype)
        assert file.read_bytes() != before
