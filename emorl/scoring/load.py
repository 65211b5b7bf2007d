"""Opens a trained scorer, whatever it is made of: `scorer.json` says which backbone it has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch

from emorl.errors import AssetError
from emorl.scoring.cross_encoder import CrossEncoderScorer
from emorl.scoring.language_model import BACKBONE, LanguageModelScorer


class Scorer(Protocol):
    """Scores pairs of statement and reply."""

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        """Scores in [0, 1], shape (B,)."""


class ScorerFolders:
    """Opens scorers by folder and objective; a scorer of several objectives is loaded once."""

    def __init__(self, base: Path, warm_start: Path | None) -> None:
        """Where scorers that are made of the language model find it.

        Args:
            base: Folder of the base model.
            warm_start: Folder of the warm start that they stand on, unless their card says the plain base; or None.
        """
        self.base, self.warm_start = base, warm_start
        self._shared: dict[Path, LanguageModelScorer] = {}

    def load(self, folder: Path, objective: str) -> Scorer:
        """The scorer of an objective.

        Args:
            folder: Written by `python -m training scorers`.
            objective: Which head of a scorer of several objectives; other scorers have one.

        Raises:
            AssetError: There is no complete scorer of the objective in the folder.
        """
        path = folder / "scorer.json"
        if not path.is_file():
            raise AssetError(
                f"No scorer in {folder}: expected scorer.json; train it with `python -m training scorers` or point at "
                "another models folder."
            )
        card = json.loads(path.read_text())
        if card.get("backbone") != BACKBONE:
            return CrossEncoderScorer(folder)
        if folder not in self._shared:
            stand = None if card.get("stands_on") == "base" else self.warm_start
            self._shared[folder] = LanguageModelScorer(folder, self.base, stand)
        return self._shared[folder].objective(objective)
