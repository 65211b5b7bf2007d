"""Configuration: the shipped files are valid, and a bad one names every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from emorl.errors import ConfigError
from training.config import Config, read_config
from training.objectives import ObjectiveConfig

CONFIGS = Path(__file__).parents[2] / "training" / "configs"


@pytest.mark.parametrize("name", sorted(p.name for p in CONFIGS.glob("*.yaml")))
def test_shipped_configurations_are_valid(name):
    assert set(read_config(CONFIGS / name).objectives) == {"reflection", "empathy", "fluency"}


def test_a_shipped_configuration_has_a_name_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_config(Path("smoke")) == read_config(CONFIGS / "smoke.yaml")
    assert (read_config(Path("default")).shipped / "manifest.json").is_file()
    (tmp_path / "smoke").write_text("out: mine\n")
    assert read_config(Path("smoke")).out == Path("mine")


def test_all_faults_are_reported_together(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        "outt: x\nsearch: {prompts: many, levels: 0}\nobjectives:\n  reflection: {samples: 1, reward: loud}\n"
        "  charm: {}\nwarmstart: {learning_rate: -1}\nscorers: {shared: {batch: 0, start: 3}}\n"
    )
    with pytest.raises(ConfigError) as error:
        read_config(path)
    text = str(error.value)
    assert "\n" not in text and "9 fault(s)" in text
    for part in (
        "outt is unknown",
        "search.prompts is 'many'",
        "search.levels is 0",
        "samples is 1",
        "reward is 'loud'",
        "objectives.charm is unknown",
        "learning_rate is -1",
        "scorers.shared.batch is 0",
        "scorers.shared.start is 3, expected Path",
    ):
        assert part in text


@pytest.mark.parametrize(("text", "message"), [(None, "No file"), ("a: [", "not YAML"), ("- 1", "expected a mapping")])
def test_files_that_are_no_configuration(tmp_path, text, message):
    path = tmp_path / "c.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_config(path)


def test_the_scorers_have_settings_of_their_own(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("scorers: {shared: {epochs: 1, start: runs/before}, judge_epochs: 2, limit: null}\n")
    scorers = read_config(path).scorers
    assert (scorers.shared.epochs, scorers.shared.start) == (1.0, Path("runs/before"))
    assert (scorers.judge_epochs, scorers.limit) == (2.0, None)
    path.write_text("scorers: {shared: {start: null}}\n")
    assert read_config(path).scorers.shared.start is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("out: 3", "out is 3, expected Path"),
        ("scorers: 5", "scorers is 5, expected a mapping"),
        ("objectives: {}", "objectives is {}, expected a mapping"),
        ("objectives: reflection", "objectives is 'reflection', expected a mapping"),
        ("search: {prompts: true}", "search.prompts is True, expected int"),
        ("search: {prompts: 1.5}", "search.prompts is 1.5, expected int"),
        ("search: {prompts: null}", "search.prompts is None, expected int"),
        ("search: {least_share: a}", "search.least_share is 'a', expected float"),
        ("rounds: {rounds: -1}", "rounds.rounds is -1, expected at least 0"),
        ("warmstart: {limit: 0}", "warmstart.limit is 0, expected at least 1"),
        ("rounds: {statements: 0}", "rounds.statements is 0, expected at least 1"),
        ("scorers: {shared: {replies: 0}}", "scorers.shared.replies is 0, expected at least 1"),
        ("objectives: {empathy: {validate_every: 0}}", "objectives.empathy.validate_every is 0, expected at least 1"),
        ("objectives: {empathy: {validation: 0}}", "objectives.empathy.validation is 0, expected at least 1"),
        ("objectives: {empathy: {stepps: 1}}", "objectives.empathy.stepps is unknown, expected one of steps, prompts,"),
    ],
)
def test_each_fault_names_its_place_what_was_got_and_what_is_expected(tmp_path, text, fault):
    path = tmp_path / "c.yaml"
    path.write_text(text + "\n")
    with pytest.raises(ConfigError) as error:
        read_config(path)
    assert str(error.value).startswith(f"{path} has 1 fault(s): {fault}") and "\n" not in str(error.value)


def test_an_empty_file_is_all_defaults_and_an_objective_without_settings_has_its_own(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("")
    assert read_config(path) == Config()
    path.write_text("objectives: {empathy: }\nwarmstart: {epochs: 2, limit: null}\n")
    found = read_config(path)
    assert found.objectives == {"empathy": ObjectiveConfig()}
    assert (found.warmstart.epochs, found.warmstart.limit) == (2.0, None)


def test_a_missing_file_is_said_with_the_names_of_the_shipped_ones(tmp_path):
    with pytest.raises(ConfigError) as error:
        read_config(tmp_path / "none.yaml")
    assert str(error.value) == (
        f"No file {tmp_path / 'none.yaml'}: expected a YAML configuration, or one of default, smoke for a shipped one; "
        "check the path."
    )
