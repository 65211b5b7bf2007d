"""Adapter weights as the bytes of a safetensors file that is stamped with the base it belongs to.

Left out: reading them (`emorl.ensemble.lora`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def stamped(tensors: Mapping[str, torch.Tensor], base_id: str) -> bytes:
    """A safetensors file with `base_id` in its metadata, the same bytes for the same tensors everywhere.

    The library's own order of the metadata changes from call to call, and the identity of a base with its warm start is
    a hash of the file.

    Args:
        tensors: Contiguous tensors by name.
        base_id: Identity of the base that the adapter belongs to.
    """
    from safetensors.torch import save

    data = save(dict(tensors), {"format": "pt", "base_id": base_id})
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    return data[:8] + text.ljust(size) + data[8 + size :]
