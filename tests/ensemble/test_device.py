"""The device: what the setting chooses, and passes whose every tensor must lie where it belongs.

There is no CUDA device here; `pretended_device` stands in for one, in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from emorl.ensemble.device import chosen_device
from emorl.errors import SettingsError
from emorl.reflecting.writer import Writer

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("given", "there", "device"),
    [("", True, "cpu"), ("cpu", True, "cpu"), ("auto", True, "cuda"), (" AUTO", False, "cpu"), ("cuda", True, "cuda")],
)
def test_the_setting_decides(given: str, there: bool, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMORL_DEVICE", given)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert chosen_device() == torch.device(device)


def test_cuda_where_there_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("EMORL_DEVICE", "cuda")
    with pytest.raises(SettingsError) as error:
        chosen_device()
    assert str(error.value) == (
        "Got EMORL_DEVICE=cuda where PyTorch finds no CUDA device: expected a CUDA device, its driver, and a PyTorch "
        "that was built for it; set it to cpu, or to auto, which takes the CPU where there is none."
    )
    monkeypatch.setenv("EMORL_DEVICE", "gpu")
    with pytest.raises(SettingsError, match="Got EMORL_DEVICE=gpu: expected cpu, cuda or auto; correct it or unset"):
        chosen_device()


def test_the_engine_is_loaded_for_the_chosen_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `cuda` asked for and none there, opening the models says so before the base's weights are read."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("EMORL_DEVICE", "cuda")
    with pytest.raises(SettingsError, match="finds no CUDA device"):
        Writer.load()


def test_every_tensor_lies_where_it_belongs_on_a_pretended_device(tiny_base: Path) -> None:
    command = [sys.executable, "-m", "tests.ensemble.pretended_device", str(tiny_base)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        "passes_come_back_to_the_cpu",
        "a_batch_is_written",
        "the_passes_of_a_run_stay_there",
        "a_tensor_left_behind_is_found",
    ]
