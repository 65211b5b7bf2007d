"""A score cache: every distinct pair of statement and reply is scored once by each scorer, all new pairs in one batch.

A search writes the same reply again and again, and only the first time costs anything. Left out: a limit on the size,
as a cache lives for one search or one evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emorl.scoring.scorer import Score


class ScoreCache:
    """Scores by pair of statement and reply.

    Attributes:
        scorers: The scorers by name, in the order of every row.
        calls: Pairs that were really scored.
    """

    def __init__(self, scorers: Mapping[str, Score]) -> None:
        """Args: the scorers by name."""
        self.scorers = dict(scorers)
        self.calls = 0
        self._known: dict[tuple[str, str], tuple[float, ...]] = {}

    def rows(self, statements: Sequence[str], replies: Sequence[str]) -> list[tuple[float, ...]]:
        """One row for each pair, with every scorer's score."""
        pairs = list(zip(statements, replies, strict=True))
        new = sorted(dict.fromkeys(pair for pair in pairs if pair not in self._known))  # same statements side by side
        if new:
            columns = [score([p[0] for p in new], [p[1] for p in new]).tolist() for score in self.scorers.values()]
            self._known.update(zip(new, zip(*columns, strict=True), strict=True))
            self.calls += len(new)
        return [self._known[pair] for pair in pairs]

    def columns(self, statements: Sequence[str], replies: Sequence[str]) -> dict[str, list[float]]:
        """The scores of all pairs by scorer."""
        rows = self.rows(statements, replies)
        return {name: [row[number] for row in rows] for number, name in enumerate(self.scorers)}
