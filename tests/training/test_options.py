"""The base of a run: from the command line, else from its file, else from the environment, for every command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from emorl.errors import AssetError, ConfigError, SettingsError
from tests.tiny import write_tiny_base
from training import __main__ as commands
from training.options import settings_of_run
from training.warmstart import fast_bf16

COMMANDS = {
    "baselines": ["baselines"],
    "report": ["report"],
    "reading": ["reading", "make", "--out", "sheet"],
    "search": ["search"],
    "objectives": ["objectives"],
    "package": ["package"],
}


@pytest.fixture
def other(tmp_path: Path) -> Path:
    folder = tmp_path / "bases" / "other"
    folder.mkdir(parents=True)
    return write_tiny_base(folder)


@pytest.fixture
def file(tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that names the tiny base; `first_layer` is one that the published base has and this one lacks."""
    monkeypatch.setenv("EMORL_BASE", "")  # which a command sets; afterwards it is as before
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "run.yaml"
    path.write_text(f"base: {tiny_base}\nobjectives: {{fluency: {{first_layer: 2}}}}\n")
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_the_base_of_its_file_or_of_the_command_line(
    name: str, file: Path, tiny_base: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []

    def ran(*_: object, **__: object) -> list[object]:
        used.append(os.environ["EMORL_BASE"])
        return []

    monkeypatch.setattr("training.baselines.stage.run_baselines", ran)
    monkeypatch.setattr("training.study.report.run_report", ran)
    monkeypatch.setattr("training.stages.statements.corpora_of", ran)
    monkeypatch.setattr("training.stages.statements.partition", lambda *_: ([], [], []))
    monkeypatch.setattr("training.reading.replies.unseen_statements", lambda *_: [])
    monkeypatch.setattr("training.reading.replies.open_reflector", lambda *_, **__: None)
    monkeypatch.setattr("training.reading.replies.items", lambda *_: [])
    monkeypatch.setattr(commands, "stage_runs", lambda: dict.fromkeys(COMMANDS, ran))
    for more, base in (([], tiny_base), (["--base", str(other)], other)):
        result = CliRunner().invoke(commands.app, [*COMMANDS[name], "--config", str(file), *more])
        assert result.exit_code == 0, result.output
        assert used[-1] == str(base)


def test_without_a_base_in_file_or_command_the_environment_decides(
    tmp_path: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMORL_BASE", str(other))
    path = tmp_path / "run.yaml"
    path.write_text("objectives: {fluency: {first_layer: 2}}\n")
    assert settings_of_run(path, Path("texts")).corpora == Path("texts")
    assert os.environ["EMORL_BASE"] == str(other)


def test_settings_are_checked_against_the_base_that_they_name(file: Path, tmp_path: Path, tiny_base: Path) -> None:
    file.write_text(f"base: {tiny_base}\n")  # whose objectives begin with layer 18
    with pytest.raises(ConfigError, match="first_layer is 18, expected at most 2: the base has 3 layers"):
        settings_of_run(file)
    assert os.environ["EMORL_BASE"] == ""
    file.write_text("base: 5\n")
    with pytest.raises(ConfigError, match="base is 5, expected str"):
        settings_of_run(file)
    file.write_text(f"base: {tmp_path / 'none'}\n")
    with pytest.raises(AssetError, match="Got the base .*none: expected a folder, or owner/name"):
        settings_of_run(file)


def test_the_device_of_a_file_is_in_use_and_is_checked_before_anything_is_done(
    file: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMORL_DEVICE", "")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    text = file.read_text()
    file.write_text(f"{text}device: auto\n")
    assert settings_of_run(file).device == "auto" and os.environ["EMORL_DEVICE"] == "auto"
    file.write_text(f"{text}device: cuda\n")
    with pytest.raises(SettingsError, match="Got EMORL_DEVICE=cuda where PyTorch finds no CUDA device"):
        settings_of_run(file)
    file.write_text(f"{text}device: gpu\n")
    with pytest.raises(ConfigError, match="device is 'gpu', expected cpu, cuda or auto"):
        settings_of_run(file)


@pytest.mark.parametrize(("device", "cpu"), [("cpu", True), ("auto", False)])
def test_trainers_and_their_types_follow_the_device(device: str, cpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every trainer's arguments are made with `use_cpu`; bf16 is taken on a GPU whatever the processor."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setenv("EMORL_DEVICE", device)
    assert fast_bf16() is not cpu
    for module in ("objectives", "warmstart", "preferences", "scorers", "language_model"):
        source = (Path(commands.__file__).parent / f"{module}.py").read_text()
        assert source.count("use_cpu=chosen_device() == CPU,") == 1, module
