"""The chance that a counsellor would say a reply, by the scorers and by how likely the ensemble finds its own words.

A reply that says what nobody said is seldom likely to the models that wrote it, so their own log-probability tells
right replies from wrong ones beside every scorer: on read replies to one statement it is the better half of this
estimate (docs/results.md). A logistic regression on read replies weighs them (`training.stages.chance`), and the
manifest of a models folder keeps its five numbers. It is the log-linear reranking of machine translation (Och and Ney
2002, "Discriminative training and maximum entropy models", section 2) with four features. Left out: replies that these
models did not write, whose log-probability nobody knows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

EDGE = 1e-4
"""Scores nearer to 0 or 1 count as this near, so that no single score decides alone."""
LOWEST = 700.0
"""Log-odds below minus this are no chance at all; `math.exp` ends near there."""


def log_odds(score: float) -> float:
    """Of a score in [0, 1]."""
    inside = min(max(score, EDGE), 1.0 - EDGE)
    return math.log(inside / (1.0 - inside))


@dataclass(frozen=True)
class Chance:
    """Weights of the logistic regression.

    Attributes:
        bias: Log-odds where all else is 0.
        faithfulness: Of the log-odds of the faithfulness score.
        would_say: Of the log-odds of the score for whether a counsellor would say it.
        nats: Of the reply's log-probability, its end included, in nats.
        nats_a_token: Of the same, divided by the number of tokens.
    """

    bias: float
    faithfulness: float
    would_say: float
    nats: float
    nats_a_token: float

    def of(self, faithfulness: float, would_say: float, logps: Sequence[float]) -> float:
        """The chance, in [0, 1].

        Args:
            faithfulness: Score, in [0, 1].
            would_say: Score, in [0, 1].
            logps: Log-probability of each token in nats (`Decoded.logps`), at least one.
        """
        seen = features(faithfulness, would_say, logps)
        weights = self.faithfulness, self.would_say, self.nats, self.nats_a_token
        odds = self.bias + math.fsum(weight * value for weight, value in zip(weights, seen, strict=True))
        return 1.0 / (1.0 + math.exp(-odds)) if odds > -LOWEST else 0.0


def features(faithfulness: float, would_say: float, logps: Sequence[float]) -> tuple[float, float, float, float]:
    """What the regression sees, in the order of its weights; see `Chance.of`."""
    nats = math.fsum(logps)
    return log_odds(faithfulness), log_odds(would_say), nats, nats / len(logps)
