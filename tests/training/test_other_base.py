"""Every stage on another base, a tiny Qwen2, from the command line up to a reflection of its naive twin."""

from __future__ import annotations

import copy
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from emorl.building.check import check
from emorl.ensemble import Setting
from emorl.errors import AdapterMismatch, BackboneError, ManifestError
from emorl.models.base import base_sha256
from emorl.models.template import prompt_text
from emorl.reflecting.reflector import Reflector
from tests.ensemble.naive import naive_decode
from tests.tiny import save_tokenizer
from tests.training.texts import CORPORA, LABELS
from training.__main__ import run
from training.config import read_config
from training.stages.objectives import run_objectives
from training.stages.warm_start import check_base

STATEMENT = "I am tired of it."
SMALLEST = """
out: {here}/out
models: {here}/models
shipped: {here}/none
warmstart: {{epochs: 1, rank: 4, shipped_rank: 4, batch: 4}}
preferences: {{lessons: 2, batch: 4}}
scorers: {{shared: {{epochs: 1, batch: 4, unread_share: 1}}, limit: 4}}
rounds: {{rounds: 1, statements: 3, samples: 2, max_tokens: 6, least: 0, lessons: 2, validation: 2}}
objectives:
  reflection: &run {{steps: 1, prompts: 2, samples: 2, max_tokens: 6, first_layer: 1, rank: 2, alpha: 4, validation: 2}}
  fluency: *run
search: {{prompts: 1, levels: 1, max_tokens: 5}}
evaluate: {{prompts: 2, max_tokens: 6}}
"""


