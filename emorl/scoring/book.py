"""A score book: every distinct pair of statement and reply is scored once by each scorer, new pairs in one batch.

A search writes the same reply again and again; only the first time costs anything. Left out: a limit on its size, as a
book lives for one search or one evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch

Score = Callable[[Sequence[str], Sequence[str]], torch.Tensor]


class ScoreBook:
    """Scores remembered by text.

    Attributes:
        scorers: The scorers by name, in the order of every row.
        calls: Pairs really scored.
    """

    def __init__(self, scorers: Mapping[str, Score]) -> None:
        """Args: the scorers by name, each (statements, replies) -> (B,) in [0, 1]."""
        self.scorers = dict(scorers)
        self.calls = 0
        self._known: dict[tuple[str, str], tuple[float, ...]] = {}

    def rows(self, statements: Sequence[str], replies: Sequence[str]) -> list[tuple[float, ...]]:
        """One row a pair, with each scorer's score."""
        pairs = list(zip(statements, replies, strict=True))
        new = sorted(dict.fromkeys(pair for pair in pairs if pair not in self._known))  # statements side by side
        if new:
            columns = [score([p[0] for p in new], [p[1] for p in new]).tolist() for score in self.scorers.values()]
            self._known.update(zip(new, zip(*columns, strict=True), strict=True))
            self.calls += len(new)
        return [self._known[pair] for pair in pairs]

    def columns(self, statements: Sequence[str], replies: Sequence[str]) -> dict[str, list[float]]:
        """The same by scorer's name."""
        rows = self.rows(statements, replies)
        return {name: [row[number] for row in rows] for number, name in enumerate(self.scorers)}
