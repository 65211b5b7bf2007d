"""What a run remembers: whole checkpoints, the best adapter, settings that must not change."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from emorl.errors import ConfigError
from training.checkpoints import (
    Account,
    Progress,
    best_score,
    changes,
    go_back,
    is_finished,
    keep_best,
    last_whole,
    log_lengths,
    record,
)
from training.guards import Measures
from training.objectives import ObjectiveConfig

NOW = ObjectiveConfig()
START = Measures(0.5, math.nan, 12.0, 0.1, 0.0, 0.9, 1.0, 0.1, 0.0, math.nan)


def checkpoint(folder: Path, step: int) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "weights").write_bytes(bytes([step]))
    record(path, Progress(asdict(NOW), "ab", Account(data_points=step, steps=step), START, [0.5], {"samples.txt": 3}))
    return path


def test_a_record_is_read_as_it_was_written(tmp_path) -> None:
    path = checkpoint(tmp_path, 7)
    found = last_whole(tmp_path)
    assert found is not None and found[0] == path and not list(path.glob("*.part"))
    progress = found[1]
    assert progress.account == Account(data_points=7, steps=7) and progress.settings == asdict(NOW)
    assert progress.start.words == 12.0 and math.isnan(progress.start.judge) and progress.means == [0.5]


def test_the_last_whole_checkpoint_is_found_by_its_number_and_torn_ones_are_removed(tmp_path) -> None:
    assert last_whole(tmp_path / "none") is None
    for step in (9, 10, 100):
        checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-100" / "weights").write_bytes(b"")
    (tmp_path / "checkpoint-last").mkdir()  # not ours
    found = last_whole(tmp_path)
    assert found is not None and found[0].name == "checkpoint-10" and not (tmp_path / "checkpoint-100").exists()
    (tmp_path / "checkpoint-10" / "weights").unlink()
    (tmp_path / "checkpoint-9" / "run.json").write_text("[]")
    assert last_whole(tmp_path) is None and [p.name for p in tmp_path.iterdir()] == ["checkpoint-last"]


def test_logs_are_cut_to_where_a_checkpoint_was_written(tmp_path) -> None:
    (tmp_path / "samples.txt").write_text("onetwo")
    (tmp_path / "validation.jsonl").write_text("later")
    (tmp_path / "account.json").write_text("{}")
    assert log_lengths(tmp_path) == {"validation.jsonl": 5, "samples.txt": 6}
    go_back(tmp_path, Progress({}, "", Account(), START, [], {"samples.txt": 3}))
    assert (tmp_path / "samples.txt").read_text() == "one" and (tmp_path / "validation.jsonl").read_text() == ""
    assert not (tmp_path / "account.json").exists()


def test_the_best_adapter_is_replaced_as_a_whole(tmp_path) -> None:
    def save(text: str):
        def write(folder: str) -> None:
            Path(folder).mkdir()
            (Path(folder) / "adapter").write_text(text)

        return write

    assert best_score(tmp_path) == -1.0
    keep_best(tmp_path, save("one"), {"score": 0.25})
    keep_best(tmp_path, save("two"), {"score": 0.5})
    assert best_score(tmp_path) == 0.5 and [p.name for p in tmp_path.iterdir()] == ["best"]
    assert (tmp_path / "best" / "adapter").read_text() == "two"

    def cut(folder: str) -> None:
        save("half")(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep_best(tmp_path, cut, {"score": 0.75})
    assert best_score(tmp_path) == 0.5 and (tmp_path / "best" / "adapter").read_text() == "two"
    (tmp_path / "best").rename(tmp_path / "gone")
    assert best_score(tmp_path) == -1.0  # the other one is only half there
    (tmp_path / "best.part" / "training.json").write_text('{"score": 0.75}')
    assert best_score(tmp_path) == 0.75 and (tmp_path / "best" / "adapter").read_text() == "half"


def test_changes_are_told_in_words_and_a_setting_that_was_not_there_yet_had_its_default() -> None:
    assert changes(asdict(NOW), NOW) == [] and changes(json.loads(json.dumps(asdict(NOW))), NOW) == []
    assert changes({}, replace(NOW, beta=0.5)) == ["beta 0.03 instead of 0.5"]
    assert changes(asdict(NOW), replace(NOW, save_every=1)) == []
    assert changes(asdict(NOW), replace(NOW, steps=99), free=["steps"]) == []
    assert changes(None, NOW) == ["settings that were not stored"]


def finished(folder: Path, text: str | None = None) -> Path:
    (folder / "account.json").write_text(text or json.dumps({"settings": asdict(NOW), **asdict(Account(steps=60))}))
    return folder


def test_a_run_is_finished_if_it_was_trained_with_these_settings(tmp_path) -> None:
    assert not is_finished(tmp_path, NOW, resume=True, anew=False)
    assert is_finished(finished(tmp_path), NOW, resume=False, anew=True)
    other, longer = replace(NOW, samples=3), replace(NOW, steps=70)
    assert not is_finished(tmp_path, other, resume=False, anew=True)
    assert not is_finished(tmp_path, longer, resume=True, anew=False)  # goes on
    for settings, resume in ((other, True), (longer, False), (replace(NOW, steps=50), True)):
        with pytest.raises(ConfigError, match=r"that was trained with .* instead of .*train it anew with --anew"):
            is_finished(tmp_path, settings, resume, anew=False)


@pytest.mark.parametrize("text", ["{}", "{", "[]"])
def test_an_account_without_settings_is_not_taken_for_any(tmp_path, text) -> None:
    with pytest.raises(ConfigError, match="was trained with settings that were not stored") as error:
        is_finished(finished(tmp_path, text), NOW, resume=True, anew=False)
    assert "\n" not in str(error.value)
    assert not is_finished(tmp_path, NOW, resume=False, anew=True)
