"""Graded replies for affirmation: names a strength, a value or an effort that the client has shown.

Our affirming reflections are graded highest. An affirmation is more than praise: "Well done!" and "You're so strong"
say nothing about this client and grade lowest, also with a plain reflection behind them. So do strengths that fit
anybody ("You're doing your best"), an affirming reflection of somebody else, and one turned into what the client did
not say. Without the second of these, a run soon tells everybody that they have put effort into it. Plain and empathic
reflections of the same statement affirm little. Nobody has graded the affirmation of models' replies; those that were
read count as hardly any, because few affirm. Left out: training itself (`training.head`).
"""

from __future__ import annotations

import random

from training.grades.contrasts import contrast
from training.grades.graded import Graded, Sources, grouped

FULL, LITTLE, NONE = 0.95, 0.05, 0.02
PRAISE = (
    "Well done!",
    "You're doing great.",
    "You're so strong.",
    "I'm proud of you.",
    "That's really good to hear.",
    "You should be proud of yourself.",
    "Good for you.",
    "You're amazing.",
    "Keep up the good work.",
    "That's very brave of you.",
)
VAGUE = (
    "You put your own time and effort into it.",
    "You've put in a lot of effort.",
    "You're trying.",
    "You're doing your best.",
    "You keep going.",
    "You care about this.",
    "You're a strong person.",
    "You've worked hard.",
    "You know what you want.",
    "You're honest about it.",
    "You've thought about this.",
    "You haven't given up.",
    "You're holding on.",
    "You're firm about it.",
    "You've come a long way.",
    "You put your whole life into it.",
    "You're taking care of yourself.",
    "You took that step.",
    "You stood up for yourself.",
    "You've got through hard times before.",
    "You've been patient with it.",
    "You want to do the right thing.",
    "You've made a good choice.",
    "That took courage.",
    "You put them first.",
    "You stuck with it.",
    "You're managing it.",
    "You've kept your word.",
)
"""Strengths that fit anybody."""
READ = 4  # read replies drawn for a statement


def affirmation_groups(sources: Sources, rng: random.Random) -> list[list[Graded]]:
    """A list of graded replies for each statement; `rng` draws the counter-examples."""
    own = [o for o in sources.corpora.own if o.split == sources.split and o.affirming]
    others = [o.affirming for o in own]
    graded = []
    for o in own:
        graded.append(Graded(o.statement, o.affirming, FULL, "affirming"))
        graded += [Graded(o.statement, plain, LITTLE, "plain") for plain in (o.simple, o.complex, o.empathic)]
        graded.append(Graded(o.statement, rng.choice(PRAISE), NONE, "praise"))
        graded += [Graded(o.statement, vague, NONE, "vague") for vague in rng.sample(VAGUE, 2)]
        if rng.random() < 0.5:
            graded.append(Graded(o.statement, f"{rng.choice(PRAISE)} {o.simple}", NONE, "praise and plain"))
        if (other := rng.choice(others)) != o.affirming:
            graded.append(Graded(o.statement, other, NONE, "of another"))
        if rng.random() < 0.5 and (false := contrast(o.affirming, others, rng, o.replies)):
            graded.append(Graded(o.statement, false, NONE, "contrast"))
    read: dict[str, list[str]] = {}
    for label in sources.read():
        read.setdefault(label.statement, []).append(label.reply)
    for statement, replies in read.items():
        graded += [Graded(statement, r, NONE, "read") for r in rng.sample(replies, min(READ, len(replies)))]
    return grouped(graded, rng)
