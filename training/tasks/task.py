"""What a task is, where tasks may run, and what a worker does with one.

A task is one run, such as the training of one adapter. It leaves everything in files, so a worker needs nothing but the
task and gives nothing back. While it works it holds a lock beside the run, which the system releases when the process
ends in whatever way: a run that is begun again never meets the process that was thought lost. Left out: the order of
tasks (`schedule`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from emorl.errors import ConfigError

PATIENCE = 5.0
"""Seconds in which the process before may still let go of a run."""


@dataclass(frozen=True)
class Task:
    """One run.

    Attributes:
        name: A name of its own, for the log.
        run: A function of a module. It gets `arguments`, and then whether to go on from the last whole checkpoint
            (`resume`) and whether to make again what was made with other settings (`anew`).
        arguments: What it is called with; can be pickled.
        lock: File that is locked while it runs.
        after: Names of tasks that have to be over first, those of them that there are.
    """

    name: str
    run: Callable[..., None]
    arguments: tuple[Any, ...]
    lock: Path
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """A task that a worker has ended.

    Attributes:
        task: The task.
        error: What it raised, or None.
        lost: How its worker was lost, in words, or None.
    """

    task: Task
    error: Exception | None = None
    lost: str | None = None


@dataclass(frozen=True)
class Place:
    """Where tasks run.

    Attributes:
        workers: Tasks at once, at most; by default one, or as many as a Ray cluster has GPUs or, without any, machines.
        ray: Address of a Ray cluster, "auto" for the one that this machine belongs to, "local" for one of its own;
            None for processes of this machine.
    """

    workers: int | None = None
    ray: str | None = None

    @property
    def in_turn(self) -> bool:
        """Whether tasks run one after the other in this process."""
        return self.ray is None and self.workers in (None, 1)


HERE = Place()
"""One after the other, in this process."""


def work(task: Task, resume: bool, anew: bool) -> None:
    """Do a task while nobody else does.

    Raises:
        ConfigError: Another process is at it.
    """
    task.lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(task.lock).acquire(timeout=PATIENCE)
    except Timeout:
        raise ConfigError.of(
            f"{task.name}, at which another process works ({task.lock} is locked)",
            "no other process there",
            "wait for it, or end it",
        ) from None
    with lock:
        task.run(*task.arguments, resume, anew)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def shown_as(name: str) -> Iterator[None]:
    """Show on stderr what `training` logs, each line after a task's name."""
    log = logging.getLogger("training")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(f"{name}: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
