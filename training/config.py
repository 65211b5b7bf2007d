"""One YAML file for every stage, checked as a whole: all faults are reported together.

Unknown keys, wrong types and impossible values are faults. A stage's defaults are those of its dataclass. Left out:
overrides on the command line; copy the file instead, so that a run's settings stay with it.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import yaml

from emorl.errors import ConfigError
from emorl.resources import data_path
from training.language_model import SharedScorerConfig
from training.objectives import ObjectiveConfig
from training.preferences import PreferencesConfig
from training.rounds import RoundsConfig
from training.warmstart import WarmStartConfig

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Stage = TypeVar("Stage", bound="DataclassInstance")
CONFIGS = Path(__file__).with_name("configs")


@dataclass(frozen=True)
class ScorersConfig:
    """Settings of the scorers.

    Attributes:
        shared: The scorer of faithfulness, reflection and empathy, and its judge.
        judge_epochs: Passes over the data for the judge of fluency.
        learning_rate: Its peak learning rate.
        seed: Seed of the shipping scorer; judges use seed + 100.
        limit: At most so many statements, and pairs of a kind in the reports (smoke runs), or null.
    """

    shared: SharedScorerConfig = field(default_factory=SharedScorerConfig)
    judge_epochs: float = 1.5
    learning_rate: float = 6e-4
    seed: int = 1
    limit: int | None = None


@dataclass(frozen=True)
class SearchConfig:
    """Settings of the weight search.

    Attributes:
        prompts: Held-back validation statements.
        levels: Levels of the grid; 5 gives a precision of 1/32.
        max_tokens: Longest reply.
        least_share: Share that `balanced` leaves every objective at least.
    """

    prompts: int = 16
    levels: int = 5
    max_tokens: int = 40
    least_share: float = 0.1


@dataclass(frozen=True)
class EvaluateConfig:
    """Settings of the evaluation.

    Attributes:
        prompts: Unseen statements, at most.
        max_tokens: Longest reply.
    """

    prompts: int = 120
    max_tokens: int = 48


@dataclass(frozen=True)
class Config:
    """Settings of a whole run.

    Attributes:
        corpora: Folder with the corpora, or null for our own data only.
        out: Folder of checkpoints and logs.
        models: Models folder that `package` writes.
        shipped: Models folder whose scorers are used where a run has trained none.
        warmstart: Stage 1.
        preferences: Stage 2, the warm start learns from replies that were read.
        scorers: Stage 3; they stand on the warm start.
        rounds: Stage 4.
        objectives: Stage 5, one entry an objective: reflection, empathy, fluency.
        search: Stage 6.
        evaluate: Stage 7.
    """

    corpora: Path | None = None
    out: Path = Path("runs/default")
    models: Path = Path("runs/default/models")
    shipped: Path = field(default_factory=lambda: data_path("models"))
    scorers: ScorersConfig = field(default_factory=ScorersConfig)
    warmstart: WarmStartConfig = field(default_factory=WarmStartConfig)
    preferences: PreferencesConfig = field(default_factory=PreferencesConfig)
    rounds: RoundsConfig = field(default_factory=RoundsConfig)
    objectives: dict[str, ObjectiveConfig] = field(
        default_factory=lambda: {name: ObjectiveConfig() for name in ("reflection", "empathy", "fluency")}
    )
    search: SearchConfig = field(default_factory=SearchConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)


OBJECTIVES = ("reflection", "empathy", "fluency")
AT_LEAST_ONE = frozenset(
    "steps prompts rank shipped_rank batch levels max_tokens max_words validate_every validation limit replies "
    "statements".split()
)
"""Settings whose zero leaves a stage nothing to work on."""


def _value(kind: object, value: object, path: str, faults: list[str]) -> object:
    """The value as its type, or a fault."""
    if typing.get_origin(kind) is dict:
        entry = typing.get_args(kind)[1]
        if not isinstance(value, dict) or not value:
            faults.append(f"{path} is {value!r}, expected a mapping")
            return {}
        for name in value:
            if name not in OBJECTIVES:
                faults.append(f"{path}.{name} is unknown, expected one of {', '.join(OBJECTIVES)}")
        return {name: _value(entry, part or {}, f"{path}.{name}", faults) for name, part in value.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _build(kind, value, path, faults)
    options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if value is None and type(None) in options:
        return None
    wanted = next(option for option in options if isinstance(option, type) and option is not type(None))
    if wanted is Path and isinstance(value, str):
        return Path(value)
    if wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if wanted is not Path and isinstance(value, wanted) and not isinstance(value, bool):
        return value
    faults.append(f"{path} is {value!r}, expected {wanted.__name__}")
    return value


def _build(kind: type[Stage], data: object, path: str, faults: list[str]) -> Stage:
    """A dataclass from a mapping."""
    if not isinstance(data, dict):
        faults.append(f"{path or 'the file'} is {data!r}, expected a mapping")
        return kind()
    hints = typing.get_type_hints(kind)
    made: dict[str, object] = {}
    for name, value in data.items():
        where = f"{path}.{name}" if path else str(name)
        if name not in hints:
            faults.append(f"{where} is unknown, expected one of {', '.join(hints)}")
            continue
        made[name] = _value(hints[name], value, where, faults)
        number = made[name]
        if isinstance(number, int | float) and number < 0:
            faults.append(f"{where} is {number}, expected at least 0")
        if name in AT_LEAST_ONE and number == 0:
            faults.append(f"{where} is 0, expected at least 1")
        if name == "samples" and isinstance(number, int) and number < 2:
            faults.append(f"{where} is {number}, expected at least 2: the baseline is the mean of the others")
        if name == "reward" and number not in ("log", "plain"):
            faults.append(f"{where} is {number!r}, expected log or plain")
    return kind(**made)


def read_config(path: Path) -> Config:
    """Read and check a YAML file: one of your own, or a shipped one by its name, `default` or `smoke`.

    Raises:
        ConfigError: The file is missing, not YAML, or has faults; the message lists all of them in one line.
    """
    shipped = {file.stem: file for file in sorted(CONFIGS.glob("*.yaml"))}
    if not path.exists():
        path = shipped.get(str(path), path)
    try:
        data = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise ConfigError(
            f"No file {path}: expected a YAML configuration, or one of {', '.join(shipped)} for a shipped one; "
            "check the path."
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML ({' '.join(str(error).split())}); mend it.") from None
    faults: list[str] = []
    config = _build(Config, data if data is not None else {}, "", faults)
    if faults:
        raise ConfigError(f"{path} has {len(faults)} fault(s): " + "; ".join(faults) + ".")
    return config
