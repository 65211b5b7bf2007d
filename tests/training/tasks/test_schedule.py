"""The order of tasks, what becomes of those that fail and of those whose worker is lost, with workers that only act."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from emorl.errors import ConfigError
from tests.training.tasks.functions import note, refuse
from training.baselines.missing import MissingPart
from training.tasks import task as task_module
from training.tasks.schedule import TRIES, LostWorker, run_tasks, spread, workers_of
from training.tasks.task import HERE, Ended, Place, Task, work


def task(folder: Path, name: str, *after: str, run=note) -> Task:
    return Task(name, run, (folder, name), folder / "locks" / f"{name}.lock", after)


class Acted:
    """Workers that only write down what they are told; `outcomes` says how a task ends at each try."""

    def __init__(self, count: int, **outcomes: list[Exception | str | None]) -> None:
        self.count, self.outcomes = count, outcomes
        self.busy: list[Task] = []
        self.told: list[tuple[str, bool, bool]] = []
        self.most, self.closed = 0, False

    def free(self) -> bool:
        return len(self.busy) < self.count

    def start(self, task: Task, resume: bool, anew: bool) -> None:
        assert self.free()
        self.told.append((task.name, resume, anew))
        self.busy.append(task)
        self.most = max(self.most, len(self.busy))

    def ended(self) -> list[Ended]:
        task = self.busy.pop(0)
        [outcome, *rest] = self.outcomes.get(task.name, [None])
        self.outcomes[task.name] = rest
        if isinstance(outcome, str):
            return [Ended(task, lost=outcome)]
        return [Ended(task, outcome)]

    def close(self) -> None:
        self.closed = True


def test_tasks_are_begun_in_their_order_as_far_as_workers_are_free(tmp_path, caplog) -> None:
    caplog.set_level("INFO", "training")
    workers = Acted(2)
    spread([task(tmp_path, name) for name in "abcd"], workers, False, True)
    assert workers.told == [(name, False, True) for name in "abcd"] and workers.most == 2
    assert caplog.messages[:3] == ["a is begun", "b is begun", "a is over"]


def test_a_task_waits_for_those_that_it_stands_on_and_not_for_those_that_there_are_not(tmp_path) -> None:
    workers = Acted(3)
    spread(
        [task(tmp_path, "soup", "emorl", "gone"), task(tmp_path, "emorl"), task(tmp_path, "dorb")],
        workers,
        False,
        False,
    )
    assert [name for name, *_ in workers.told] == ["emorl", "dorb", "soup"]


def test_a_task_whose_worker_is_lost_is_begun_again_and_goes_on(tmp_path, caplog) -> None:
    caplog.set_level("INFO", "training")
    workers = Acted(1, a=["killed by signal 9", None])
    spread([task(tmp_path, "a"), task(tmp_path, "b")], workers, False, True)
    assert workers.told == [("a", False, True), ("a", True, True), ("b", False, True)]
    assert "a has lost its worker (killed by signal 9) and goes on from its last checkpoint" in caplog.messages


def test_a_task_that_loses_every_worker_is_given_up(tmp_path) -> None:
    workers = Acted(1, a=["killed by signal 9"] * TRIES)
    with pytest.raises(LostWorker) as error:
        spread([task(tmp_path, "a"), task(tmp_path, "b")], workers, False, False)
    assert str(error.value) == (
        "Got a, which has lost 3 workers (killed by signal 9): expected a worker that lives to the end; look for what "
        "ends it, such as a lack of memory; with --resume it goes on from its last checkpoint."
    )
    assert [name for name, *_ in workers.told] == ["a"] * TRIES


def test_after_an_error_what_is_running_is_waited_for_and_nothing_is_begun(tmp_path, caplog) -> None:
    caplog.set_level("INFO", "training")
    first = ConfigError("Got a: expected b; c.")
    workers = Acted(2, a=[first], b=[ConfigError("another")])
    with pytest.raises(ConfigError) as error:
        spread([task(tmp_path, name) for name in "abc"], workers, False, False)
    assert error.value is first and [name for name, *_ in workers.told] == ["a", "b"] and not workers.busy
    assert "a has failed; waiting for what is running" in caplog.messages


def test_a_task_may_be_left_out(tmp_path, caplog) -> None:
    caplog.set_level("INFO", "training")
    workers = Acted(1, a=[MissingPart("Got no a: expected one; make it.")])
    spread([task(tmp_path, "a"), task(tmp_path, "b", "a")], workers, False, False, (MissingPart,))
    assert [name for name, *_ in workers.told] == ["a", "b"]
    assert "left out: Got no a: expected one; make it." in caplog.messages


def test_in_this_process_tasks_run_one_after_the_other(tmp_path, caplog) -> None:
    caplog.set_level("INFO", "training")
    run_tasks([task(tmp_path, "a"), task(tmp_path, "b")], HERE, True, False)
    assert [path.read_text().split()[:2] for path in sorted(tmp_path.glob("*.txt"))] == [["True", "False"]] * 2
    with pytest.raises(ConfigError, match="Got c: expected something else"):
        run_tasks([task(tmp_path, "c", run=refuse), task(tmp_path, "d")], HERE, False, False)
    assert not (tmp_path / "d.txt").exists()
    run_tasks([task(tmp_path, "c", run=refuse), task(tmp_path, "d")], HERE, False, False, (ConfigError,))
    assert (tmp_path / "d.txt").exists() and caplog.messages[-1].startswith("left out: Got c")
    assert HERE.in_turn and Place(1).in_turn and not Place(2).in_turn and not Place(1, "local").in_turn


def test_the_workers_of_a_place_are_closed_whatever_happens(tmp_path, monkeypatch) -> None:
    workers = Acted(2, a=[ConfigError("no")])
    monkeypatch.setattr("training.tasks.schedule.workers_of", lambda place: workers)
    with pytest.raises(ConfigError):
        run_tasks([task(tmp_path, "a")], Place(2), False, False)
    assert workers.closed


def test_two_workers_are_never_at_one_run(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(task_module, "PATIENCE", 0.1)
    wanted = task(tmp_path, "a")
    wanted.lock.parent.mkdir()
    with FileLock(wanted.lock):
        with pytest.raises(ConfigError) as error:
            work(wanted, False, False)
    assert str(error.value) == (
        f"Got a, at which another process works ({wanted.lock} is locked): expected no other process there; wait for "
        "it, or end it."
    )
    work(wanted, False, False)
    work(wanted, False, False)  # the lock is free again after a task


def test_a_place_has_its_workers() -> None:
    workers = workers_of(Place(3))
    assert type(workers).__name__ == "Processes" and workers.free()
    workers.close()
