"""What a stage was run with stays beside what it made: equal settings go on, others are refused or start anew."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from emorl.errors import ConfigError
from training.config import Config
from training.objectives import ObjectiveConfig
from training.preferences import PreferencesConfig
from training.stages.provenance import (
    adapter_identity,
    begin,
    kept_settings,
    latest_warm_start,
    scorer_identity,
    warm_start_before_rounds,
)


@dataclass(frozen=True)
class Settings:
    steps: int = 3
    rate: float = 0.1
    start: Path | None = None


def test_the_same_settings_go_on_with_what_is_there(tmp_path) -> None:
    folder = tmp_path / "stage"
    settings = asdict(Settings(start=tmp_path))
    begin(folder, settings, anew=False)
    assert kept_settings(folder) == {"steps": 3, "rate": 0.1, "start": str(tmp_path)}
    (folder / "work").write_text("half done")
    for anew in (False, True):
        begin(folder, settings, anew)
        assert (folder / "work").read_text() == "half done"


def test_other_settings_are_refused_and_change_nothing(tmp_path) -> None:
    folder = tmp_path / "stage"
    begin(folder, {**asdict(Settings()), "gone": 1}, anew=False)
    (folder / "work").write_text("done")
    with pytest.raises(ConfigError) as error:
        begin(folder, {**asdict(Settings(steps=4)), "new": "x"}, anew=False)
    assert str(error.value) == (
        f"Got {folder}, which was made with steps 3 instead of 4, new None instead of x, gone 1 instead of None: "
        "expected the settings of the file, and what the stages before have made; put them back, or make it anew with "
        "--anew."
    )
    assert kept_settings(folder) == {**asdict(Settings()), "gone": 1} and (folder / "work").exists()


def test_anew_begins_from_nothing(tmp_path) -> None:
    folder = tmp_path / "stage"
    begin(folder, asdict(Settings()), anew=False)
    (folder / "work").write_text("done")
    begin(folder, asdict(Settings(rate=0.2)), anew=True)
    assert [path.name for path in folder.iterdir()] == ["settings.json"]
    assert kept_settings(folder) == asdict(Settings(rate=0.2))


def test_a_folder_without_settings_is_taken_as_it_is(tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO, "training")
    (tmp_path / "work").write_text("done")
    begin(tmp_path, asdict(Settings()), anew=True)
    assert kept_settings(tmp_path) is None and (tmp_path / "work").exists()
    assert caplog.messages == [f"{tmp_path} has no settings.json: taken as it is"]


def test_the_latest_warm_start_is_that_of_the_last_finished_stage(tmp_path) -> None:
    config = Config(out=tmp_path)
    assert latest_warm_start(config) == tmp_path / "warmstart"
    (tmp_path / "preferences").mkdir()
    (tmp_path / "preferences" / "preferences.json").write_text("{}")
    assert latest_warm_start(config) == warm_start_before_rounds(config) == tmp_path / "preferences"
    (tmp_path / "rounds").mkdir()
    (tmp_path / "rounds" / "best.json").write_text('{"folder": "elsewhere"}')
    assert latest_warm_start(config) == Path("elsewhere")
    assert warm_start_before_rounds(config) == tmp_path / "preferences"
    left_out = Config(out=tmp_path, preferences=PreferencesConfig(epochs=0.0))
    assert warm_start_before_rounds(left_out) == tmp_path / "warmstart"


def test_adapters_and_scorers_are_known_by_what_they_hold(tmp_path) -> None:
    assert adapter_identity(tmp_path) == "none"
    (tmp_path / "adapter_model.safetensors").write_bytes(b"one")
    one = adapter_identity(tmp_path)
    (tmp_path / "adapter_model.safetensors").write_bytes(b"two")
    assert len(one) == 12 and adapter_identity(tmp_path) not in (one, "none")
    own = {"a": ObjectiveConfig(scorer="module:function"), "b": ObjectiveConfig(scorer=str(tmp_path / "b"))}
    config = Config(out=tmp_path, models=tmp_path, shipped=tmp_path, objectives=own)
    assert [scorer_identity(config, name) for name in ("a", "fluency")] == ["module:function", "none"]
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "scorer.json").write_text("{}")
    assert len(scorer_identity(config, "b")) == 12
