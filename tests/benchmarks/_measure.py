"""How the benchmarks measure: interleaved rounds, medians and spreads, memory, the speed of memory, versions.

Tasks run A B C A B C, never AAA BBB, so that a slow minute of the machine hits all of them; a ratio is the median of
the ratios within a round. Before each run garbage is collected and freed memory returned; while it runs the collector
is off. Memory is the growth of the peak resident set during a run, plus the bytes of the weights, which are counted.
Left out: CPU time and pinning to cores; close other programs instead.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from emorl.ensemble.step import TYPES, compiled
from emorl.heap import give_back

PROC = Path("/proc/self")


@dataclass(frozen=True)
class Reading:
    """One run: its seconds, how far the resident set rose meanwhile (MB; None where it cannot be read), its result."""

    seconds: float
    grown_mb: float | None
    result: Any


Readings = dict[str, dict[int, Reading]]
"""By task and round."""


@dataclass(frozen=True)
class Task:
    """Something to time, in at most `rounds` rounds; those are spread evenly over all rounds."""

    run: Callable[[], Any]
    rounds: int


def read(run: Callable[[], Any]) -> Reading:
    """Run once and measure."""
    give_back()  # else the run could grow into memory freed by another, unseen
    gc.disable()
    before = _reset_peak_mb()
    began = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - began
    after = _status_mb("VmHWM") if before is not None else None
    gc.enable()
    return Reading(seconds, None if after is None or before is None else max(0.0, after - before), result)


def interleave(tasks: Mapping[str, Task], rounds: int, say: Callable[[str], None] = lambda _: None) -> Readings:
    """Readings by task and round, {name: {round: Reading}}; a task takes part in `task.rounds` of the rounds."""
    found: Readings = {name: {} for name in tasks}
    gc.collect()
    gc.freeze()  # what lives already need not be looked at before every run
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for name, task in tasks.items():
            share = min(task.rounds, rounds)
            if number * share // rounds != (number - 1) * share // rounds:
                found[name][number] = read(task.run)
    gc.unfreeze()
    return found


def middle(values: Sequence[float]) -> tuple[float, list[float]]:
    """Median, and [least, largest], to six figures."""
    figures = [float(f"{x:.6g}") for x in (statistics.median(values), min(values), max(values))]
    return figures[0], figures[1:]


def paired(above: Mapping[int, float], below: Mapping[int, float]) -> tuple[float, list[float]] | None:
    """Median and [least, largest] of the ratios within each round both took part in; None without such a round."""
    ratios = [above[number] / below[number] for number in above if number in below]
    return middle(ratios) if ratios else None


def linear_fit(points: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Least squares y = at_zero + slope x, and the share of the variance it explains."""
    x, y = np.array(points, dtype=float).T
    slope, at_zero = np.polyfit(x, y, 1)
    rest, total = ((y - at_zero - slope * x) ** 2).sum(), ((y - y.mean()) ** 2).sum()
    return {"at_zero": float(at_zero), "slope": float(slope), "r2": float(1 - rest / total) if total > 0 else 1.0}


class MemoryReader:
    """Reads as many bytes as one step must read, as fast as this process can: the floor of a step.

    Three ways, all with the pinned threads over one buffer of ones: `torch.sum` of float32; a float32 matrix-vector
    product whose rows are 1,024 long; the same product in the dtype of the benchmark (on a processor without bfloat16
    units that one is bound by arithmetic). Each runs five times, and the fastest single pass counts, so the floor is
    as low as it can be shown to be.
    """

    def __init__(self, size: int, dtype: torch.dtype) -> None:
        """A buffer of `size` bytes, rounded up to 8 kB."""
        rows = -(-size // 8192)
        self.size = rows * 8192
        self.plain = torch.ones(rows * 2048)
        self.typed = torch.ones(rows * 8192 // dtype.itemsize, dtype=dtype).view(-1, 1024)
        self.vector, self.typed_vector = torch.ones(1024), torch.ones(1024, dtype=dtype)

    @torch.inference_mode()
    def seconds(self) -> float:
        """Seconds of the fastest pass."""
        square = self.plain.view(-1, 1024)
        ways: list[Callable[[], Any]] = [
            self.plain.sum,
            lambda: square @ self.vector,
            lambda: self.typed @ self.typed_vector,
        ]
        best = float("inf")
        for way in ways:
            for _ in range(5):
                began = time.perf_counter()
                way()
                best = min(best, time.perf_counter() - began)
        return best


def resident_mb() -> tuple[float, float]:
    """The resident set of this process now, and its peak so far, in MB; Linux only."""
    now, peak = _status_mb("VmRSS"), _status_mb("VmHWM")
    assert now is not None and peak is not None
    return now, peak


def tensor_bytes(*owners: Any) -> int:
    """Bytes of all different tensor storages that these objects reach through attributes, lists and dicts."""
    seen: set[int] = set()
    storages: dict[int, int] = {}
    waiting = list(owners)
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, torch.Tensor):
            if thing.is_mkldnn:  # packed: its storage cannot be seen
                storages[id(thing)] = thing.numel() * thing.element_size()
            else:
                storages[thing.untyped_storage().data_ptr()] = thing.untyped_storage().nbytes()
        elif isinstance(thing, Mapping):
            waiting += thing.values()
        elif isinstance(thing, list | tuple | set | frozenset):
            waiting += thing
        elif type(thing).__module__.split(".")[0] in ("emorl", "tests", "torch", "transformers", "peft"):
            waiting += getattr(thing, "__dict__", {}).values()
    return sum(storages.values())


def pin(threads: int | None) -> int:
    """Set the number of threads of every product (the processor's own by default) and return it.

    What a step is compiled from is compiled first, so that nothing is timed meanwhile.
    """
    for dtype in TYPES:
        compiled(dtype).result()
    if threads:
        torch.set_num_threads(threads)
    return torch.get_num_threads()


def versions() -> dict[str, str | bool]:
    """What was measured with, and on."""
    packages = ("torch", "numba", "transformers", "peft", "trl", "llama-cpp-python")
    found: dict[str, str | bool] = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    found["processor"] = _processor()
    found["cores"] = str(os.cpu_count())
    found["bfloat16_units"] = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return found


def say(line: str) -> None:
    """Progress, beside the JSON on stdout."""
    print(line, file=sys.stderr, flush=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _reset_peak_mb() -> float | None:
    """Set the peak of the resident set back to now and return the resident set, MB; None where Linux forbids it."""
    try:
        (PROC / "clear_refs").write_text("5")
    except OSError:
        return None
    return _status_mb("VmRSS")


def _status_mb(field: str) -> float | None:
    line = next((x for x in (PROC / "status").read_text().splitlines() if x.startswith(field)), None)
    return int(line.split()[1]) / 1024 if line else None
