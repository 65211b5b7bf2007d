"""Opens a trained scorer of either kind: only one that is made of the language model names its backbone.

Left out: the scorers themselves (`cross_encoder`, `language_model`) and fluency, which is not trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from emorl.errors import AssetError
from emorl.models.base import base_sha256
from emorl.models.contents import OWN_WARM_START
from emorl.models.stored import open_stored
from emorl.scoring.cross_encoder import CrossEncoderScorer
from emorl.scoring.folder import check_adapter, read_json
from emorl.scoring.language_model import OWN, LanguageModelScorer
from emorl.scoring.scorer import Scorer

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM


class ScorerFolders:
    """Opens scorers by folder and objective; a scorer of several objectives is loaded only once."""

    def __init__(self, base: Path, warm_start: Path | None, model: LlamaForCausalLM | None = None) -> None:
        """Where scorers that are made of the language model find it.

        Args:
            base: Folder of the base model.
            warm_start: Folder of the warm start, for scorers that were trained on it and have none of their own; or
                None.
            model: The base model itself, from `open_stored`, whose weights they share; opened by default.
        """
        self.base, self.warm_start, self._given = base, warm_start, model
        self._shared: dict[Path, LanguageModelScorer] = {}

    def load(self, folder: Path, objective: str) -> Scorer:
        """The scorer of an objective.

        Args:
            folder: Written by `python -m training scorers`.
            objective: Which head of a scorer of several objectives; other scorers have only one.

        Raises:
            AssetError: The folder has no complete scorer of the objective, or one that cannot be used, on this base
                or at all.
        """
        path = folder / "scorer.json"
        if not path.is_file():
            raise AssetError.of(
                f"no scorer in {folder}",
                "scorer.json",
                "train it with `python -m training scorers`, or name another models folder",
            )
        card = read_json(path)
        if "backbone" not in card:
            return CrossEncoderScorer(folder)
        if "base" in card and card["base"] != self._digest:
            raise AssetError.of(
                f"the scorer in {folder}, which was trained on the base {card['base']!s:.12}...",
                f"{self._digest[:12]}..., the one in use",
                "train it with `python -m training scorers`, or name another models folder",
            )
        if folder not in self._shared:
            warm_start = self._warm_start_of(folder, card)
            self._shared[folder] = LanguageModelScorer(folder, self.base, warm_start, self.model)
        return self._shared[folder].objective(objective)

    def _warm_start_of(self, folder: Path, card: Mapping[str, object]) -> Path | None:
        """What the scorer stands on: the plain base, its own warm start, or the one of all others."""
        if card.get("stands_on") == "base":
            return None
        if card.get("stands_on") != OWN:
            return self.warm_start
        check_adapter(folder / OWN_WARM_START)
        return folder / OWN_WARM_START

    @cached_property
    def model(self) -> LlamaForCausalLM:
        """The base model with its weights as they are stored; all scorers share them."""
        return self._given or open_stored(self.base)

    @cached_property
    def _digest(self) -> str:
        """Hash of the base."""
        return base_sha256(self.base)

    def load_if_there(self, folder: Path, objective: str) -> Scorer | None:
        """The same, or None where the scorer has no head for it.

        Raises:
            AssetError: The folder has no complete scorer.
        """
        path = folder / "scorer.json"
        if path.is_file():
            named = read_json(path).get("objectives")
            if not isinstance(named, list) or objective not in named:
                return None
        return self.load(folder, objective)
