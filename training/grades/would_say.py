"""Graded replies for the head that says whether a counsellor would say a reply, all things considered.

Only what was read counts, with its utility (`LabelledReply.utility`): faithful, to the point, well-formed, and not
merely the client's words handed back. Our own reflections count as well said. Unlike the objectives it is no slider: it
chooses among several replies (`emorl.reflecting.best_of`).
"""

from __future__ import annotations

import random

from training.grades.graded import Graded, Sources, grouped

OURS = 2  # written reflections drawn for a statement


def would_say_groups(sources: Sources, rng: random.Random) -> list[list[Graded]]:
    """A list of graded replies for each statement; `rng` draws our own reflections."""
    read = [r for r in sources.read() if r.would_say is not None]
    graded = [Graded(r.statement, r.reply, r.utility, r.source) for r in read]
    for own in sources.corpora.own:
        if own.split == sources.split:
            for reply in rng.sample(own.replies, min(OURS, len(own.replies))):
                graded.append(Graded(own.statement, reply, 1.0, "ours"))
    return grouped(graded, rng)
