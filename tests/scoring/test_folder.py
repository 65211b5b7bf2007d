"""Scorers that do not fit or could do harm are refused in one line, before PEFT opens them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from emorl.errors import AssetError
from emorl.scoring.language_model import LanguageModelScorer
from emorl.scoring.load import ScorerFolders
from tests.scoring.tiny import write_scorer

WEIGHTS, HEAD = "adapter_model.safetensors", "head.safetensors"


@pytest.fixture(scope="module")
def sound(tiny_base, tmp_path_factory) -> Path:
    return write_scorer(tmp_path_factory.mktemp("scorer") / "sound", tiny_base, ["faithfulness", "empathy"])


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return shutil.copytree(sound, tmp_path / "scorer")


def refusal(folder: Path, base: Path) -> str:
    with pytest.raises(AssetError) as error:
        ScorerFolders(base, None).load(folder, "empathy")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"megatron_config": {"a": 1}}, "has megatron_config: expected plain LoRA of a rank up to 256"),
        ({"auto_mapping": {"parent_library": "os"}}, "has auto_mapping"),
        ({"use_dora": True, "rank_pattern": {"q_proj": 9}}, "has rank_pattern, use_dora"),
        ({"init_lora_weights": "pissa"}, "has peft_type or init_lora_weights"),
        ({"peft_type": "IA3"}, "has peft_type or init_lora_weights"),
        ({"r": 10**9}, "has r 1000000000"),
        ({"r": None}, "has r None"),
        ({"lora_alpha": 1e30}, "has lora_alpha 1e+30"),
        ({"lora_alpha": float("nan")}, "has lora_alpha nan"),
        ({"lora_alpha": 10**400}, "has lora_alpha 1000"),
        ({"target_modules": "(a+)+$"}, "has target_modules"),
    ],
)
def test_settings_that_are_not_our_training_s(folder: Path, tiny_base: Path, settings: Any, message: str) -> None:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))
    assert message in refusal(folder, tiny_base)


@pytest.mark.parametrize("name", [WEIGHTS, HEAD])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "holds values that are not finite: expected finite numbers up to 10000"),
        (float("inf"), "holds values that are not finite"),
        (-3e4, "holds 30000: expected"),
    ],
)
def test_numbers_that_are_not_sound(folder: Path, tiny_base: Path, name: str, value: float, message: str) -> None:
    tensors = load_file(folder / name)
    next(iter(tensors.values())).view(-1)[0] = value
    save_file(tensors, folder / name)
    assert message in refusal(folder, tiny_base)


def test_numbers_of_another_type(folder: Path, tiny_base: Path) -> None:
    tensors = load_file(folder / HEAD)
    save_file(tensors | {"bias": torch.zeros(2, dtype=torch.int64)}, folder / HEAD)
    assert "bias holds numbers of type I64" in refusal(folder, tiny_base)


@pytest.mark.parametrize("name", [WEIGHTS, HEAD])
def test_a_file_that_is_no_safetensors(folder: Path, tiny_base: Path, name: str) -> None:
    (folder / name).write_bytes(b"\x80\x04pickled")
    assert f"{name}, which cannot be read" in refusal(folder, tiny_base)


def test_heads_and_factors_of_another_shape(folder: Path, tiny_base: Path) -> None:
    whole = load_file(folder / HEAD)
    for change in ({"weight": torch.zeros(2, 7)}, {"bias": torch.zeros(3)}, {"more": torch.zeros(1)}):
        save_file(whole | change, folder / HEAD)
        assert "expected {'weight': (2, 32), 'bias': (2,), 'likelihood': (2, 2)}" in refusal(folder, tiny_base)
    save_file(whole, folder / HEAD)
    tensors = {name: torch.zeros(3, 3) for name in load_file(folder / WEIGHTS)}
    save_file(tensors, folder / WEIGHTS)
    assert "which does not fit its base (" in refusal(folder, tiny_base)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "scorer.json, which cannot be read"),
        ("[" * 200_000, "scorer.json, which cannot be read"),
        ("[]", "scorer.json, which has []: expected an object"),
    ],
)
def test_a_card_that_is_none(folder: Path, tiny_base: Path, text: str, message: str) -> None:
    (folder / "scorer.json").write_text(text)
    assert message in refusal(folder, tiny_base)


def test_a_card_without_objectives(folder: Path, tiny_base: Path) -> None:
    card = json.loads((folder / "scorer.json").read_text())
    for objectives in (None, "empathy", [1]):
        (folder / "scorer.json").write_text(json.dumps(card | {"objectives": objectives}))
        assert "scorer.json with the objectives" in refusal(folder, tiny_base)
        assert ScorerFolders(tiny_base, None).load_if_there(folder, "would_say") is None


def test_a_sound_one_is_opened(sound: Path, tiny_base: Path) -> None:
    assert LanguageModelScorer(sound, tiny_base).objectives == ("faithfulness", "empathy")
