"""Guards against reward hacking: penalties on rollouts, and a rule that ends a run that runs away.

A learned scorer can be fooled; these measures cannot be traded for reward. The penalty is added to the reward of every
objective alike; `GuardedValidation` compares validation replies with those of the warm start and stops the run when
copying, repetition, length, sameness or sympathy leave the range in which a reflection is still one, when faithfulness
falls, or when the held-out judge falls while the reward rises.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emorl.scoring.metrics import copy_rate, corpus_distinct_2, ngrams, repetition, words

LONGEST, SHORTEST = 42, 5  # words
COPIED = 0.55
"""Share of a reply that may be copied; of the replies that readers would say, seven in ten copy no more."""
SYMPATHY = re.compile(r"\b(?:sorry|glad)\b", re.IGNORECASE)


def penalty(statement: str, reply: str, ended: bool) -> float:
    """What is added to the reward of one rollout: 0 or less.

    Copying beyond `COPIED`, repeated bigrams beyond 10 %, a question, a reply that is too long, too short or
    not ended.
    """
    n = len(words(reply))
    taken = 3.0 * max(0.0, copy_rate(statement, reply) - COPIED) + 4.0 * max(0.0, repetition(reply) - 0.1)
    taken += 0.5 * ("?" in reply) + 0.05 * max(0, n - LONGEST) + 0.3 * max(0, SHORTEST - n) + 1.0 * (not ended)
    return -min(taken, 3.0)


def sameness(statements: Sequence[str], replies: Sequence[str]) -> list[float]:
    """For each reply, the share of its four-word runs that replies to other statements of the batch use too."""
    owners: dict[tuple[str, ...], set[str]] = {}
    runs = [ngrams(words(reply), 4) for reply in replies]
    for statement, grams in zip(statements, runs, strict=True):
        for gram in grams:
            owners.setdefault(gram, set()).add(statement)
    return [sum(len(owners[gram]) > 1 for gram in grams) / len(grams) if grams else 0.0 for grams in runs]


def penalties(statements: Sequence[str], replies: Sequence[str], ended: Sequence[bool]) -> list[float]:
    """`penalty` of every rollout of a batch, and one for formulas: sameness beyond 30 %."""
    same = sameness(statements, replies)
    return [
        penalty(s, r, e) - 2.0 * max(0.0, share - 0.3)
        for s, r, e, share in zip(statements, replies, ended, same, strict=True)
    ]


def opening_share(replies: Sequence[str]) -> float:
    """Share of the replies that begin with the most frequent three words, [0, 1]."""
    openings = Counter(tuple(words(reply)[:3]) for reply in replies)
    return openings.most_common(1)[0][1] / len(replies)


@dataclass(frozen=True)
class Measures:
    """Means over validation replies.

    Attributes:
        score: Mean score of the objective being trained, [0, 1].
        judge: Mean score of its held-out judge, [0, 1], or NaN where there is none.
        words: Mean length in words.
        copying: Mean copy rate, [0, 1].
        repetition: Mean repetition, [0, 1].
        distinct: Distinct bigrams over all replies together, [0, 1].
        ended: Share of replies that ended by themselves.
        opening: Share of replies that begin with the most frequent three words.
        sympathy: Share of replies that say "sorry" or "glad".
        faithful: Mean faithfulness, [0, 1], or NaN where nothing measures it.
    """

    score: float
    judge: float
    words: float
    copying: float
    repetition: float
    distinct: float
    ended: float
    opening: float
    sympathy: float
    faithful: float

    @classmethod
    def of(
        cls,
        statements: Sequence[str],
        replies: Sequence[str],
        ended: Sequence[bool],
        scores: Sequence[float],
        judged: Sequence[float] | None,
        faithful: Sequence[float] | None = None,
    ) -> Measures:
        """Measure N replies."""
        return cls(
            score=float(np.mean(scores)),
            judge=float(np.mean(judged)) if judged is not None else float("nan"),
            words=float(np.mean([len(words(r)) for r in replies])),
            copying=float(np.mean([copy_rate(s, r) for s, r in zip(statements, replies, strict=True)])),
            repetition=float(np.mean([repetition(r) for r in replies])),
            distinct=corpus_distinct_2(replies),
            ended=float(np.mean(ended)),
            opening=opening_share(replies),
            sympathy=float(np.mean([bool(SYMPATHY.search(reply)) for reply in replies])),
            faithful=float(np.mean(faithful)) if faithful is not None else float("nan"),
        )


def runaway(start: Measures, now: Measures, faithfulness_drop: float = 0.05) -> str | None:
    """Why a run has run away, in words, or None while it has not.

    Args:
        start: Of the warm start.
        now: Of the run.
        faithfulness_drop: How far faithfulness may fall.
    """
    if now.words > max(1.8 * start.words, start.words + 15):
        return f"replies grew from {start.words:.0f} to {now.words:.0f} words"
    if now.words < 0.4 * start.words:
        return f"replies shrank from {start.words:.0f} to {now.words:.0f} words"
    if now.copying > start.copying + 0.25:
        return f"copying rose from {start.copying:.2f} to {now.copying:.2f}"
    if now.repetition > start.repetition + 0.12:
        return f"repetition rose from {start.repetition:.2f} to {now.repetition:.2f}"
    if now.distinct < 0.6 * start.distinct:
        return f"distinct bigrams fell from {start.distinct:.2f} to {now.distinct:.2f}: one formula for everything"
    if now.ended < start.ended - 0.25:
        return f"replies that end by themselves fell from {start.ended:.2f} to {now.ended:.2f}"
    if now.opening > max(0.1, start.opening) + 0.1:
        return f"replies with one opening rose from {start.opening:.2f} to {now.opening:.2f}"
    if now.sympathy > start.sympathy + 0.1:
        return f"replies with sorry or glad rose from {start.sympathy:.2f} to {now.sympathy:.2f}"
    if now.faithful < start.faithful - faithfulness_drop:
        return f"faithfulness fell from {start.faithful:.2f} to {now.faithful:.2f}"
    if now.judge < start.judge - 0.03 and now.score > start.score + 0.03:
        return f"the held-out judge fell from {start.judge:.2f} to {now.judge:.2f} while the score rose"
    return None


def converged(means: Sequence[float], window: int = 20, ratio: float = 0.015) -> bool:
    """EMORL's stop: std / mean of the last `window` validation means is below `ratio`."""
    last = np.asarray(means[-window:])
    return len(last) == window and float(last.std() / max(last.mean(), 1e-9)) < ratio
