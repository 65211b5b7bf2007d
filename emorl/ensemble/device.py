"""Which device computes: what `EMORL_DEVICE` says, checked against what PyTorch finds.

The backbone's weights, caches and adapters lie there, and the trainers train there. Token ids, positions, states and
logits cross over at the backbone (`LlamaBackbone.forward`, `logits`), so that everything above it computes on the CPU.
Left out: several devices for one model. No CUDA device was at hand to try any of this on.
"""

from __future__ import annotations

import torch

from emorl.errors import SettingsError
from emorl.settings import settings

CPU = torch.device("cpu")


def chosen_device() -> torch.device:
    """The device that the environment asks for: `cpu` by default, `cuda`, or with `auto` CUDA where there is any.

    Raises:
        SettingsError: CUDA is asked for and PyTorch finds none.
    """
    wanted, found = settings().device, torch.cuda.is_available()
    if wanted == "cuda" and not found:
        raise SettingsError.of(
            "EMORL_DEVICE=cuda where PyTorch finds no CUDA device",
            "a CUDA device, its driver, and a PyTorch that was built for it",
            "set it to cpu, or to auto, which takes the CPU where there is none",
        )
    return torch.device("cuda") if found and wanted != "cpu" else CPU
