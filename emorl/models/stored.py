"""The base as it is stored: its weights stay in their file, which is mapped into memory, in the type they have there.

A page of such memory can be read from the file again, so the system need not keep it, and several processes share it.
What computes with the weights converts them as it reads them: the engine once, when it packs them, and the scorers at
every product (`emorl.scoring.widened`). Left out: where the base comes from (`base`), and whether the engine takes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

HALVES = {"BF16": torch.bfloat16, "F16": torch.float16}
"""Types of weights that are kept as they are, as safetensors calls them."""


def stored_dtype(folder: Path) -> torch.dtype:
    """The type of all weights in the folder if that is one of `HALVES`, else float32.

    What the configuration says about it does not count.
    """
    found: set[str] = set()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            found |= {file.get_slice(key).get_dtype() for key in file.keys()}
    return HALVES.get(found.pop(), torch.float32) if len(found) == 1 else torch.float32


def open_stored(folder: Path) -> LlamaForCausalLM:
    """A base of transformers with its weights as they are stored; it is not meant to compute with.

    Args:
        folder: As `ensure_base` returns it.
    """
    from transformers import AutoModelForCausalLM

    model: LlamaForCausalLM = AutoModelForCausalLM.from_pretrained(folder, dtype=stored_dtype(folder))
    return model.eval().requires_grad_(False)
