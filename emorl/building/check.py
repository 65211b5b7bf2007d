"""Opens a models folder as the app does, base, adapters and scorers included, and says what is in it.

Left out: what the app checks for itself when it starts; it is the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emorl.ensemble import LlamaBackbone, StackedLora
from emorl.ensemble.lora import Adapter
from emorl.reflecting.tokenizer import end_token
from emorl.reflecting.writer import Writer


def fit(base: Path, warm_start: Adapter | None, adapters: Sequence[Adapter]) -> None:
    """Refuse adapters that do not fit a base, and a base that cannot be used.

    Raises:
        AdapterMismatch: An adapter changes a layer that the base lacks, or has another width.
        BackboneError: The base's architecture or tokenizer cannot be used.
    """
    from transformers import AutoTokenizer

    end_token(AutoTokenizer.from_pretrained(base))
    LlamaBackbone.from_pretrained(base, warm_start, "float32").prepare(StackedLora(adapters))


def check(models: Path) -> list[str]:
    """Open a models folder; a line for the base, the warm start, each objective, faithfulness and the presets.

    Raises:
        EmorlError: Anything that the app would refuse.
    """
    writer = Writer.load(models, "float32", progress=True)
    manifest = writer.manifest
    lines = [
        f"base {manifest.base_sha256[:12]}, {len(writer.decoder.backbone.layers)} layers",
        f"warm start {manifest.warm_start.name if manifest.warm_start else 'none'}",
    ]
    for entry, adapter in zip(manifest.objectives, writer.decoder.lora.adapters, strict=True):
        layers = sorted({layer for layer, _ in adapter.factors})
        scorer = "no scorer" if entry.scorer is None else f"scorer {getattr(entry.scorer, 'name', entry.scorer)}"
        lines.append(
            f"{entry.name}: rank {adapter.rank} on {len(adapter.factors)} projections of layers {layers[0]} to "
            f"{layers[-1]}, {scorer}, {entry.sha256[:12]}"
        )
    lines.append(f"faithfulness {manifest.faithfulness.name if manifest.faithfulness else 'not scored'}")
    lines.append(f"presets {', '.join(manifest.presets)}")
    return lines
