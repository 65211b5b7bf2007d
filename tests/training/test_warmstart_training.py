"""A warm start trained on the tiny base: it goes on from an adapter, learns what it is given, and resumes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from emorl.errors import ConfigError
from emorl.models.packing import collate, pack
from emorl.models.template import END, prompt_text
from emorl.scoring.language_model import backbone
from tests.scoring.tiny import write_adapter
from tests.training.texts import NOUNS, corpora_with, own
from training.warmstart import WarmStartConfig, train_warmstart

CORPORA = corpora_with([own(noun) for noun in NOUNS[:4]])
CONFIG = WarmStartConfig(epochs=1.0, rank=4, batch=2, learning_rate=5e-3)
MORE = [("I sold my boat.", ("You miss it, yes, you do.",))] * 4


def factors(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def surprisal(base: Path, adapter: Path | None, statement: str, reply: str) -> float:
    """Nats a token of a reply."""
    from transformers import AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(base), backbone(base, adapter)
    row = pack(tokenizer(prompt_text(statement)).input_ids, [tokenizer(reply + END).input_ids])
    with torch.no_grad():
        return float(model(**collate([row])).loss)


def test_every_factor_learns_and_files_say_what_from(tiny_base, tmp_path) -> None:
    out = train_warmstart(CONFIG, CORPORA, tiny_base, tmp_path / "w")
    assert out == tmp_path / "w" and all(tensor.abs().sum() > 0 for tensor in factors(out).values())
    card = json.loads((out / "warmstart.json").read_text())
    assert (card["statements"], card["steps"], card["seed"]) == (4, 2, 1)
    assert card["curve"] == []  # there is no unseen reflection to measure on
    limited = train_warmstart(replace(CONFIG, limit=2), CORPORA, tiny_base, tmp_path / "l")
    assert json.loads((limited / "warmstart.json").read_text())["statements"] == 2


def test_it_goes_on_from_an_adapter_and_learns_what_it_is_given_besides(tiny_base, tmp_path) -> None:
    start = write_adapter(tmp_path / "start", tiny_base, seed=7)
    still = replace(CONFIG, learning_rate=0.0, limit=0)
    out = train_warmstart(still, CORPORA, tiny_base, tmp_path / "still", start, MORE)
    for key, tensor in factors(start).items():
        torch.testing.assert_close(factors(out)[key], tensor)  # begins where the other ended, of its rank
    assert json.loads((out / "warmstart.json").read_text())["statements"] == 4  # of `more` alone
    learnt = train_warmstart(replace(CONFIG, limit=0, epochs=8.0), CORPORA, tiny_base, tmp_path / "on", start, MORE)
    statement, (reply,) = MORE[0]
    assert surprisal(tiny_base, learnt, statement, reply) < surprisal(tiny_base, start, statement, reply) - 0.2


def test_a_run_that_was_cut_off_goes_on_from_its_checkpoint(tiny_base, tmp_path, capsys) -> None:
    train_warmstart(CONFIG, CORPORA, tiny_base, tmp_path / "w")
    assert [path.name for path in (tmp_path / "w" / "checkpoints").glob("checkpoint-*")] == ["checkpoint-2"]
    longer = replace(CONFIG, epochs=2.0)
    train_warmstart(longer, CORPORA, tiny_base, tmp_path / "w")
    card = json.loads((tmp_path / "w" / "warmstart.json").read_text())
    assert card["steps"] == 4
    names = [path.name for path in (tmp_path / "w" / "checkpoints").glob("checkpoint-*")]
    state = json.loads((tmp_path / "w" / "checkpoints" / names[0] / "trainer_state.json").read_text())
    assert names == ["checkpoint-4"] and state["global_step"] == 4


def test_nothing_to_learn_from_is_said(tiny_base, tmp_path) -> None:
    for config, corpora in ((CONFIG, corpora_with()), (replace(CONFIG, max_words=3), CORPORA)):
        with pytest.raises(
            ConfigError, match=r"Got no statements for the warm start: expected some of at most \d+ words;"
        ):
            train_warmstart(config, corpora, tiny_base, tmp_path / "w")
    assert not (tmp_path / "w").exists()
