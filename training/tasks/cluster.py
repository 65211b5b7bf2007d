"""Workers of a Ray cluster: each task runs wherever there is room.

Every machine needs this package with the extra `ray`, and sees the folders of the run under the same paths, on a file
system that they share. Each task takes a GPU where the cluster has any, else its part of a machine's cores. Ray would
start a lost task again as it was, so that is not left to it. Nothing is sent to Ray's makers; no dashboard runs.
Left out: starting a cluster of several machines (`ray start`), copying files between them.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

from emorl.errors import ConfigError
from training.tasks.task import Ended, Task, cores, shown_as, work

log = logging.getLogger(__name__)

HANDED_ON = ("EMORL_", "HF_", "TOKENIZERS_", "TRANSFORMERS_")
"""Beginnings of the environment variables that workers get."""

STORE = 80_000_000
"""Bytes of shared memory of a cluster of this machine alone. Little, because tasks give nothing back."""


class Cluster:
    """The workers of a Ray cluster."""

    def __init__(self, address: str, count: int | None) -> None:
        """Join a cluster, or start one on this machine.

        Args:
            address: Of its head, "auto" or "local".
            count: Tasks at once, or None for as many as there are GPUs or, without any, machines.

        Raises:
            ConfigError: Ray is not installed, or there is no cluster at the address.
        """
        self.ray = imported(address)
        self.running: dict[Any, Task] = {}
        self._join(address, count or 1)
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        cards = int(sum(node.get("GPU", 0) for node in nodes))
        self.count = count or cards or len(nodes)
        beside = -(-self.count // len(nodes))  # tasks on one machine
        each = int(min(node.get("CPU", 1) for node in nodes))
        asked = {"num_gpus": 1} if cards else {}
        self.perform = self.ray.remote(performed).options(
            num_cpus=max(1, each // beside), max_retries=0, scheduling_strategy="SPREAD", **asked
        )

    def _join(self, address: str, least: int) -> None:
        """Join a cluster; one of this machine alone has room for so many, and is started again if it was too slow."""
        environment = {"env_vars": variables()}
        if address != "local":
            try:
                self.ray.init(address=address, runtime_env=environment)
            except ConnectionError as error:
                got = f"no Ray cluster at {address} ({error})"
                raise ConfigError.of(got, "one that is running", "start it with ray start, or name local") from None
            return
        for last in (False, True):
            try:
                self.ray.init(
                    address=address,
                    num_cpus=max(cores(), least),
                    object_store_memory=STORE,
                    include_dashboard=False,
                    runtime_env=environment,
                )
                return
            except Exception as error:  # Ray raises a plain one where the machine was too busy for its time limits
                self.ray.shutdown()
                if last:
                    got = f"no Ray cluster of this machine alone ({str(error).splitlines()[0]})"
                    raise ConfigError.of(got, "one that starts", "see the logs under /tmp/ray/session_latest") from None
                log.info("Ray has not started (%s); once more", error)

    def free(self) -> bool:
        """Whether fewer tasks are at work, or waiting in Ray."""
        return len(self.running) < self.count

    def start(self, task: Task, resume: bool, anew: bool) -> None:
        """Hand a task to Ray."""
        self.running[self.perform.remote(task, resume, anew, os.getcwd())] = task

    def ended(self) -> list[Ended]:
        """Wait until at least one task has ended."""
        ready, _ = self.ray.wait(list(self.running), num_returns=1)
        return [self._end(reference) for reference in ready]

    def _end(self, reference: Any) -> Ended:
        task = self.running.pop(reference)
        try:
            self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:  # the task raised it
            cause = error.cause
            return Ended(task, cause if isinstance(cause, Exception) else RuntimeError(str(error)))
        except self.ray.exceptions.RayError as error:  # its process or machine is gone
            return Ended(task, lost=type(error).__name__)
        return Ended(task)

    def close(self) -> None:
        """End what is still running, and leave the cluster; one of this machine alone ends."""
        for reference in self.running:
            self.ray.cancel(reference, force=True)
        self.running.clear()
        self.ray.shutdown()


def imported(address: str) -> Any:
    """Ray: without reports of its usage, and where it is started on this machine alone, on the loopback interface.

    Raises:
        ConfigError: It is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    if address == "local":
        os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 would starve them beside anything else
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # what keeps Ray to loopback on those systems
    try:
        import ray
    except ModuleNotFoundError:
        raise ConfigError.of(
            "--ray without the package ray",
            "the extra `ray`",
            "run pip install '.[ray]' in the folder with pyproject.toml, or take --workers alone",
        ) from None
    return ray


def performed(task: Task, resume: bool, anew: bool, folder: str) -> None:
    """Do a task in a worker of Ray, in the folder that the command was given in."""
    if Path(folder).is_dir():
        os.chdir(folder)
    with shown_as(task.name):
        work(task, resume, anew)


def variables() -> dict[str, str]:
    """The environment variables of workers: ours, and where this code lies if it is not installed."""
    found = {name: value for name, value in os.environ.items() if name.startswith(HANDED_ON)}
    ours = [os.path.abspath(path) for path in sys.path]
    outside = [path for path in ours if not path.startswith((sys.prefix, sys.base_prefix))]
    return {**found, "PYTHONPATH": os.pathsep.join(dict.fromkeys(outside))}
