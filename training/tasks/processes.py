"""Workers that are processes of this machine, a new one for each task.

Each takes its part of the cores; where there are GPUs, each sees one of them, in turn. A process that ends without an
answer was killed. Left out: other machines (`cluster`).
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from emorl.errors import EmorlError
from training.tasks.task import Ended, Task, cores, shown_as, work

GPUS = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Busy:
    """A process at work."""

    task: Task
    process: SpawnProcess
    answer: Connection


class Processes:
    """So many processes at once."""

    def __init__(self, count: int) -> None:
        """Args: how many."""
        self.count = count
        self.busy: dict[int, Busy] = {}
        self._gpus = gpus()

    def free(self) -> bool:
        """Whether fewer are at work."""
        return len(self.busy) < self.count

    def start(self, task: Task, resume: bool, anew: bool) -> None:
        """Begin a task in a process of its own."""
        context = multiprocessing.get_context("spawn")
        slot = next(number for number in range(self.count) if number not in self.busy)
        answer, sending = context.Pipe(duplex=False)
        variables = {GPUS: self._gpus[slot % len(self._gpus)]} if self._gpus else {}
        arguments = (task, resume, anew, sending, variables, max(1, cores() // self.count))
        process = context.Process(target=answered, args=arguments, name=task.name)
        process.start()
        sending.close()  # so that the answer ends with the process
        self.busy[slot] = Busy(task, process, answer)

    def ended(self) -> list[Ended]:
        """Wait until at least one process has ended."""
        done = set(wait([busy.process.sentinel for busy in self.busy.values()]))
        slots = [slot for slot, busy in self.busy.items() if busy.process.sentinel in done]
        return [self._end(self.busy.pop(slot)) for slot in slots]

    def _end(self, busy: Busy) -> Ended:
        busy.process.join()
        try:
            error: Exception | None = busy.answer.recv()
        except EOFError:
            code = busy.process.exitcode
            how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            return Ended(busy.task, lost=how)
        finally:
            busy.answer.close()
        return Ended(busy.task, error)

    def close(self) -> None:
        """End every process that is at work."""
        for busy in self.busy.values():
            busy.process.terminate()
        for busy in self.busy.values():
            busy.process.join(10)
            if busy.process.is_alive():
                busy.process.kill()
                busy.process.join()
            busy.answer.close()
        self.busy.clear()


def answered(
    task: Task, resume: bool, anew: bool, answer: Connection, variables: Mapping[str, str], threads: int
) -> None:
    """Do a task in this new process, and answer with what it raised, or None."""
    os.environ.update(variables)  # before anything asks for a GPU
    import torch

    torch.set_num_threads(threads)
    with shown_as(task.name):
        try:
            work(task, resume, anew)
            error: Exception | None = None
        except Exception as raised:  # whatever it is, the schedule decides
            if not isinstance(raised, EmorlError):
                traceback.print_exc()
            error = raised
    answer.send(sendable(error))


def sendable(error: Exception | None) -> Exception | None:
    """An error that another process can read: itself, or its words."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # what cannot be pickled, or not be made again
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def gpus() -> Sequence[str]:
    """Every GPU that this process sees, as the variable names them."""
    import torch

    named = [name for name in os.environ.get(GPUS, "").split(",") if name.strip()]
    count = torch.cuda.device_count()
    return named[:count] if named else [str(number) for number in range(count)]