@pytest.fixture(scope="module")
def qwen(tmp_path_factory) -> Path:
    """A Qwen2 with random weights, biases included, whose head has more tokens than its tokenizer knows."""
    folder = tmp_path_factory.mktemp("bases") / "tiny-qwen2"
    folder.mkdir()
    config = Qwen2Config(
        vocab_size=save_tokenizer(folder) + 5,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        initializer_range=0.2,
        eos_token_id=2,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(4)
        model = Qwen2ForCausalLM(config)
        for name, parameter in model.named_parameters():
            if name.endswith(".bias"):
                torch.nn.init.normal_(parameter, std=0.5)
    model.save_pretrained(folder)
    return folder


def trained(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> object:
    """The exit code of the command."""
    monkeypatch.setattr(sys, "argv", ["training", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        run()
    return stop.value.code


@pytest.fixture(scope="module")
def here(qwen, tmp_path_factory) -> Iterator[Path]:
    """The folder of a finished run; there is no judge of fluency, which would need another model."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "run.yaml").write_text(SMALLEST.format(here=folder))
    judge = folder / "out" / "scorers" / "fluency-judge"
    judge.mkdir(parents=True)
    (judge / "report.json").write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMORL_BASE", "")  # which the command sets; afterwards it is as before
        patch.setattr("training.stages.statements.load_corpora", lambda folder: CORPORA)
        for module in ("sources", "stages.objectives", "stages.warm_start"):
            patch.setattr(f"training.{module}.load_labels", lambda: LABELS)
        patch.setattr("training.sources.load_judge_labels", lambda: LABELS[::-1])
        patch.setattr("training.sources.load_hollow", lambda: ())
        patch.setattr("training.objectives.runaway", lambda start, now, drop: None)
        assert trained(patch, "all", "--config", folder / "run.yaml", "--base", qwen) == 0
        assert os.environ["EMORL_BASE"] == str(qwen)
        yield folder


def test_everything_names_the_base_that_it_was_made_for(here, qwen) -> None:
    digest = base_sha256(qwen)
    manifest = json.loads((here / "models" / "manifest.json").read_text())
    assert manifest["base"] == {"name": "tiny-qwen2", "sha256": digest}
    for adapter in (here / "models" / "warmstart", here / "models" / "adapters" / "reflection"):
        assert json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"] == "tiny-qwen2"
    scorer = json.loads((here / "models" / "scorers" / "shared-ship" / "scorer.json").read_text())
    assert (scorer["backbone"], scorer["base"]) == ("tiny-qwen2", digest)
    for stage in ("warmstart", "scorers/shared-judge"):
        assert digest[:12] in (here / "out" / stage / "settings.json").read_text()
    card = (here / "models" / "MODEL_CARD.md").read_text()
    assert "for tiny-qwen2 (under its own licence)" in card and "SmolLM2" not in card and "135 million" not in card


def test_a_served_reflection_is_what_its_naive_twin_writes(here, qwen) -> None:
    models = here / "models"
    reflector = Reflector.load(models, "float32")
    setting = reflector.setting({"reflection": 0.7, "fluency": 0.3})
    found = reflector.reflect(STATEMENT, setting, explain=True)
    base: Any = AutoModelForCausalLM.from_pretrained(qwen, dtype=torch.float32)
    base = PeftModel.from_pretrained(base, str(models / "warmstart")).merge_and_unload().eval()
    twins = [base]
    for name in reflector.writer.names:
        adapter = str(models / "adapters" / name)
        twins.append(PeftModel.from_pretrained(copy.deepcopy(base), adapter).eval())
    prompt = AutoTokenizer.from_pretrained(qwen)(prompt_text(STATEMENT)).input_ids
    expected = naive_decode(twins, prompt, [0.7, 0.3], 1.0, 64, [2])
    assert list(found.trace.tokens) == expected and len(expected) > 3
    assert set(found.scores) == {"reflection", "fluency"} and found.faithfulness is not None
    assert found.tokens and reflector.reflect(STATEMENT, Setting((0.7, 0.3), 1.0, 1.2, 5)).reflection
    assert check(models)[0] == f"base {base_sha256(qwen)[:12]}, 3 layers"


def test_a_run_does_not_go_on_with_another_base(here, qwen, tiny_base, monkeypatch, capsys) -> None:
    monkeypatch.setenv("EMORL_BASE", str(qwen))
    assert trained(monkeypatch, "warmstart", "--config", here / "run.yaml", "--base", tiny_base) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert f"made with base {base_sha256(qwen)[:12]} instead of {base_sha256(tiny_base)[:12]}" in error
    with pytest.raises(ManifestError, match="name the folder of their own base"):
        Reflector.load(here / "models", "float32")  # EMORL_BASE names the other now


def test_objectives_are_not_trained_on_another_base_than_their_warm_start(here, qwen, tiny_base, monkeypatch) -> None:
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    config = replace(read_config(here / "run.yaml"), out=here / "elsewhere")
    monkeypatch.setattr(
        "training.stages.objectives.reward_of", lambda *_: lambda statements, replies: torch.ones(len(replies))
    )
    message = f"adapter warmstart, which was trained on the base {base_sha256(qwen)[:12]}"
    with pytest.raises(AdapterMismatch, match=message):
        run_objectives(config)


def test_a_base_that_could_not_be_served_is_refused_before_anything_is_trained(qwen, tmp_path) -> None:
    check_base(qwen)
    odd = tmp_path / "odd"
    odd.mkdir()
    for path in qwen.iterdir():
        if path.suffix != ".safetensors":  # which would take long to read
            (odd / path.name).write_bytes(path.read_bytes())
    config = json.loads((odd / "config.json").read_text())
    (odd / "config.json").write_text(json.dumps(config | {"use_sliding_window": True, "sliding_window": 64}))
    with pytest.raises(BackboneError, match="a base with a sliding window"):
        check_base(odd)


def test_a_base_that_there_is_not_is_one_line(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("EMORL_BASE", "")
    assert trained(monkeypatch, "all", "--config", "smoke", "--base", tmp_path / "none") == 2
    assert capsys.readouterr().err == (
        f"Got the base {tmp_path / 'none'}: expected a folder, or owner/name of a model on the hub; name one of them.\n"
    )
