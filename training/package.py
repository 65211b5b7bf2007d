"""Packages trained adapters: casts them, stamps the base they belong to, and writes the manifest.

The warm start is stored in bfloat16 (it is merged in float32 from these rounded values, in training and in the app
alike), objective adapters in float32. Every weights file carries `base_id` in its metadata, so that an adapter cannot
be mixed on another base by mistake.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from emorl.models.base import BASE_NAME
from emorl.models.contents import OWN_WARM_START
from emorl.models.weights_file import stamped

KEPT = (
    "peft_type",
    "task_type",
    "r",
    "lora_alpha",
    "target_modules",
    "layers_to_transform",
    "bias",
    "use_dora",
    "use_rslora",
    "base_model_name_or_path",
)


def store_adapter(
    source: Path, target: Path, base_id: str, dtype: torch.dtype, rank: int | None = None, base_name: str = BASE_NAME
) -> Path:
    """Copy a PEFT adapter with its weights cast and stamped with the base they belong to.

    Args:
        source: Folder of the adapter.
        target: Folder to write.
        base_id: Identity of the base that the adapter belongs to.
        dtype: Precision of the stored weights.
        rank: Rank that a larger adapter is brought to (see `lower_rank`), or None to keep its own.
        base_name: What its settings call the base, instead of a path of the machine that it was trained on.
    """
    target.mkdir(parents=True, exist_ok=True)
    config = json.loads((source / "adapter_config.json").read_text())
    weights = load_file(source / "adapter_model.safetensors")
    if rank is not None and rank < config["r"]:
        weights = lower_rank(weights, rank)
        alpha = config["lora_alpha"] * rank / config["r"]  # the scale stays
        config |= {"r": rank, "lora_alpha": int(alpha) if alpha == int(alpha) else alpha}
    tensors = {k: v.to(dtype).contiguous() for k, v in weights.items()}
    file = target / "adapter_model.safetensors"
    file.write_bytes(stamped(tensors, base_id))
    kept = {key: config.get(key) for key in KEPT}
    kept["base_model_name_or_path"] = base_name
    kept["target_modules"] = sorted(kept["target_modules"])
    (target / "adapter_config.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    return target


def lower_rank(weights: dict[str, torch.Tensor], rank: int) -> dict[str, torch.Tensor]:
    """The nearest adapter of a lower rank, layer by layer: the largest singular values of B A.

    Args:
        weights: PEFT's tensors: `lora_A` (r, in) and `lora_B` (out, r) of each layer.
        rank: At most r.

    Returns:
        The same names with (rank, in) and (out, rank), in float32.
    """
    lowered = {}
    for name, down in weights.items():
        if "lora_A" not in name:
            continue
        up_name = name.replace("lora_A", "lora_B")
        out_basis, out_part = torch.linalg.qr(weights[up_name].float())
        in_basis, in_part = torch.linalg.qr(down.float().T)
        left, values, right = torch.linalg.svd(out_part @ in_part.T)
        root = values[:rank].sqrt()
        lowered[name] = root[:, None] * (right[:rank] @ in_basis.T)
        lowered[up_name] = (out_basis @ left[:, :rank]) * root
    return lowered


def store_scorer(source: Path, target: Path) -> Path:
    """Copy a scorer's adapter, heads and card, its weights in float16; and its own warm start as it is."""
    target.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.half().contiguous() for k, v in load_file(source / "adapter_model.safetensors").items()}
    save_file(tensors, target / "adapter_model.safetensors", {"format": "pt"})
    card = json.loads((source / "scorer.json").read_text())
    config = json.loads((source / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = card.get("backbone", "sentence-transformers/all-MiniLM-L6-v2")
    (target / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    for name in ("scorer.json", "head.safetensors"):
        if (source / name).is_file():
            shutil.copy(source / name, target / name)
    if (source / OWN_WARM_START).is_dir():
        shutil.copytree(source / OWN_WARM_START, target / OWN_WARM_START, dirs_exist_ok=True)
    return target
