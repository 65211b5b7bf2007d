"""Graded replies for the empathy scorer: none, names a feeling, understands it and why.

Accurate empathy names what the client feels and why. Sympathy ("I'm sorry", "I'm glad", "that must be hard") with
nothing behind it is not empathy. So our empathic reflections are graded highest and a bare feeling word in the middle.
Sympathy, an empathic reply to somebody else, a wrong feeling, and plain reflections without a feeling are lowest.
Replies that were read are graded in the same way. Left out: training itself (`training.scorers`).
"""

from __future__ import annotations

import random

from emorl.scoring.feelings import names_feeling
from training.data import LabelledReply
from training.grades.contrasts import contrast
from training.grades.graded import Graded, Sources, grouped

FULL, NAMED, NONE = 0.95, 0.45, 0.03
LEVELS = {0: NONE, 1: NAMED, 2: FULL}
PARTLY = 0.7  # of the grade of its level, for a reply that is only partly faithful
HOLLOW = (
    "I'm so sorry to hear that.",
    "I'm sorry you're going through this.",
    "I'm sorry that happened to you.",
    "That must be really hard for you.",
    "That sounds so difficult.",
    "My heart goes out to you.",
    "I'm so glad you told me.",
    "I'm really happy to hear that.",
    "I'm glad things are going so well.",
    "It's lovely to hear that.",
)


def empathy_grade(label: LabelledReply) -> float | None:
    """Grade of a reply that was read; None where nobody judged its empathy and it is faithful."""
    if label.faithful == 0:
        return NONE
    if label.empathy is None:
        return None
    return LEVELS[label.empathy] * (PARTLY if label.faithful == 1 else 1.0)


def empathy_groups(sources: Sources, rng: random.Random) -> list[list[Graded]]:
    """A list of graded replies for each statement; `rng` draws the counter-examples."""
    graded = [
        Graded(r.statement, r.reply, grade, r.source) for r in sources.read() if (grade := empathy_grade(r)) is not None
    ]
    for pair in sources.hollow():
        graded.append(Graded(pair.statement, pair.hollow, NONE, "hollow"))
    own = [o for o in sources.corpora.own if o.split == sources.split]
    others = [o.empathic for o in own]
    for o in own:
        graded.append(Graded(o.statement, o.empathic, FULL, "empathic"))
        if false := contrast(o.empathic, others, rng, o.replies):
            graded.append(Graded(o.statement, false, NONE, "contrast"))
        for plain in (o.simple, o.complex):
            if names_feeling(plain) is None and rng.random() < 0.5:
                graded.append(Graded(o.statement, plain, 0.1, "no feeling"))
        if rng.random() < 0.3:
            graded.append(Graded(o.statement, rng.choice(HOLLOW), NONE, "hollow formula"))
        feeling = names_feeling(o.empathic)
        if feeling and rng.random() < 0.3:
            graded.append(Graded(o.statement, f"You feel {feeling}.", NAMED, "feeling alone"))
        if rng.random() < 0.2:
            graded.append(Graded(o.statement, f"{rng.choice(HOLLOW)} {o.simple}", 0.15, "hollow and plain"))
    for p in sources.corpora.pair:
        if p.split == sources.split:
            graded += [Graded(p.prompt, reply, NONE, "low") for reply in rng.sample(p.low, min(2, len(p.low)))]
    return grouped(graded, rng)
