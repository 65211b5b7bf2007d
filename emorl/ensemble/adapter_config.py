"""Reads PEFT's adapter_config.json, and refuses every setting that would write another text here than in PEFT.

A setting is read, or cannot change what is written (dropout, the name of the base), or stands at the value at which
PEFT does nothing; any other setting is refused, and so is a key that this version does not know. Which modules are
adapted, at which rank and scale, follows PEFT's own matching of names. Left out: variants of LoRA such as DoRA, and
initialisations that change the base, such as PiSSA.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emorl.errors import AdapterMismatch

MAX_ALPHA, MAX_RANK, MAX_LAYER = 1e6, 65_536, 9_999  # far beyond any model that is mixed here

READ = frozenset(
    "peft_type r lora_alpha use_rslora rank_pattern alpha_pattern target_modules exclude_modules layers_to_transform "
    "layers_pattern init_lora_weights".split()
)
"""Settings that decide what is written and are followed."""

WITHOUT_EFFECT = frozenset(
    "task_type auto_mapping peft_version base_model_name_or_path revision inference_mode runtime_config lora_dropout "
    "megatron_core qalora_group_size loftq_config eva_config corda_config lora_ga_config".split()
)
"""Settings of training, and those that count only together with one that is refused."""

OFF: dict[str, tuple[object, ...]] = {
    "bias": ("none",),
    **dict.fromkeys("use_dora lora_bias use_qalora fan_in_fan_out ensure_weight_tying".split(), (False, None)),
    **dict.fromkeys("modules_to_save target_parameters trainable_token_indices".split(), (None, [], {})),
    **dict.fromkeys(
        "megatron_config velora_config alora_invocation_tokens monteclora_config layer_replication use_bdlora "
        "arrow_config kasa_config".split(),
        (None,),
    ),
}
"""Settings that are not followed, with the values at which PEFT does nothing."""

INITIALISATIONS: tuple[object, ...] = (True, False, None, "gaussian", "orthogonal", "eva")
"""Of `init_lora_weights`: those that leave the base as it is; the stored factors then say everything."""


@dataclass(frozen=True)
class AdapterConfig:
    """The settings of one plain LoRA adapter that decide what is written.

    Attributes:
        rank: R where no pattern says otherwise.
        alpha: Alpha where no pattern says otherwise.
        rank_stabilised: Whether the scale is alpha / sqrt R (rsLoRA) instead of alpha / R.
        ranks: R by pattern of module names; the first pattern that matches counts.
        alphas: Alpha by pattern, likewise.
        targets: Endings of the names of adapted modules, or a regular expression for whole names.
        excluded: The same for modules that are not adapted.
        layers: Layers that are adapted, or None for all.
        lists: Patterns of the name of the list of layers, or none for any.
    """

    rank: int
    alpha: float
    rank_stabilised: bool
    ranks: dict[str, int]
    alphas: dict[str, float]
    targets: tuple[str, ...] | str
    excluded: tuple[str, ...] | str
    layers: frozenset[int] | None
    lists: tuple[str, ...]

    def rank_of(self, module: str) -> int:
        """R of a module, named as in the model, such as `model.layers.0.self_attn.q_proj`."""
        return self.ranks.get(_matching(self.ranks, module), self.rank)

    def scale_of(self, module: str) -> float:
        """Factor of B A of a module."""
        rank = self.rank_of(module)
        alpha = self.alphas.get(_matching(self.alphas, module), self.alpha)
        return alpha / (math.sqrt(rank) if self.rank_stabilised else rank)

    def adapts(self, module: str) -> bool:
        """Whether PEFT adapts a linear module of this name."""
        if self.excluded and _names(self.excluded, module):
            return False
        if self.targets == "all-linear":
            return True
        if isinstance(self.targets, str) or module in self.targets:
            return _names(self.targets, module)
        return _names(self.targets, module) and self._in_layers(module)

    def _in_layers(self, module: str) -> bool:
        if not self.layers:
            return True
        patterns = [rf"(?:^|.*?\.){name}\.(\d+)\." for name in self.lists] or [r".*?\.[^.]*\.(\d+)\."]
        found = next((match for pattern in patterns if (match := re.match(pattern, module))), None)
        return found is not None and int(found[1]) in self.layers


def _names(names: tuple[str, ...] | str, module: str) -> bool:
    """Whether a module is one of these: endings of its name, or a regular expression for the whole of it."""
    if isinstance(names, str):
        return re.fullmatch(names, module) is not None
    return any(module == name or module.endswith(f".{name}") for name in names)


def _matching(patterns: dict[str, Any], module: str) -> str:
    """The first pattern that matches the end of a module's name, or nothing."""
    return next((pattern for pattern in patterns if re.match(rf"(.*\.)?({pattern})$", module)), "")


