"""Loading: the warm start and the adapters must have been made for the base in use, for training too."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from emorl.ensemble import Setting, WordRuns, no_run_twice
from emorl.errors import ManifestError, StatementError, WeightError
from emorl.models import folder as folders
from emorl.models.manifest import VERSION, base_identity, file_hashes, file_sha256
from emorl.models.template import TEMPLATE
from emorl.reflecting.memory import Memory
from emorl.reflecting.reflector import Reflector
from emorl.reflecting.tokenizer import mask_of
from emorl.reflecting.writer import Writer
from tests.ensemble.conftest import save_random_adapter


@pytest.fixture
def models(tiny_llama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder whose warm start was made for another base than its manifest names."""
    warm, expert = (save_random_adapter(tiny_llama, tmp_path / name, seed=3) for name in ("warmstart", "calm"))
    save_file(load_file(file := warm / "adapter_model.safetensors"), file, {"base_id": "another"})
    data: dict[str, Any] = {
        "version": VERSION,
        "base": {"sha256": "ab"},
        "template": TEMPLATE,
        "warm_start": {"path": "warmstart"},
        "base_id": base_identity("ab", warm),
        "presets": {"balanced": {"calm": 1}},
        "objectives": [
            {
                "name": "calm",
                "label": "Calm",
                "help": "Is calm.",
                "adapter": "calm",
                "scorer": "fluency",
                "sha256": file_sha256(expert / "adapter_model.safetensors"),
            }
        ],
    }
    data["files"] = file_hashes(tmp_path, data)
    (tmp_path / "manifest.json").write_text(json.dumps(data))
    monkeypatch.setenv("EMORL_BASE", str(tmp_path))
    monkeypatch.setattr(folders, "ensure_base", lambda progress: tmp_path)
    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", lambda folder: None)
    return tmp_path


def test_a_warm_start_made_for_another_base_is_refused(models: Path) -> None:
    from training.stages.models import open_models

    config: Any = SimpleNamespace(models=models)
    for load in (lambda: Reflector.load(models), lambda: Writer.load(models), lambda: open_models(config)):
        with pytest.raises(ManifestError, match="Got models in .* for the base .*: expected .*"):
            load()


def test_it_knows_its_objectives_and_checks_what_is_asked(reflector: Reflector) -> None:
    writer = reflector.writer
    assert writer.names == ["reflection", "empathy", "fluency"] and writer.objective_indices(["fluency"]) == [2]
    assert reflector.setting({"empathy": 3, "fluency": 1}, 0.5, 0.7, 4) == Setting((0, 0.75, 0.25), 0.5, 0.7, 4)
    with pytest.raises(WeightError, match="Got the objectives charm"):
        reflector.setting({"charm": 1})
    with pytest.raises(WeightError, match="Got the objectives charm"):
        writer.objective_indices(["charm"])
    with pytest.raises(StatementError, match="empty"):
        writer.prompt("  ")


def test_runs_are_of_words_where_the_vocabulary_has_words(reflector: Reflector) -> None:
    assert reflector.writer.decoder.mask is no_run_twice  # the tiny base writes letters

    class Vocabulary(list[str]):
        def convert_ids_to_tokens(self, ids: list[int]) -> list[str | None]:
            return [self[number] or None for number in ids]

    for space in "\u0120\u2581":
        found: Any = mask_of(Vocabulary(["You", f"{space}feel", f"{space}it", ",", "'s", ""]), 8)
        assert isinstance(found, WordRuns) and found([0, 1, 2, 4, 1, 2]) == []
        assert found([0, 1, 2, 1, 2, 1]) == [2]
        assert found([0, 1, 2, 5, 1, 2, 7, 1]) == [2]  # 5 is a hole in the vocabulary, 7 is beyond its end


def test_moved_weights_take_over_what_does_not_change(reflector: Reflector) -> None:
    """The second reply is what a fresh one would be; `reused` counts the tokens that the experts did not run for."""
    first = reflector.reflect("I am tired.", Setting((1, 1, 1)))
    again = reflector.reflect("I am tired.", Setting((1, 1, 1)))
    assert (first.reused, again.reused) == (0, len(again.trace.tokens)) and again.reflection == first.reflection
    moved = reflector.reflect("I am tired.", Setting((0, 1, 0.3)))
    assert 0 < moved.reused < len(moved.trace.tokens)
    reflector.writer.memory = Memory()
    fresh = reflector.reflect("I am tired.", Setting((0, 1, 0.3)))
    assert fresh.reused == 0 and fresh.reflection == moved.reflection
    assert [t.margin for t in fresh.tokens] == pytest.approx([t.margin for t in moved.tokens], abs=1e-3)
    assert reflector.reflect("I am tired.", Setting((0, 1, 0.3), temperature=0.8)).reused == 0


def test_a_prompt_of_too_many_tokens_is_refused(reflector: Reflector, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(reflector.writer.prompt("I am tired.")) == 4
    monkeypatch.setattr("emorl.reflecting.writer.MAX_PROMPT", 3)
    with pytest.raises(StatementError, match="Got a statement of 4 tokens.*expected at most 3"):
        reflector.writer.prompt("I am tired.")
