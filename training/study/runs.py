"""Which runs of a study there are: what each mixes, with which weights, and what it cost.

Data points are prompts used for updates. What several adapters cost is their sum; seconds are given as the sum, as if
they had been trained one after the other, and as the longest of them, as if side by side, each with the weight search
added. Left out: what the common warm start and the scorers cost, which is the same for all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.baselines.stage import NAMES
from training.config import Config
from training.search.settings import METHODS as SEARCHES
from training.search.settings import Aim

SEEDS_WANTED = {"uniform": 3, "dynaopt": 3, "emorl": 3}
"""Seeds that the comparison rests on; the other methods need one."""

METHODS = ("base", "warmstart", *NAMES)
"""Every method of the report, in the order of its tables."""


@dataclass(frozen=True)
class Cost:
    """What a run cost.

    Attributes:
        data_points: Prompts used for updates.
        rollouts: Sampled replies.
        seconds_sum: Wall clock, its parts one after the other.
        seconds_parallel: Wall clock, its parts side by side.
    """

    data_points: int = 0
    rollouts: int = 0
    seconds_sum: float = 0.0
    seconds_parallel: float = 0.0

    @classmethod
    def of(cls, accounts: Iterable[Mapping[str, Any]], search_seconds: float = 0.0) -> Cost:
        """The cost of runs that could go side by side, and of the search after them."""
        every = list(accounts)
        seconds = [float(account["seconds"]) for account in every] or [0.0]
        return cls(
            sum(int(account["data_points"]) for account in every),
            sum(int(account["rollouts"]) for account in every),
            sum(seconds) + search_seconds,
            max(seconds) + search_seconds,
        )


@dataclass(frozen=True)
class SearchOf:
    """One search for the weights of a run.

    Attributes:
        method: One of `training.search.settings.METHODS`.
        weights: What it found.
        aim: What it maximised.
        score: The aim of the mean rewards on the statements of the search.
        evaluations: Weight vectors that it scored; 0 for the exact search.
        replies: Distinct replies that it scored.
        decode_steps: Decoding steps.
        seconds: Wall clock.
    """

    method: str
    weights: tuple[float, ...]
    aim: Aim
    score: float
    evaluations: int
    replies: int
    decode_steps: int
    seconds: float


@dataclass(frozen=True)
class Run:
    """One method with one seed.

    Attributes:
        method: One of `METHODS`.
        seed: Its seed; 0 for what nothing was trained for.
        folders: Its adapters.
        weights: Their weights.
        cost: What it cost.
        curves: Logs of validations by what was trained: an objective, or the method itself.
        searches: The searches for its weights, the one that chose them among them.
        variant: What tells it from the run itself: the search whose weights it has instead.
        strength: s of the mixture that writes.
        best_of: Candidates of which the best is its reply; 1 for the greedy reply.
    """

    method: str
    seed: int
    folders: tuple[Path, ...] = ()
    weights: tuple[float, ...] = ()
    cost: Cost = Cost()
    curves: Mapping[str, Path] | None = None
    searches: tuple[SearchOf, ...] = ()
    variant: str = ""
    strength: float = 1.0
    best_of: int = 1

    @property
    def name(self) -> str:
        """A name of its own."""
        parts = [self.method, str(self.seed), *([self.variant] if self.variant else [])]
        parts += [f"strength-{self.strength:g}"] if self.strength != 1 else []
        return "-".join(parts + ([f"best-of-{self.best_of}"] if self.best_of > 1 else []))


def find_runs(config: Config) -> tuple[list[Run], list[str]]:
    """All finished runs in the order of `METHODS`, and what is missing, in words."""
    runs = [Run("base", 0), Run("warmstart", 0)]
    missing: list[str] = []
    for method in NAMES:
        found: list[Run] = []
        for folder in sorted((config.out / "baselines" / method).glob("seed-*"), key=lambda path: _seed(path)):
            try:
                found.append(_mixed(folder) if method in ("emorl", "soup") else _trained(folder))
            except NoRun as reason:
                missing.append(f"{method}, seed {_seed(folder)}: {reason}")
        runs += found
        wanted = SEEDS_WANTED.get(method, 1)
        if len(found) < wanted:
            missing.append(f"{method}: {len(found)} of {wanted} seed{'s' * (wanted > 1)}")
    return runs, missing


class NoRun(Exception):
    """A folder has no finished run; the message says why."""


def _seed(folder: Path) -> int:
    number = folder.name.removeprefix("seed-")
    return int(number) if number.isdecimal() else -1


def _trained(folder: Path) -> Run:
    """A run of one adapter that was trained on a mix of rewards."""
    account = folder / "account.json"
    if not account.is_file():
        raise NoRun("not finished")
    if not (folder / "best" / "adapter_config.json").is_file():
        raise NoRun("a guard stopped it before its first good adapter")
    method = folder.parent.name
    cost = Cost.of([json.loads(account.read_text())])
    return Run(method, _seed(folder), (folder / "best",), (1.0,), cost, {method: folder / "validation.jsonl"})


def _mixed(folder: Path) -> Run:
    """Several adapters with searched weights."""
    path = folder / "search.json"
    if not path.is_file():
        raise NoRun("its weights have not been searched")
    record = json.loads(path.read_text())
    adapters = tuple(Path(name) for name in record["adapters"])
    for adapter in adapters:
        if not (adapter / "adapter_config.json").is_file():
            raise NoRun(f"its adapter {adapter} is gone")
    if len(record["accounts"]) != len(adapters):
        raise NoRun("what its adapters cost is not known")
    curves = {
        name: adapter.with_name("validation.jsonl")
        for name, adapter in zip(record["objectives"], adapters, strict=True)
        if adapter.with_name("validation.jsonl").is_file()
    }
    cost = Cost.of(record["accounts"], record["seconds"])
    return Run(folder.parent.name, _seed(folder), adapters, tuple(record["best"]), cost, curves, _searches(record))


def _searches(record: Mapping[str, Any]) -> tuple[SearchOf, ...]:
    """The searches of a record; one from before there were several methods is the grid's, for the mean."""
    aim = record.get("aim", {"name": "mean", "preference": [], "target": []})
    before = {**record, "method": SEARCHES[0], "replies": record.get("distinct_replies")}
    return tuple(
        SearchOf(
            line["method"],
            tuple(line["best"]),
            Aim(aim["name"], tuple(aim["preference"]), tuple(aim["target"])),
            *(line[name] for name in ("score", "evaluations", "replies", "decode_steps", "seconds")),
        )
        for line in record.get("searches", [before] if "evaluations" in record else [])
    )
