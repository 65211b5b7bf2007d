"""The packaged models, as the stages after `package` open them and amend their manifest."""

from __future__ import annotations

import json
from collections.abc import Callable

from emorl.ensemble import EnsembleDecoder
from emorl.models.manifest import Manifest
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.reflecting.writer import Writer
from training import files
from training.config import Config


def open_models(config: Config) -> tuple[EnsembleDecoder, SharedTokenizer, Manifest]:
    """Decoder (float32), tokenizer and manifest of the packaged models, checked as the app checks them."""
    writer = Writer.load(config.models, "float32", scored=False)
    return writer.decoder, writer.tokenizer, writer.manifest


def amend_manifest(config: Config, change: Callable[[files.Manifest], None]) -> None:
    """Read the manifest, change it, write it back."""
    path = config.models / "manifest.json"
    manifest: files.Manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