def read_adapter_config(name: str, path: Path) -> AdapterConfig:
    """Read and check an adapter_config.json.

    Args:
        name: The adapter's name, for messages.
        path: The file.

    Raises:
        AdapterMismatch: It cannot be read, lacks a setting, or has settings that are not followed; all are named.
    """
    data = _json(name, path)
    if data.get("peft_type") != "LORA":
        raise AdapterMismatch.of(
            f"adapter {name}, whose peft_type is {_shown(data.get('peft_type'))}", '"LORA"', "train it as plain LoRA"
        )
    refused = [f"{key} {_shown(value)}" for key, value in data.items() if not _understood(key, value)]
    if refused:
        raise AdapterMismatch.of(
            f"adapter {name}, whose settings have {', '.join(refused)}",
            "plain LoRA, with every other setting at PEFT's default",
            _remedy(data),
        )
    faults = _faults(data)
    if faults:
        raise AdapterMismatch.of(
            f"adapter {name}, whose adapter_config.json has {', '.join(faults)}",
            "the settings that PEFT's save_pretrained writes",
            "save the adapter again",
        )
    return AdapterConfig(
        rank=data["r"],
        alpha=float(data["lora_alpha"]),
        rank_stabilised=bool(data.get("use_rslora")),
        ranks=dict(data.get("rank_pattern") or {}),
        alphas=dict(data.get("alpha_pattern") or {}),
        targets=_several(data["target_modules"]),
        excluded=_several(data.get("exclude_modules")),
        layers=_layers(data.get("layers_to_transform")),
        lists=tuple([lists] if isinstance(lists := data.get("layers_pattern") or [], str) else lists),
    )


def _json(name: str, path: Path) -> dict[str, Any]:
    """The file as a dictionary."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise AdapterMismatch.of(
            f"adapter {name}, whose adapter_config.json cannot be read ({reason})",
            "JSON in UTF-8",
            "save the adapter again",
        ) from None
    if not isinstance(data, dict):
        raise AdapterMismatch.of(
            f"adapter {name}, whose adapter_config.json is {_shown(data)}", "an object", "save the adapter again"
        )
    return data


def _understood(key: str, value: object) -> bool:
    """Whether a setting is followed or without effect; null says nothing, whatever the key."""
    if key == "init_lora_weights":
        return any(value is known or (isinstance(value, str) and value == known) for known in INITIALISATIONS)
    return key in READ or key in WITHOUT_EFFECT or value in OFF.get(key, (None,))


def _remedy(data: dict[str, Any]) -> str:
    """What to do about settings that are refused."""
    if unknown := sorted(set(data) - READ - WITHOUT_EFFECT - set(OFF)):
        return f"remove {', '.join(unknown)} if the adapter is the same without, or train it as plain LoRA"
    if not _understood("init_lora_weights", data.get("init_lora_weights")):
        return "save it with path_initial_model_for_weight_conversion, which makes it plain LoRA, or train it so"
    return "train it as plain LoRA"


def _faults(data: dict[str, Any]) -> list[str]:
    """Settings that are missing or not of their kind."""
    kinds: dict[str, tuple[bool, str]] = {
        "r": (_rank(data.get("r")), f"a whole number from 1 to {MAX_RANK}"),
        "lora_alpha": (_number(data.get("lora_alpha")), f"a number up to {MAX_ALPHA:g}"),
        "use_rslora": (data.get("use_rslora") in (True, False, None), "true or false"),
        "rank_pattern": (_patterns(data.get("rank_pattern"), _rank), "ranks by pattern"),
        "alpha_pattern": (_patterns(data.get("alpha_pattern"), _number), "alphas by pattern"),
        "target_modules": (_modules(data.get("target_modules")), "names of modules"),
        "exclude_modules": (_modules(data.get("exclude_modules"), optional=True), "names of modules"),
        "layers_to_transform": (_numbers(data.get("layers_to_transform")), "numbers of layers"),
        "layers_pattern": (_modules(data.get("layers_pattern"), optional=True), "names of lists"),
    }
    return [
        f"no {key}" if key not in data else f"{key} {_shown(data[key])} (not {kind})"
        for key, (good, kind) in kinds.items()
        if not good
    ]


def _rank(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_RANK


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_ALPHA


def _patterns(value: object, good: Callable[[object], bool]) -> bool:
    """Whether a value is nothing, or maps regular expressions to good values."""
    return value is None or (
        isinstance(value, dict) and all(_expression(key) and good(entry) for key, entry in value.items())
    )


def _modules(value: object, optional: bool = False) -> bool:
    """Whether a value is a regular expression, a list of names, or, where it is optional, nothing."""
    if isinstance(value, list):
        return all(isinstance(name, str) for name in value)
    return _expression(value) if isinstance(value, str) else optional and value is None


def _numbers(value: object) -> bool:
    """Whether a value is nothing, a layer's number, or a list of such."""
    entries = value if isinstance(value, list) else [value]
    return value is None or all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= MAX_LAYER for n in entries)


def _expression(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _several(value: list[str] | str | None) -> tuple[str, ...] | str:
    return value if isinstance(value, str) else tuple(value or ())


def _layers(value: list[int] | int | None) -> frozenset[int] | None:
    if value is None or value == []:
        return None
    return frozenset(value if isinstance(value, list) else [value])


def _shown(value: object) -> str:
    """A value as it stands in the file, on one line and not too long."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
