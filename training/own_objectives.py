"""Checks of the objectives and presets of one's own that a YAML file names.

Each fault is what follows the objective's or preset's path in the file: a place inside it, what was got, what was
expected. Left out: whether a function can be called, which is found out where it is loaded (`emorl.scoring.own`).
"""

from __future__ import annotations

import importlib.util
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from emorl.scoring.own import NAMED
from training.objectives import ObjectiveConfig

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
RESERVED = frozenset("base balanced equal faithfulness shared warmstart uniform emorl".split())
"""Names of presets that every models folder has, of other scorers, and of methods in the figures."""


def objective_faults(name: str, objective: ObjectiveConfig, ours: Sequence[str]) -> list[str]:
    """What is wrong with an objective's name, scorers and slider; `ours` need not name a scorer."""
    faults = []
    if not NAME.fullmatch(name) or name in RESERVED:
        faults.append(
            f" is no name, expected small letters, digits, - and _, and none of {', '.join(sorted(RESERVED))}"
        )
    elif name not in ours and objective.scorer is None:
        faults.append(f" is unknown, expected one of {', '.join(ours)}, or a scorer of its own")
    for key in ("scorer", "judge"):
        value = getattr(objective, key)
        if isinstance(value, str) and (fault := _scorer_fault(value)):
            faults.append(f".{key} is {value!r}, expected {fault}")
    for key in ("label", "help"):
        value = getattr(objective, key)
        if isinstance(value, str) and not value.strip():
            faults.append(f".{key} is {value!r}, expected some text")
    return faults


def _scorer_fault(value: str) -> str | None:
    """What is expected of a named scorer that is not there."""
    if named := NAMED.fullmatch(value):
        try:
            there = importlib.util.find_spec(named[1]) is not None
        except (ImportError, ValueError):  # no such package around it
            there = False
        return None if there else "a module that Python can import"
    if (Path(value).expanduser() / "scorer.json").is_file():
        return None
    return "the folder of a trained scorer, or package.module:function"


def preset_faults(name: str, weights: object, objectives: Mapping[str, object]) -> list[str]:
    """What is wrong with a preset of one's own."""
    if not NAME.fullmatch(name) or name in RESERVED or name in objectives:
        return [" is no name, expected small letters, digits, - and _, and no other preset's"]
    if not isinstance(weights, dict):
        return []  # said already
    faults = [
        f".{key} is {weight}, expected a finite number of at least 0"
        for key, weight in weights.items()
        if isinstance(weight, float) and not 0 <= weight < math.inf
    ]
    faults += [
        f".{key} is unknown, expected one of {', '.join(map(str, objectives))}"
        for key in weights
        if key not in objectives
    ]
    if not any(weights.values()):
        faults.append(f" is {weights}, expected a weight above 0")
    return faults
