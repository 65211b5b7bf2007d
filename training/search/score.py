"""`score(weights)`: the one function that every search maximises, and what it cost to ask it.

Under each weight vector one greedy reply is written to every statement; the score is the aim of their mean rewards by
objective. Every distinct reply is scored once. What writes is an ensemble, or soups of its adapters. Left out: the
searches, which only see numbers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emorl.atlas import Atlas, grow_atlas
from emorl.ensemble import EnsembleDecoder
from emorl.models.template import prompt_text
from emorl.reflecting.tokenizer import SharedTokenizer
from emorl.scoring.score_cache import ScoreCache
from emorl.scoring.scorer import Score
from emorl.search.hierarchical import Weights
from training.evaluate import greedy_replies
from training.search.settings import Aim

log = logging.getLogger(__name__)

Write = Callable[[Sequence[str], Sequence[Weights]], tuple[list[list[str]], dict[str, int]]]
"""From statements and raw weights to the replies under each weight vector, and the decoding steps that they took
("steps", and "alone" for each by itself), as `greedy_replies` gives them."""


@dataclass(frozen=True)
class Mixed:
    """What writes under weights.

    Attributes:
        write: Writes greedily under several weight vectors.
        atlas: The atlas of a statement with the text of each region, or None where there is none, as for soups.
    """

    write: Write
    atlas: Callable[[str], tuple[Atlas, list[str]]] | None = None


def ensemble(decoder: EnsembleDecoder, tokenizer: SharedTokenizer, max_tokens: int, strength: float = 1.0) -> Mixed:
    """The ensemble: equal beginnings of replies are decoded once for all weight vectors."""

    def atlas_of(statement: str) -> tuple[Atlas, list[str]]:
        *_, atlas = grow_atlas(decoder, tokenizer.ids(prompt_text(statement)), strength, max_tokens=max_tokens)
        return atlas, [tokenizer.text(region.tokens) for region in atlas.regions]

    return Mixed(
        lambda statements, points: greedy_replies(
            decoder, tokenizer, prompt_text, statements, points, max_tokens, strength=strength
        ),
        atlas_of,
    )


class WeightScore:
    """The score of weights on fixed statements.

    Attributes:
        means: The mean reward by objective of every weight vector that was asked for.
        spent: Decoding steps taken (`steps`), and those of one weight vector at a time (`alone`).
    """

    def __init__(self, write: Write, statements: Sequence[str], scorers: Mapping[str, Score], aim: Aim) -> None:
        """Take what writes, the statements, each objective's reward in the order of the weights, and the aim."""
        self.write, self.statements, self.cache = write, list(statements), ScoreCache(scorers)
        self.scalarization = aim.scalarization
        self.means: dict[Weights, list[float]] = {}
        self.spent = {"steps": 0, "alone": 0}

    def __call__(self, points: Sequence[Weights]) -> list[float]:
        """A number for each weight vector; higher is better."""
        return [self.scalarization(row) for row in self.rows(points)]

    def rows(self, points: Sequence[Weights]) -> list[list[float]]:
        """The mean rewards of each weight vector by objective."""
        written, cost = self.write(self.statements, points)
        for key, value in cost.items():
            self.spent[key] += value
        every = self.statements * len(points)
        self.cache.rows(every, [text for texts in written for text in texts])  # new pairs in one batch
        for weights, texts in zip(points, written, strict=True):
            columns = self.cache.columns(self.statements, texts)
            self.means[tuple(weights)] = [sum(column) / len(texts) for column in columns.values()]
        log.info("  %d directions, %d distinct replies", len(self.means), self.cache.calls)
        return [self.means[tuple(weights)] for weights in points]


def measured(aim: Aim, write: Write, statements: Sequence[str], scorers: Mapping[str, Score]) -> Aim:
    """The aim with its ideal, measured on these statements where it lacks one; the same for every method."""
    if not aim.lacks_ideal:
        return aim
    corners: list[Weights] = [tuple(row) for row in np.eye(len(scorers)).tolist()]
    return aim.with_ideal(WeightScore(write, statements, scorers, Aim()).rows(corners))
