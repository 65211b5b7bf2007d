"""Fits how the chance that a counsellor would say a candidate is estimated (`emorl.models.chance`).

A logistic regression on replies that were read, to validation statements, which no scorer and no warm start has learnt
from. What it sees of a reply are two scores and the log-probability that the warm start gives it; the adapters move
that little, and in the app it is the mixture's. How well it tells replies to one statement apart is measured across
folds of statements, beside each score alone. Left out: the choice itself (`emorl.reflecting.best_of`).

    python -m training chance --config training/configs/default.yaml
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from transformers import LlamaForCausalLM, PreTrainedTokenizerBase

from emorl.errors import ConfigError
from emorl.models.chance import Chance, features
from emorl.models.packing import collate, reply_logps
from emorl.scoring.language_model import batches, rows_of
from training.data import LabelledReply
from training.data.labels import WRITTEN

FOLDS = 6
"""Of the statements; with fewer of them nothing is fitted."""


@dataclass(frozen=True)
class Fit:
    """What was found.

    Attributes:
        chance: The regression on all replies.
        statements: Statements with replies of both kinds.
        replies: Replies to them.
        within: Of two replies to one statement of which one would be said, the share in which that one ranks higher, by
            the name of what ranks them; `chance` is fitted without the statement's fold.
    """

    chance: Chance
    statements: int
    replies: int
    within: dict[str, float]


def usable(labels: Sequence[LabelledReply]) -> list[list[LabelledReply]]:
    """Validation statements with models' replies of both kinds, each with its replies."""
    found: dict[str, list[LabelledReply]] = {}
    for label in labels:
        if label.split == "validation" and label.source not in WRITTEN and label.would_say is not None:
            found.setdefault(label.statement, []).append(label)
    return [group for group in found.values() if len({label.would_say for label in group}) == 2]


@torch.inference_mode()
def log_probabilities(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerBase, groups: Sequence[Sequence[LabelledReply]]
) -> list[tuple[float, int]]:
    """Log-probability of each reply in nats, and its length in tokens, the end included; in the order of the groups.

    Args:
        model: The warm start, merged.
        tokenizer: The base's.
        groups: Replies to one statement each.
    """
    rows = rows_of(tokenizer, [(group[0].statement, [label.reply for label in group]) for group in groups])
    found: dict[int, list[tuple[float, int]]] = {}
    for batch in batches([len(row["input_ids"]) for row in rows]):
        inputs = collate([rows[index] for index in batch])
        labels = inputs.pop("labels")
        states = model.model(**inputs, use_cache=False).last_hidden_state
        pairs = zip(*(values.tolist() for values in reply_logps(states, labels, model.lm_head)), strict=True)
        for index in batch:
            found[index] = [(nats, int(length)) for _, (nats, length) in zip(groups[index], pairs, strict=False)]
    return [pair for index in range(len(groups)) for pair in found[index]]


def fit_chance(
    groups: Sequence[Sequence[LabelledReply]],
    faithfulness: Sequence[float],
    would_say: Sequence[float],
    logps: Sequence[tuple[float, int]],
) -> Fit:
    """Fit and measure.

    Args:
        groups: Replies to one statement each, N in all.
        faithfulness: N scores.
        would_say: N scores.
        logps: N log-probabilities in nats with the number of tokens.

    Raises:
        ConfigError: Too few statements.
    """
    if len(groups) < FOLDS:
        raise ConfigError.of(
            f"{len(groups)} validation statements with replies that would be said and replies that would not",
            f"at least {FOLDS}",
            "read more replies",
        )
    seen = np.array(
        [
            features(true, said, [nats / length] * length)
            for true, said, (nats, length) in zip(faithfulness, would_say, logps, strict=True)
        ]
    )
    said = np.array([bool(label.would_say) for group in groups for label in group])
    owner = np.array([number for number, group in enumerate(groups) for _ in group])
    foretold = np.zeros(len(said))
    for learnt, left in GroupKFold(FOLDS, shuffle=True, random_state=1).split(seen, said, owner):
        foretold[left] = _regression(seen[learnt], said[learnt]).of_many(seen[left])
    ranks = {"faithfulness": seen[:, 0], "would_say": seen[:, 1], "nats": seen[:, 2], "chance": foretold}
    within = {name: within_statement(values, said, owner) for name, values in ranks.items()}
    whole = _regression(seen, said)
    return Fit(Chance(*whole.weights), len(groups), len(said), within)


@dataclass(frozen=True)
class _Regression:
    weights: tuple[float, ...]  # the bias first

    def of_many(self, seen: np.ndarray) -> np.ndarray:
        """Log-odds, (N,)."""
        odds: np.ndarray = self.weights[0] + seen @ np.array(self.weights[1:])
        return odds


def _regression(seen: np.ndarray, said: np.ndarray) -> _Regression:
    """On standardised features, so that the penalty treats them alike; the weights are of the features themselves."""
    centre, spread = seen.mean(0), seen.std(0) + 1e-9
    model = LogisticRegression(C=1.0).fit((seen - centre) / spread, said)
    weights = model.coef_[0] / spread
    return _Regression((float(model.intercept_[0] - weights @ centre), *map(float, weights)))


def within_statement(values: np.ndarray, said: np.ndarray, owner: np.ndarray) -> float:
    """Share of the pairs of one statement, one reply that would be said and one not, that the values rank rightly.

    Args:
        values: (N,), higher is better; ties count half.
        said: (N,), whether it would be said.
        owner: (N,), the statement's number.
    """
    pairs = (owner[:, None] == owner[None, :]) & said[:, None] & ~said[None, :]
    right = (values[:, None] > values[None, :]) + 0.5 * (values[:, None] == values[None, :])
    return float(right[pairs].mean())
