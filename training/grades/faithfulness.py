"""Graded replies for the faithfulness scorer: what was read, our own reflections, and false ones beside them.

Read replies keep their label (2, 1, 0 as 1, 0.4, 0). Our own and PAIR's reflections count as true; beside each stands a
contrast of it (`contrasts`), sometimes the reflection of another statement or the statement itself. So true and false
replies have the same authors and the same style.
"""

from __future__ import annotations

import random

from training.grades.contrasts import contrast, of_another
from training.grades.graded import Graded, Sources, grouped

GRADES = {0: 0.0, 1: 0.4, 2: 1.0}
OTHER_SHARE, COPY_SHARE = 0.25, 0.1


def faithfulness_groups(sources: Sources, rng: random.Random) -> list[list[Graded]]:
    """A list of graded replies for each statement; `rng` draws the contrasts."""
    graded = [Graded(r.statement, r.reply, GRADES[r.faithful], r.source) for r in sources.read()]
    true = {own.statement: own.replies for own in sources.corpora.own if own.split == sources.split}
    true |= {p.prompt: (*p.high, *p.medium) for p in sources.corpora.pair if p.split == sources.split}
    others = [reply for replies in true.values() for reply in replies]
    for statement, replies in true.items():
        for reply in rng.sample(replies, min(2, len(replies))):
            graded.append(Graded(statement, reply, 1.0, "ours"))
            if false := contrast(reply, others, rng, replies):
                graded.append(Graded(statement, false, 0.0, "contrast"))
        if rng.random() < OTHER_SHARE and (other := of_another(others, replies, rng)):
            graded.append(Graded(statement, other, 0.0, "of another"))
        if rng.random() < COPY_SHARE:
            graded.append(Graded(statement, statement, 0.0, "copy"))
    return grouped(graded, rng)
