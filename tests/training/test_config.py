"""Configuration: the shipped files are valid, and a bad one names every fault at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emorl.errors import AssetError, ConfigError
from emorl.models.base import base_layers, ensure_base
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


def test_faults_of_every_kind_stand_in_one_line(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        "search: {prompts: ~, least_share: 1}\nwarmstart: {learning_rate: .nan, seed: 1, seed: 2}\nobjectives:\n"
        "  empathy: {first_layer: 40, temperature: 0, samples: none}\n"
        "  fluency: {validation: 0}\n"
    )
    with pytest.raises(ConfigError) as error:
        read_config(path)
    text = str(error.value)
    assert "8 fault(s)" in text and "\n" not in text
    for part in ("seed stands", "prompts", "learning_rate", "first_layer", "temperature", "samples", "validation"):
        assert part in text
    assert "search.least_share is 1.0, expected at most 0.5" in text


OWN = "tests.training.own_scorer:brevity"


def test_a_fourth_objective_is_a_few_lines(tmp_path):
    (tmp_path / "scorer").mkdir()
    (tmp_path / "scorer" / "scorer.json").write_text("{}")
    path = tmp_path / "c.yaml"
    path.write_text(
        f"objectives:\n  empathy: {{}}\n  brevity: {{scorer: '{OWN}', judge: '{tmp_path / 'scorer'}', steps: 5,\n"
        "    label: Brevity, help: Says it in few words.}\n"
        "presets:\n  short: {brevity: 1, empathy: .5}\n"
    )
    found = read_config(path)
    assert list(found.objectives) == ["empathy", "brevity"] and found.presets == {
        "short": {"brevity": 1, "empathy": 0.5}
    }
    own = found.objectives["brevity"]
    assert (own.scorer, own.judge, own.steps) == (OWN, str(tmp_path / "scorer"), 5)
    assert (own.label, own.help) == ("Brevity", "Says it in few words.")


def test_an_objective_and_a_preset_that_cannot_be_used_are_said_with_all_other_faults(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        "objectives:\n  empathy: {scorer: /no/such, judge: 'no_such.module:score', label: ' '}\n  Base: {}\n  1: {}\n"
        f"  uniform: {{scorer: '{OWN}'}}\n  charm: {{judge: '{OWN}'}}\n  brevity: {{scorer: 3}}\n"
        "presets:\n  empathy: {empathy: 1}\n  balanced: {empathy: 1}\n  none: {}\n  zero: {empathy: 0}\n"
        "  bad: {empathy: -1, warmth: 1, charm: .inf}\n  wrong: 3\n"
    )
    with pytest.raises(ConfigError) as error:
        read_config(path)
    text = str(error.value)
    assert "\n" not in text
    named = "expected the folder of a trained scorer, or package.module:function"
    for part in (
        f"objectives.empathy.scorer is '/no/such', {named};",
        "objectives.empathy.judge is 'no_such.module:score', expected a module that Python can import;",
        "objectives.empathy.label is ' ', expected some text;",
        "objectives has 6 entries, expected at most 4: the search spans no more",
        "objectives.Base is no name, expected small letters, digits, - and _, and none of balanced, base, ",
        "objectives.1 is no name",
        "objectives.uniform is no name",
        "objectives.charm is unknown, expected one of reflection, empathy, fluency, affirmation, or a scorer of its",
        "objectives.brevity.scorer is 3, expected str",
        "presets.empathy is no name, expected small letters, digits, - and _, and no other preset's;",
        "presets.balanced is no name",
        "presets.none is {}, expected a weight above 0;",
        "presets.zero is {'empathy': 0.0}, expected a weight above 0;",
        "presets.bad.empathy is -1.0, expected a finite number of at least 0;",
        "presets.bad.warmth is unknown, expected one of empathy, Base, 1,",
        "presets.bad.charm is inf, expected a finite number of at least 0;",
        "presets.wrong is 3, expected a mapping",
    ):
        assert part in text, part


def test_numbers_with_an_exponent_are_numbers(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "warmstart: {learning_rate: 1e-3, epochs: 2E0, decay: .5e-1, limit: 1e2}\npreferences: {epochs: 0}\n"
        "objectives: {empathy: {beta: +3e-2, seed: 7}}\n"
    )
    found = read_config(path)
    assert (found.warmstart.learning_rate, found.warmstart.epochs, found.warmstart.decay) == (1e-3, 2.0, 0.05)
    assert found.warmstart.limit == 100 and type(found.warmstart.limit) is int
    assert (found.objectives["empathy"].beta, found.preferences.epochs) == (0.03, 0.0)


def test_layers_are_those_of_the_base_in_use(tmp_path, tiny_base, monkeypatch):
    path = tmp_path / "c.yaml"
    path.write_text("objectives: {empathy: {first_layer: 3}}\n")
    assert read_config(path).objectives["empathy"].first_layer == 3
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    with pytest.raises(ConfigError, match="first_layer is 3, expected at most 2: the base has 3 layers"):
        read_config(path)
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setenv("EMORL_BASE", str(tmp_path))
    with pytest.raises(AssetError, match="whose config.json cannot be read .*num_hidden_layers") as error:
        read_config(path)
    assert "\n" not in str(error.value)


@pytest.mark.shipped
def test_the_published_base_has_as_many_layers_as_we_say(monkeypatch):
    monkeypatch.delenv("EMORL_BASE", raising=False)
    assert base_layers() == json.loads((ensure_base(progress=False) / "config.json").read_text())["num_hidden_layers"]


def test_folders_and_files_are_not_taken_for_each_other(tmp_path, monkeypatch):
    with pytest.raises(ConfigError) as error:
        read_config(tmp_path)
    assert str(error.value) == f"Got the folder {tmp_path}: expected a YAML file; name a file in it."
    path = tmp_path / "c.yaml"
    path.write_text(f"corpora: {path}\nout: {path}\nmodels: {tmp_path}\nscorers: {{shared: {{start: {path}}}}}\n")
    with pytest.raises(ConfigError) as error:
        read_config(path)
    assert "3 fault(s)" in str(error.value)
    assert all(f"{key} is {path}, which is a file" in str(error.value) for key in ("corpora", "out", "shared.start"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path.write_text("out: ~/runs\n")
    assert read_config(path).out == tmp_path / "home" / "runs"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_refused(tmp_path, encoding):
    path = tmp_path / "c.yaml"
    path.write_bytes("out: caf\u00e9 # \u00fcber\n".encode(encoding))
    with pytest.raises(ConfigError, match="which is not in UTF-8 .*: expected UTF-8; save it as UTF-8") as error:
        read_config(path)
    assert "\n" not in str(error.value)
    path.write_bytes("out: caf\u00e9\n".encode("utf-8-sig"))
    assert read_config(path).out == Path("caf\u00e9")


def test_a_file_that_may_not_be_read_is_one_line(tmp_path, monkeypatch):
    def refuse(self, encoding):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "c.yaml"
    path.write_text("")
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(
        ConfigError, match=r"which cannot be read \(Permission denied\): expected a YAML file; check it"
    ):
        read_config(path)


@pytest.mark.parametrize(
    "text", ["a: b: c", "a: \tb\n\t- c", "{[1]: 2}", "a: 1\n---\nb: 2", "a: 2026-99-99", "a: !x 3"]
)
def test_what_is_no_yaml_is_one_line(tmp_path, text):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="is not YAML") as error:
        read_config(path)
    assert "\n" not in str(error.value)


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
        ("objectives: {empathy: {temperature: 0}}", "objectives.empathy.temperature is 0.0, expected more than 0"),
        ("objectives: {empathy: {samples: 0}}", "objectives.empathy.samples is 0, expected at least 2: the baseline"),
        ("objectives: {empathy: {samples: ~}}", "objectives.empathy.samples is None, expected int"),
        ("objectives: {empathy: {beta: .nan}}", "objectives.empathy.beta is nan, expected a finite number"),
        ("objectives: {empathy: {beta: nan}}", "objectives.empathy.beta is 'nan', expected float"),
        ("warmstart: {learning_rate: .inf}", "warmstart.learning_rate is inf, expected a finite number"),
        ("warmstart: {learning_rate: -.inf}", "warmstart.learning_rate is -inf, expected a finite number"),
        ("warmstart: {learning_rate: 0}", "warmstart.learning_rate is 0.0, expected more than 0"),
        ("warmstart: {epochs: 0}", "warmstart.epochs is 0.0, expected more than 0"),
        ("warmstart: {decay: 1.5}", "warmstart.decay is 1.5, expected at most 1"),
        ("rounds: {least: 2}", "rounds.least is 2.0, expected at most 1"),
        ("warmstart: {batch: 1e-1}", "warmstart.batch is 0.1, expected int"),
        ('warmstart: {learning_rate: "1e-3"}', "warmstart.learning_rate is '1e-3', expected float"),
        ("warmstart: {seed: 99999999999}", "warmstart.seed is 99999999999, expected at most 4294966296"),
        (
            "objectives: {empathy: {first_layer: 30}}",
            "objectives.empathy.first_layer is 30, expected at most 29: the ba",
        ),
        ("objectives: {empathy: {first_layer: -1}}", "objectives.empathy.first_layer is -1, expected at least 0"),
        ("objectives: {empathy: {alpha: 0}}", "objectives.empathy.alpha is 0, expected at least 1"),
        ("objectives: {empathy: 0}", "objectives.empathy is 0, expected a mapping"),
        ("objectives: ~", "objectives is None, expected a mapping"),
        ("report: {best_of: 0}", "report.best_of is 0, expected at least 1"),
        ("report: {strengths: []}", "report.strengths is [], expected at least one number: [1] for the plain mixture"),
        ("report: {strengths: [1, 0]}", "report.strengths has 0.0, expected only numbers above 0, at most 1000"),
        ("report: {strengths: [-1]}", "report.strengths has -1.0, expected only numbers above 0"),
        ("report: {strengths: [.nan]}", "report.strengths has nan, expected only numbers above 0"),
        ("report: {strengths: [1, .inf]}", "report.strengths has inf, expected only numbers above 0"),
        ("report: {strengths: [1, 2, 1]}", "report.strengths has 1.0 2 times, expected each once"),
        ("report: {strengths: [a]}", "report.strengths is 'a', expected float"),
        ("report: {strengths: 2}", "report.strengths is 2, expected a list"),
        ("report: {temperature: 0}", "report.temperature is 0.0, expected more than 0"),
        ("report: {temperature: 3}", "report.temperature is 3.0, expected from 1e-06 to 2"),
        ("search: ~", "search is None, expected a mapping"),
        ("search: {least_share: .4}", "search.least_share is 0.4, expected at most 0.333: there are 3 objectives"),
        ("out: ~", "out is None, expected Path"),
        ('out: ""', "out is '', expected Path"),
        ("search: {prompts: 4}\nsearch: {levels: 2}", "search stands twice, in lines 1 and 2, expected once"),
        ("search: {prompts: 4, prompts: 5}", "prompts stands twice, in lines 1 and 1, expected once"),
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
        f"No file {tmp_path / 'none.yaml'}: expected a YAML configuration, or one of default, paper-t5-base, smoke, "
        "study-cpu, study for a shipped one; check the path."
    )
