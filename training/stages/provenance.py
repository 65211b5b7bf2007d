"""What each stage was run with, kept beside what it made, so that nothing passes for the work of other settings.

A stage writes `settings.json` into its folder before it begins: its own settings, and which warm start and scorers it
stood on. Run again with others, it is refused, or begins from nothing where `--anew` was given. A folder from before
these files were written is taken as it is. An objective's run has its own settings in its account too
(`training.checkpoints`), because it may be given more steps. Left out: the texts that a stage learnt from.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from emorl.errors import ConfigError
from emorl.models.base import BASE_SHA256, base_sha256, ensure_base
from emorl.models.manifest import file_sha256
from emorl.settings import settings
from training.checkpoints import write_json
from training.config import Config
from training.stages.scores import named_scorer, scorer_folder

FILE = "settings.json"
log = logging.getLogger(__name__)


def begin(folder: Path, settings: Mapping[str, object], anew: bool) -> None:
    """Write down what a stage is run with, or make sure that it was run with the same before.

    Args:
        folder: Of what the stage makes; removed where it was made with other settings and `anew` is given.
        settings: All that decides what is made, by name.
        anew: Begin from nothing instead of refusing.

    Raises:
        ConfigError: The folder was made with other settings.
    """
    now = json.loads(json.dumps(settings, default=str))
    stored = kept_settings(folder)
    if stored is None:
        if folder.is_dir() and any(folder.iterdir()):
            log.info("%s has no %s: taken as it is", folder, FILE)
            return
    else:
        names = dict.fromkeys([*now, *stored])
        differing = [f"{n} {stored.get(n)} instead of {now.get(n)}" for n in names if stored.get(n) != now.get(n)]
        if not differing:
            return
        if not anew:
            raise ConfigError.of(
                f"{folder}, which was made with {', '.join(differing)}",
                "the settings of the file, and what the stages before have made",
                "put them back, or make it anew with --anew",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / FILE, now)


def other_base() -> dict[str, str]:
    """The base that `EMORL_BASE` names by twelve digits of its hash, for `begin`; nothing for the published one."""
    digest = base_sha256(ensure_base()) if settings().base is not None else BASE_SHA256
    return {} if digest == BASE_SHA256 else {"base": digest[:12]}


def kept_settings(folder: Path) -> dict[str, object] | None:
    """What a stage's folder was made with; None where that was not written down."""
    path = folder / FILE
    if not path.is_file():
        return None
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def warm_start_before_rounds(config: Config) -> Path:
    """The folder of this run's warm start as `warmstart` and `preferences` left it."""
    learnt = config.out / "preferences"
    there = config.preferences.epochs and (learnt / "preferences.json").is_file()
    return learnt if there else config.out / "warmstart"


def latest_warm_start(config: Config) -> Path:
    """The folder of this run's warm start as the last finished stage left it: rounds, preferences or the first one."""
    chosen = config.out / "rounds" / "best.json"
    if chosen.is_file():
        return Path(json.loads(chosen.read_text())["folder"])
    return warm_start_before_rounds(config)


def adapter_identity(folder: Path) -> str:
    """Twelve digits of the hash of an adapter's weights; "none" where there are none."""
    file = folder / "adapter_model.safetensors"
    return file_sha256(file)[:12] if file.is_file() else "none"


def scorer_identity(config: Config, objective: str) -> str:
    """Which shipping scorer an objective has: a function's name, or twelve digits of the hash of a folder's card."""
    named = named_scorer(config, objective, "ship")
    folder = Path(named).expanduser() if named else scorer_folder(config, objective, "ship")
    card = folder / "scorer.json" if folder else None
    if card is None or not card.is_file():  # it is a function, or fluency, or there is none
        return named or "none"
    return hashlib.sha256(card.read_bytes()).hexdigest()[:12]
