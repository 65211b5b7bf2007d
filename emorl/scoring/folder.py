"""The files of a trained scorer, checked before anything opens them, and its adapter beside or in its base.

PEFT would open a pickle or ask the hub where a file is missing, make factors of any rank, change the base for some
initialisations, and import a module for others. So an adapter of a scorer may only say what our own training says, and
every tensor has to be of finite numbers of a sound size. Left out: hashes and links (`emorl.models.contents`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open

from emorl.ensemble.lora import load_adapter
from emorl.errors import AdapterMismatch, AssetError
from emorl.scoring.widened import widened

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

FOLLOWED = frozenset(
    "peft_type task_type r lora_alpha target_modules layers_to_transform exclude_modules modules_to_save "
    "init_lora_weights bias lora_dropout inference_mode peft_version base_model_name_or_path megatron_core "
    "qalora_group_size".split()
)
"""Settings that may be set; those that load nothing by themselves included. Every other one has to be empty."""

EMPTY: tuple[object, ...] = (None, False, "", [], {}, 0)
MAX_RANK = 256
MAX_SCALE = 1000.0  # of alpha / R
MAX_NUMBER = 1e4  # in any tensor
NUMBERS = frozenset({"F16", "BF16", "F32"})
REMEDY = "train it with `python -m training scorers`, or name another models folder"


def check_scorer(folder: Path, files: Sequence[str]) -> dict[str, Any]:
    """Check a scorer's folder.

    Args:
        folder: Holds the scorer.
        files: Names of the files that it needs, `scorer.json` among them.

    Returns:
        What `scorer.json` says.

    Raises:
        AssetError: A file is missing or cannot be read, or says what a scorer of ours does not.
    """
    _check_files(folder, files)
    return read_json(folder / "scorer.json")


def check_adapter(folder: Path) -> None:
    """Check the warm start that a scorer brings along, in the same way.

    Raises:
        AssetError: A file is missing or cannot be read, or says what a scorer of ours does not.
    """
    _check_files(folder, ("adapter_config.json", "adapter_model.safetensors"))


def _check_files(folder: Path, files: Sequence[str]) -> None:
    if any(not (folder / name).is_file() for name in files):
        raise AssetError.of(f"no scorer in {folder}", _listed(files), REMEDY)
    _check_settings(folder, read_json(folder / "adapter_config.json"))
    for name in files:
        if name.endswith(".safetensors"):
            _check_numbers(folder / name)


def _listed(files: Sequence[str]) -> str:
    return f"{', '.join(files[:-1])} and {files[-1]}"


def read_json(path: Path) -> dict[str, Any]:
    """An object from a JSON file of a scorer.

    Raises:
        AssetError: It cannot be read, or is no object.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AssetError.of(f"{path}, which cannot be read ({error})", "JSON in UTF-8", REMEDY) from None
    if not isinstance(data, dict):
        raise AssetError.of(f"{path}, which has {data!r:.40}", "an object", REMEDY)
    return data


def _check_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Refuse settings of an adapter that our training does not write."""
    odd = sorted(key for key, value in settings.items() if key not in FOLLOWED and value not in EMPTY)
    rank, alpha, targets = (settings.get(name) for name in ("r", "lora_alpha", "target_modules"))
    if settings.get("peft_type") != "LORA" or settings.get("init_lora_weights", True) not in (True, None):
        odd += ["peft_type or init_lora_weights"]
    if isinstance(rank, bool) or not isinstance(rank, int) or not 0 < rank <= MAX_RANK:
        odd += [f"r {rank!r:.40}"]
    elif isinstance(alpha, bool) or not isinstance(alpha, int | float) or not abs(alpha) <= MAX_SCALE * rank:
        odd += [f"lora_alpha {alpha!r:.40}"]
    if not isinstance(targets, list) or not all(isinstance(name, str) for name in targets):
        odd += ["target_modules"]
    if odd:
        raise AssetError.of(
            f"the scorer in {folder}, whose adapter_config.json has {', '.join(odd)}",
            f"plain LoRA of a rank up to {MAX_RANK}, counted at most {MAX_SCALE:g} times",
            REMEDY,
        )


def _check_numbers(path: Path) -> None:
    """Refuse tensors that are not finite numbers of a sound size; one tensor at a time is read."""
    try:
        with safe_open(path, "pt") as file:
            for key in file.keys():
                dtype = file.get_slice(key).get_dtype()
                fault = f"numbers of type {dtype}" if dtype not in NUMBERS else _fault(file.get_tensor(key))
                if fault:
                    raise AssetError.of(
                        f"{path}, whose {key} holds {fault}", f"finite numbers up to {MAX_NUMBER:g}", REMEDY
                    )
    except (SafetensorError, OSError) as error:
        raise AssetError.of(f"{path}, which cannot be read ({error})", "a whole safetensors file", REMEDY) from None


def _fault(tensor: torch.Tensor) -> str:
    values = tensor.float()
    if not torch.isfinite(values).all():
        return "values that are not finite"
    return f"{values.abs().max():g}" if (values.abs() > MAX_NUMBER).any() else ""


def merged(model: Any, folder: Path) -> Any:
    """A model with the scorer's adapter merged into it; the folder has been checked.

    Raises:
        AssetError: The adapter does not fit the model.
    """
    from peft import PeftModel  # a slow import

    try:
        return PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        raise AssetError.of(
            f"the scorer in {folder}, which does not fit its base ({str(error)[:200]})",
            "the one it was trained on",
            REMEDY,
        ) from None


def beside(model: LlamaForCausalLM, folder: Path, warm_start: Path | None) -> LlamaForCausalLM:
    """A model with the weights of a base, and beside them the scorer's adapter; the folder has been checked.

    Args:
        model: The base, from `open_stored`.
        folder: Of the scorer.
        warm_start: Folder of the warm start that the scorer stands on, or None.

    Raises:
        AssetError: An adapter does not fit the model.
        AdapterMismatch: The warm start cannot be read.
    """
    below = [] if warm_start is None else [load_adapter(warm_start)]
    try:
        return widened(model, [*below, load_adapter(folder)])
    except AdapterMismatch as error:
        raise AssetError.of(
            f"the scorer in {folder}, which does not fit its base ({error})", "the one it was trained on", REMEDY
        ) from None


def check_head(folder: Path, head: Mapping[str, torch.Tensor], heads: int, width: int) -> None:
    """Refuse heads of other shapes than (L, H), (L,) and (L, 2).

    Raises:
        AssetError: One has another shape or is missing.
    """
    wanted = {"weight": (heads, width), "bias": (heads,), "likelihood": (heads, 2)}
    got = {name: tuple(tensor.shape) for name, tensor in head.items()}
    if got != wanted:
        raise AssetError.of(f"{folder / 'head.safetensors'} with {got}", f"{wanted}", REMEDY)
