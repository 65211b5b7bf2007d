"""Gives a trained scorer of several objectives one head more, without touching the others.

The states that the scorer has learnt for faithfulness, reflection and empathy also tell an affirming reflection from a
plain one. So its adapter stays as it is, and the new head is a logistic regression on the states of the end tokens and
the likelihood, standardised for the fit. It costs nothing more when replies are scored, and what the other heads give
does not change by a bit. Left out: training a scorer from nothing (`training.language_model`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sklearn.linear_model import LogisticRegression

from emorl.errors import ConfigError
from emorl.models.base import ensure_base
from emorl.scoring.language_model import LanguageModelScorer, OneObjective, batches, end_features, rows_of
from emorl.scoring.load import ScorerFolders
from training.grades.affirmation import affirmation_groups
from training.grades.graded import Graded, Sources
from training.warmstart import fast_bf16

HEADS: Mapping[str, Callable[[Sources, random.Random], list[list[Graded]]]] = {"affirmation": affirmation_groups}
"""Objectives whose head is added to the trained scorer, and what it learns from."""
STATEMENTS = 900
GOOD = 0.5  # graded above it
PENALTY = 0.03
"""C of the regression on standardised inputs; from .01 to .1 unseen statements are told apart equally well."""


def add_heads(
    folder: Path, warm_start: Path | None, sources: Sources, seed: int, limit: int | None = None
) -> tuple[str, ...]:
    """Fit every head of `HEADS` that a scorer lacks, and write it into the scorer's folder behind those that are there.

    Args:
        folder: Of a scorer made of the language model.
        warm_start: Folder of the warm start that it was trained on, where it has none of its own.
        sources: Where graded replies come from.
        seed: Of the statements and of their counter-examples.
        limit: At most so many statements with a good reply (smoke runs), or None for `STATEMENTS`.

    Returns:
        Names of the heads that were added.

    Raises:
        ConfigError: The sources hold no replies of either kind.
    """
    known = json.loads((folder / "scorer.json").read_text(encoding="utf-8"))["objectives"]
    added = tuple(name for name in HEADS if name not in known)
    for objective in added:
        opened = ScorerFolders(ensure_base(), warm_start).load(folder, known[0])
        assert isinstance(opened, OneObjective)
        _add_head(folder, opened.whole, objective, _some(HEADS[objective](sources, random.Random(seed)), limit))
    return added


def _some(groups: Sequence[list[Graded]], limit: int | None) -> list[list[Graded]]:
    """So many statements with a good reply, and half as many without one."""
    most = limit or STATEMENTS
    good = [any(item.grade > GOOD for item in group) for group in groups]
    with_one = [group for group, one in zip(groups, good, strict=True) if one]
    without = [group for group, one in zip(groups, good, strict=True) if not one]
    return with_one[:most] + without[: most // 2]


def _add_head(folder: Path, scorer: LanguageModelScorer, objective: str, groups: Sequence[list[Graded]]) -> None:
    good = torch.tensor([item.grade > GOOD for group in groups for item in group])
    if not good.any() or good.all():
        raise ConfigError.of(
            f"no replies that {objective} could be learnt from", "good and other ones", "name a folder with corpora"
        )
    inputs = _inputs(scorer, groups)
    mean, spread = inputs.mean(0), inputs.std(0) + 1e-6
    fit = LogisticRegression(C=PENALTY, max_iter=5000).fit(((inputs - mean) / spread).numpy(), good.numpy())
    weight = torch.tensor(fit.coef_[0]) / spread.double()
    bias = float(fit.intercept_[0]) - float(weight @ mean.double())
    new = {"weight": weight[:-2], "likelihood": weight[-2:], "bias": torch.tensor(bias)}
    head = load_file(folder / "head.safetensors")
    head = {name: torch.cat([rows, new[name].to(rows.dtype)[None]]) for name, rows in head.items()}
    save_file({name: rows.contiguous() for name, rows in head.items()}, folder / "head.safetensors")
    card = json.loads((folder / "scorer.json").read_text(encoding="utf-8"))
    card["objectives"] = [*card["objectives"], objective]
    (folder / "scorer.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _inputs(scorer: LanguageModelScorer, groups: Sequence[Sequence[Graded]]) -> torch.Tensor:
    """What a head sees of every reply, (N, H + 2), in the order of the groups."""
    rows = rows_of(scorer.tokenizer, [(group[0].statement, [item.reply for item in group]) for group in groups])
    found: dict[int, torch.Tensor] = {}
    device = scorer.model.lm_head.weight.device.type
    for batch in batches([len(row["input_ids"]) for row in rows]):
        with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=fast_bf16()):
            states, likelihood = end_features(scorer.model, [rows[i] for i in batch])
        both = torch.cat([states.float(), likelihood.float()], dim=1).cpu()
        parts = torch.split(both, [len(groups[i]) for i in batch])
        found |= dict(zip(batch, parts, strict=True))
    return torch.cat([found[i] for i in range(len(groups))])
