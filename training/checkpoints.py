"""What a run keeps on disk, so that a resumed run reports the whole of it.

Every checkpoint carries a `run.json`, written last: settings, account, baselines and means of the validations so far,
and a hash of each file beside it. A checkpoint without one, or with other files than it names, is torn and passed over.
What was done after the last whole checkpoint is done again and counted once. The best adapter has its own record
(`best/training.json`), so that a worse one never takes its place. Left out: the trainer's own state, which transformers
saves and loads.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emorl.errors import ConfigError
from emorl.models.manifest import file_sha256
from training.guards import Measures

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RECORD = "run.json"
LOGS = ("validation.jsonl", "samples.txt")
NOT_LEARNT = ("save_every", "judge", "label", "help")
"""Settings that do not change what is learnt."""

log = logging.getLogger(__name__)


@dataclass
class Account:
    """What a run has cost, over all the times it was resumed.

    Attributes:
        data_points: Prompts used for updates (the paper's unit).
        rollouts: Sampled replies, validation not included.
        scorer_calls: Scored replies, validation included.
        tokens: Tokens written, validation included.
        seconds: Wall clock of the run, validation included, pauses not.
        steps: Updates.
        stopped: Why the run ended.
    """

    data_points: int = 0
    rollouts: int = 0
    scorer_calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    steps: int = 0
    stopped: str = "step limit"


@dataclass(frozen=True)
class Progress:
    """A run at one of its checkpoints.

    Attributes:
        settings: Its settings.
        statements: Hash of its prompts and validation statements.
        account: What it has cost so far.
        start: Measures before the first update, which the guards compare with.
        means: Mean validation scores so far.
        logs: Length of each log in bytes.
    """

    settings: dict[str, Any]
    statements: str
    account: Account
    start: Measures
    means: list[float]
    logs: dict[str, int]


def write_json(path: Path, data: Mapping[str, object]) -> None:
    """Write a JSON file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def plain(settings: DataclassInstance) -> dict[str, Any]:
    """Settings as JSON has them: a path is its text."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(settings), default=str))
    return found


def log_lengths(out: Path) -> dict[str, int]:
    """Length of each log of a run in bytes."""
    return {name: (out / name).stat().st_size for name in LOGS if (out / name).is_file()}


def record(checkpoint: Path, progress: Progress) -> None:
    """Write a checkpoint's record; before that, the checkpoint counts as torn."""
    files = {path.name: file_sha256(path) for path in sorted(checkpoint.iterdir()) if path.name != RECORD}
    write_json(checkpoint / RECORD, {**asdict(progress), "files": files})


def last_whole(checkpoints: Path) -> tuple[Path, Progress] | None:
    """The latest checkpoint that is whole, and its record; later ones, which are torn, are removed."""
    numbered = {path: path.name.removeprefix("checkpoint-") for path in checkpoints.glob("checkpoint-*")}
    steps = {path: int(number) for path, number in numbered.items() if number.isdecimal()}
    for path in sorted(steps, key=steps.__getitem__, reverse=True):
        progress = _read(path)
        if progress is not None:
            return path, progress
        log.info("%s is torn: going back to the one before", path)
        shutil.rmtree(path)
    return None


def _read(checkpoint: Path) -> Progress | None:
    """A checkpoint's record, or None if it is torn."""
    try:
        data = json.loads((checkpoint / RECORD).read_text(encoding="utf-8"))
        files = data.pop("files")
        if any(file_sha256(checkpoint / name) != digest for name, digest in files.items()):
            return None
        return Progress(**{**data, "account": Account(**data["account"]), "start": Measures(**data["start"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def go_back(out: Path, progress: Progress) -> None:
    """Cut the logs of a run to where a checkpoint was written."""
    for name in LOGS:
        if (out / name).is_file():
            os.truncate(out / name, progress.logs.get(name, 0))
    (out / "account.json").unlink(missing_ok=True)


def clear(out: Path) -> None:
    """Remove what an earlier run left, so that nothing of it is taken for this one's."""
    for folder in ("checkpoints", "best", "best.part"):
        shutil.rmtree(out / folder, ignore_errors=True)
    for name in (*LOGS, "account.json"):
        (out / name).unlink(missing_ok=True)


def keep_best(out: Path, save: Callable[[str], None], training: Mapping[str, object]) -> None:
    """Save the adapter as the best so far, with the settings that trained it, its step and its score."""
    part = out / "best.part"
    shutil.rmtree(part, ignore_errors=True)
    save(str(part))
    write_json(part / "training.json", training)
    shutil.rmtree(out / "best", ignore_errors=True)
    os.replace(part, out / "best")


def best_score(out: Path) -> float:
    """The validation score of the best adapter that is kept, or -1 if there is none."""
    best, part = out / "best", out / "best.part"
    if not best.is_dir() and (part / "training.json").is_file():  # it was written whole, but not yet in its place
        os.replace(part, best)
    try:
        return float(json.loads((best / "training.json").read_text(encoding="utf-8"))["score"])
    except (OSError, ValueError, KeyError, TypeError):
        return -1.0


def changes(stored: object, now: DataclassInstance, free: Sequence[str] = ()) -> list[str]:
    """How settings differ from those that a run was trained with, in words; empty if they do not.

    Args:
        stored: What the run stored.
        now: The settings in use.
        free: Settings that may differ, beside those that do not change what is learnt.
    """
    if not isinstance(stored, Mapping):
        return ["settings that were not stored"]
    defaults = plain(type(now)())
    return [
        f"{name} {was} instead of {value}"
        for name, value in plain(now).items()
        if name not in (*NOT_LEARNT, *free) and (was := stored.get(name, defaults[name])) != value
    ]


def check_same_run(out: Path, progress: Progress, now: DataclassInstance, statements: str) -> None:
    """Refuse to go on with other settings or statements; more steps are welcome.

    Raises:
        ConfigError: They are others.
    """
    differing, steps = changes(progress.settings, now, free=["steps"]), asdict(now)["steps"]
    if steps < progress.account.steps:
        differing.append(f"{progress.account.steps} steps done instead of {steps}")
    if statements != progress.statements:
        differing.append("other statements")
    if differing:
        raise ConfigError.of(
            f"a run in {out} that began with {', '.join(differing)}",
            "the settings and statements that it is resumed with",
            "put them back, or start it anew with --anew",
        )


def check_one_process(remedy: str) -> None:
    """Refuse a run over several processes: they would learn apart and write the same files.

    Raises:
        ConfigError: There are several, as `accelerate launch` and `torchrun` start them.
    """
    if (processes := int(os.environ.get("WORLD_SIZE", "1"))) > 1:
        raise ConfigError.of(f"one run over {processes} processes", "one process a run", remedy)


def go_on_or_begin(
    out: Path, now: DataclassInstance, statements: str, resume: bool, anew: bool
) -> tuple[Path, Progress] | None:
    """The last whole checkpoint with its record, the logs cut to it; None to begin from nothing in an empty folder.

    Args:
        out: Folder of the run; it is made, and cleared of what an earlier run left where this one begins from nothing.
        now: The settings in use.
        statements: Hash of the run's statements.
        resume: Go on where there is a checkpoint.
        anew: Begin from nothing where going on would be refused.

    Raises:
        ConfigError: The run to go on with had other settings or statements.
    """
    found = _same_run(out, now, statements, anew) if resume else None
    if found is None:
        clear(out)
    out.mkdir(parents=True, exist_ok=True)
    return found


def _same_run(out: Path, now: DataclassInstance, statements: str, anew: bool) -> tuple[Path, Progress] | None:
    """The last whole checkpoint, if it is of a run with the same settings."""
    found = last_whole(out / "checkpoints")
    if found is None:
        log.info("no whole checkpoint in %s: beginning from nothing", out)
        return None
    try:
        check_same_run(out, found[1], now, statements)
    except ConfigError:
        if anew:
            return None
        raise
    go_back(out, found[1])
    found[1].account.stopped = "step limit"
    return found


def is_finished(out: Path, now: DataclassInstance, resume: bool, anew: bool) -> bool:
    """Whether a run is done with these settings; False if it is to be trained, for the first time or again.

    Raises:
        ConfigError: It was trained with other settings, and nobody asked to train it anew or for more steps.
    """
    path = out / "account.json"
    if not path.is_file():
        return False
    try:
        stored = json.loads(path.read_text(encoding="utf-8")).get("settings")
    except (ValueError, AttributeError):
        stored = None
    differing = changes(stored, now)
    if not differing:
        return True
    longer = resume and isinstance(stored, Mapping) and not changes(stored, now, free=["steps"])
    if anew or (longer and asdict(now)["steps"] > stored["steps"]):
        return False
    raise ConfigError.of(
        f"an adapter in {out} that was trained with {', '.join(differing)}",
        "the settings of the file",
        "put them back, or train it anew with --anew",
    )
