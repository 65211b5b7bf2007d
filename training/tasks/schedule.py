"""Starts tasks as workers get free, and begins those again whose worker was lost.

A worker is lost when its process is killed or its machine goes down. Its task is begun again and goes on from the last
whole checkpoint of its run; what was done after that is done again and counted once (`training.checkpoints`). A task
that fails by itself is not begun again: nothing new is started, what is running is waited for, and then the error is
raised. Left out: what a worker is (`processes`, `cluster`).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Protocol

from emorl.errors import EmorlError
from training.tasks.task import Ended, Place, Task, work

TRIES = 3
"""Workers that a task may have."""

log = logging.getLogger(__name__)


class LostWorker(EmorlError):
    """Every worker of a task was lost."""


class Workers(Protocol):
    """What does tasks."""

    def free(self) -> bool:
        """Whether one more task may be started now."""

    def start(self, task: Task, resume: bool, anew: bool) -> None:
        """Begin a task."""

    def ended(self) -> list[Ended]:
        """Wait until at least one task has ended; each is given once."""

    def close(self) -> None:
        """End what is still running, and let go of everything."""


def run_tasks(
    tasks: Sequence[Task],
    place: Place,
    resume: bool,
    anew: bool,
    left_out: tuple[type[Exception], ...] = (),
) -> None:
    """Run tasks where they are to be run.

    Args:
        tasks: In the order in which they are begun.
        place: Where.
        resume: Go on from the last whole checkpoints.
        anew: Make again what was made with other settings.
        left_out: Errors that leave a task out, with a line in the log.

    Raises:
        LostWorker: A task has lost every worker.
        ConfigError: Ray is wanted and not there, or a task was refused.
    """
    if place.in_turn:
        for task in tasks:
            try:
                work(task, resume, anew)
            except left_out as error:
                log.info("left out: %s", error)
        return
    with closing(workers_of(place)) as workers:
        spread(tasks, workers, resume, anew, left_out)


def workers_of(place: Place) -> Workers:
    """The workers of a place that has several."""
    if place.ray is not None:
        from training.tasks.cluster import Cluster

        return Cluster(place.ray, place.workers)
    from training.tasks.processes import Processes

    return Processes(place.workers or 1)


def spread(
    tasks: Sequence[Task],
    workers: Workers,
    resume: bool,
    anew: bool,
    left_out: tuple[type[Exception], ...] = (),
) -> None:
    """Run tasks on workers; see `run_tasks`."""
    waiting, names, over = list(tasks), {task.name for task in tasks}, set[str]()
    running, tries = 0, Counter[str]()
    failed: Exception | None = None
    while running or (waiting and failed is None):
        for task in [task for task in waiting if {*task.after} & names <= over] if failed is None else []:
            if not workers.free():
                break
            waiting.remove(task)
            tries[task.name] += 1
            log.info("%s is begun", task.name)
            workers.start(task, resume or tries[task.name] > 1, anew)
            running += 1
        for ended in workers.ended():
            running -= 1
            task = ended.task
            if ended.lost is not None and tries[task.name] < TRIES:
                log.info("%s has lost its worker (%s) and goes on from its last checkpoint", task.name, ended.lost)
                waiting.insert(0, task)
                continue
            over.add(task.name)
            error = ended.error if ended.lost is None else _given_up(task, ended.lost)
            if error is None:
                log.info("%s is over", task.name)
            elif isinstance(error, left_out):
                log.info("left out: %s", error)
            elif failed is None:
                failed = error
                if running:
                    log.info("%s has failed; waiting for what is running", task.name)
    if failed is not None:
        raise failed


def _given_up(task: Task, lost: str) -> LostWorker:
    return LostWorker.of(
        f"{task.name}, which has lost {TRIES} workers ({lost})",
        "a worker that lives to the end",
        "look for what ends it, such as a lack of memory; with --resume it goes on from its last checkpoint",
    )
