"""Workers that are processes: they do what they are told, they are killed, they fail, and each has a GPU of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from emorl.errors import ConfigError
from tests.training.tasks.functions import die, fail_oddly, note, refuse, wait_for
from training.tasks import processes
from training.tasks.processes import Processes, gpus, sendable
from training.tasks.schedule import spread
from training.tasks.task import Task


def task(folder: Path, name: str, run, *more: object) -> Task:
    return Task(name, run, (folder, name, *more), folder / "locks" / f"{name}.lock")


def noted(folder: Path, name: str) -> list[list[str]]:
    return [line.split() for line in (folder / f"{name}.txt").read_text().splitlines()]


def test_tasks_run_side_by_side_and_a_killed_one_is_begun_again(tmp_path, monkeypatch, caplog) -> None:
    caplog.set_level("INFO", "training")
    monkeypatch.setattr(processes, "gpus", lambda: ["4", "7"])
    workers = Processes(2)
    spread([task(tmp_path, "a", die, 1), task(tmp_path, "b", note)], workers, False, True)
    [first, second], [other] = noted(tmp_path, "a"), noted(tmp_path, "b")
    assert first[:2] == ["False", "True"] and second[:2] == ["True", "True"] and first[2] != second[2]
    assert {first[3], other[3]} == {"4", "7"}  # a GPU each
    assert "a has lost its worker (killed by signal 9) and goes on from its last checkpoint" in caplog.messages
    assert not workers.busy


def test_an_error_comes_back_as_it_was_or_in_its_words(tmp_path, capfd) -> None:
    workers = Processes(2)
    with pytest.raises(ConfigError, match="Got a: expected something else; change it."):
        spread([task(tmp_path, "a", refuse)], workers, False, False)
    with pytest.raises(RuntimeError, match="^Odd: b$"):
        spread([task(tmp_path, "b", fail_oddly)], workers, False, False)
    shown = capfd.readouterr().err
    assert "fail_oddly" in shown and "refuse" not in shown  # where it was raised; a user's error has one line


def test_what_is_running_ends_with_its_workers(tmp_path) -> None:
    workers = Processes(1)
    workers.start(task(tmp_path, "a", wait_for), False, False)
    [busy] = workers.busy.values()
    assert not workers.free() and busy.process.is_alive()
    workers.close()
    assert not busy.process.is_alive() and workers.free()


def test_the_gpus_are_those_that_this_process_sees(monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpus() == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,3")
    assert gpus() == ["5", "3"]
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert gpus() == []


def test_an_error_that_cannot_be_sent_is_sent_in_words() -> None:
    error = ConfigError("one line")
    assert sendable(error) is error and sendable(None) is None
    error.__dict__["handle"] = open  # a function of a module can be pickled
    assert sendable(error) is error
    error.__dict__["handle"] = lambda: None
    assert str(sendable(error)) == "ConfigError: one line"
