"""Best of n: which of the candidates of a statement is chosen, by the scorers that gave the rewards.

The rule is the same for all methods, whatever their weights: the aim of the weight search, taken of the rewards of one
reply; for the aim `mean` that is Σ_k score_k x faithfulness / K. It is that of the app (`emorl.reflecting.best_of`) but
for the chance that a counsellor would say it, which is no reward of the study. Left out: writing the candidates
(`measures`), and the judges, who have no say in the choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emorl.scoring.score_cache import ScoreCache
from emorl.scoring.scorer import Score
from training.search.settings import Aim


def best_of(candidates: Sequence[str], values: Sequence[float]) -> str:
    """The candidate of the highest value, of equal ones the first; one without text only where there is no other.

    Args:
        candidates: Replies to one statement, at least one.
        values: What each is worth.

    Example:
        >>> best_of(["You left.", "You miss it.", ""], [0.3, 0.4, 0.9])
        'You miss it.'
    """
    pairs = list(zip(candidates, values, strict=True))
    return max([pair for pair in pairs if pair[0].strip()] or pairs, key=lambda pair: pair[1])[0]


class Chooser:
    """Chooses by rewards; every distinct candidate of a statement is scored once.

    Attributes:
        aim: What makes one number of the rewards of a reply.
    """

    def __init__(self, rewards: Mapping[str, Score], aim: Aim) -> None:
        """Args: each objective's reward, which is its score times faithfulness; and the aim."""
        self.aim, self._cache = aim, ScoreCache(rewards)

    def choose(self, statements: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[str]:
        """The best of the candidates of each of N statements."""
        asked = [statement for statement, own in zip(statements, candidates, strict=True) for _ in own]
        self._cache.rows(asked, [reply for own in candidates for reply in own])  # all of them in one batch
        return [
            best_of(own, [self.aim.scalarization(row) for row in self._cache.rows([statement] * len(own), own)])
            for statement, own in zip(statements, candidates, strict=True)
        ]
