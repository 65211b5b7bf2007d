"""One YAML file for every stage, checked as a whole: all faults are reported together.

Unknown keys, keys that stand twice, wrong types and impossible values are faults. A stage's defaults are those of its
dataclass. Left out: overrides on the command line, but for the corpora, the base and the search; copy the file
instead, so that a run's settings stay with it.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from emorl.errors import ConfigError
from emorl.models.base import base_layers
from emorl.models.own_base import own_base
from emorl.resources import data_path
from emorl.settings import DEVICES
from training.language_model import SharedScorerConfig
from training.objectives import ObjectiveConfig
from training.own_objectives import objective_faults, preset_faults
from training.preferences import PreferencesConfig
from training.rounds import RoundsConfig
from training.search.settings import SAMPLED, SearchConfig, method_faults, search_faults
from training.seq2seq import BASELINES, Seq2SeqConfig
from training.study.settings import ReportConfig, report_faults
from training.warmstart import WarmStartConfig
from training.yaml_file import read_yaml

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
class EvaluateConfig:
    """Settings of the evaluation.

    Attributes:
        prompts: Unseen statements, at most.
        max_tokens: Longest reply.
    """

    prompts: int = 120
    max_tokens: int = 48


@dataclass(frozen=True)
class BaselinesConfig:
    """Settings of the baselines (`training.baselines`); the others are those of the first objective.

    Attributes:
        steps: Updates of each run, or null for as many as the runs of all objectives together.
        every: Updates between the validations that bandits learn from.
        search: Method that searches the weights of the ensemble and of the soup: hierarchical, random or bayesian.
        beside: Other methods, which are recorded beside it; `exact` for the ensemble alone.
    """

    steps: int | None = None
    every: int = 10
    search: str = "hierarchical"
    beside: tuple[str, ...] = ()


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
        objectives: Stage 5, one entry an objective, in the order of the sliders: reflection, empathy, fluency, and any
            other that names a scorer.
        presets: Weights by the name of a preset, beside those that every models folder has.
        search: Stage 6.
        evaluate: Stage 7.
        baselines: What the study compares with.
        report: The arms of the study's report.
        seq2seq: Runs on an encoder-decoder, as the paper has them.
        base: Base of all stages, a folder or `owner/name` on the hub; null for what `EMORL_BASE` says. The commands put
            it there (`training.options`).
        device: What computes: cpu, cuda, or auto, which is CUDA where there is any; null for what `EMORL_DEVICE` says.
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
    presets: dict[str, dict[str, float]] = field(default_factory=dict)
    search: SearchConfig = field(default_factory=SearchConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    baselines: BaselinesConfig = field(default_factory=BaselinesConfig)
    report: ReportConfig = field(default_factory=ReportConfig)
    seq2seq: Seq2SeqConfig = field(default_factory=Seq2SeqConfig)
    base: str | None = None
    device: str | None = None


OBJECTIVES = ("reflection", "empathy", "fluency", "affirmation")
"""Those that a run has scorers for; any other names its own."""

CHOICES = {"reward": ("log", "plain"), "baseline": BASELINES, "device": DEVICES}
"""What settings that are words may be."""

AT_LEAST_ONE = frozenset(
    "steps prompts rank alpha shipped_rank batch levels max_tokens max_words max_source validate_every save_every "
    "validation limit replies statements every evaluations best_of".split()
)
"""Settings whose zero leaves a stage nothing to work on."""

ABOVE_ZERO = frozenset("temperature learning_rate judge_epochs epochs".split())
"""Settings whose zero divides by nothing or learns nothing."""

MAY_BE_ZERO = frozenset(["preferences.epochs"])
"""Those of them whose zero leaves a stage out."""

SHARES = frozenset("decay faithfulness_drop empathic_share affirming_share unread_share least least_share".split())
"""Settings from 0 to 1."""

LARGEST_SEED = 2**32 - 1000
"""numpy takes 32 bits; some stages add a few hundred."""


def _value(kind: object, value: object, path: str, faults: list[str]) -> object:
    """The value as its type, or a fault."""
    if typing.get_origin(kind) is dict:
        entry = typing.get_args(kind)[1]
        if not isinstance(value, dict) or (not value and path == "objectives"):
            faults.append(f"{path} is {value!r}, expected a mapping")
            return {}
        return {
            name: _value(entry, {} if part is None else part, f"{path}.{name}", faults) for name, part in value.items()
        }
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            faults.append(f"{path} is {value!r}, expected a list")
            return value
        return tuple(_value(typing.get_args(kind)[0], part, path, faults) for part in value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _build(kind, value, path, faults)
    options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if value is None and type(None) in options:
        return None
    wanted = next(option for option in options if isinstance(option, type) and option is not type(None))
    if wanted is Path and isinstance(value, str) and value:
        return Path(value).expanduser()
    if wanted is bool and isinstance(value, bool):
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted is float and number:
        return float(typing.cast(float, value))
    if wanted is int and isinstance(value, float) and value.is_integer():  # 1e3
        return int(value)
    if wanted in (int, str) and isinstance(value, wanted) and not isinstance(value, bool):
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
        before = len(faults)
        made[name] = _value(hints[name], value, where, faults)
        if len(faults) == before and (fault := _impossible(name, where, made[name])):
            faults.append(f"{where} is {fault}")
    return kind(**made)


def _impossible(name: str, where: str, value: object) -> str | None:
    """What is wrong with a value of the right type, or None."""
    if isinstance(value, Path):
        return f"{value}, which is a file, expected a folder" if value.is_file() else None
    if isinstance(value, str):
        choices = CHOICES.get(name, (value,))
        return None if value in choices else f"{value!r}, expected {', '.join(choices[:-1])} or {choices[-1]}"
    if not isinstance(value, int | float):
        return None
    if not math.isfinite(value):
        return f"{value}, expected a finite number"
    if name == "samples" and value < 2:
        return f"{value}, expected at least 2: the baseline is the mean of the others"
    if value < 0:
        return f"{value}, expected at least 0"
    if name in AT_LEAST_ONE and value < 1:
        return f"{value}, expected at least 1"
    if name in ABOVE_ZERO and where not in MAY_BE_ZERO and not value:
        return f"{value}, expected more than 0"
    if name in SHARES and value > 1:
        return f"{value}, expected at most 1"
    if name == "seed" and value > LARGEST_SEED:
        return f"{value}, expected at most {LARGEST_SEED}"
    return None


def _disagreements(config: Config) -> list[str]:
    """Values that are possible by themselves, but not together or not on this base."""
    own = own_base(config.base) if isinstance(config.base, str) else None
    layers, count, least = base_layers(own), len(config.objectives), config.search.least_share
    faults = [
        f"objectives.{name}.first_layer is {objective.first_layer}, expected at most {layers - 1}: the base has "
        f"{layers} layers"
        for name, objective in config.objectives.items()
        if isinstance(objective.first_layer, int) and objective.first_layer >= layers
    ]
    if isinstance(least, float) and 1 >= least > 1 / max(1, count):
        faults.append(f"search.least_share is {least}, expected at most {1 / count:.3g}: there are {count} objectives")
    faults += search_faults(config.search, list(config.objectives))
    baselines, why = config.baselines, ": a soup has no atlas"
    faults += method_faults("baselines.search", baselines.search, baselines.beside, SAMPLED, why)
    faults += report_faults(config.report)
    for name, objective in config.objectives.items():
        faults += [f"objectives.{name}{fault}" for fault in objective_faults(str(name), objective, OBJECTIVES)]
    for name, weights in config.presets.items():
        faults += [f"presets.{name}{fault}" for fault in preset_faults(str(name), weights, config.objectives)]
    return faults


def read_config(path: Path, search: Mapping[str, object] | None = None, base: str | None = None) -> Config:
    """Read and check a YAML file: one of your own, or a shipped one by its name, `default` or `smoke`.

    Args:
        path: The file.
        search: Settings of the section `search` that take the place of the file's.
        base: Takes the place of the file's base.

    Raises:
        AssetError: There is no such base, or its `config.json` cannot be read.
        ConfigError: The file is missing, not YAML, or has faults; the message lists all of them in one line.
    """
    shipped = {file.stem: file for file in sorted(CONFIGS.glob("*.yaml"))}
    if not path.exists():
        path = shipped.get(str(path), path)
    try:
        data, faults = read_yaml(path)
    except FileNotFoundError:
        raise ConfigError(
            f"No file {path}: expected a YAML configuration, or one of {', '.join(shipped)} for a shipped one; "
            "check the path."
        ) from None
    data = data if data is not None else {}
    if search and isinstance(data, dict) and isinstance(of_file := data.get("search", {}), dict):
        data = {**data, "search": {**of_file, **search}}
    if base is not None and isinstance(data, dict):
        data = {**data, "base": base}
    config = _build(Config, data, "", faults)
    faults += _disagreements(config)
    if faults:
        raise ConfigError(f"{path} has {len(faults)} fault(s): " + "; ".join(faults) + ".")
    return config
