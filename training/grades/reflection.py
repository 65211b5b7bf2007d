"""Graded replies for the reflection scorer: none, simple, complex, plus counter-examples against shortcuts.

A scorer that only sees PAIR learns "long and starting with You is good". Each counter-example breaks one such
shortcut: a good reflection of another statement, the statement itself (verbatim, or with its pronouns turned), a good
reflection with advice or a question hung on, a padded or doubled simple one, an empty formula. A reply that says what
the client did not say is no reflection of it: whatever a reader found unfaithful, the false half of every minimal pair
and contrasts of our own reflections grade lowest, so that depth is never preferred to truth. Grades are targets in
[0, 1]. Left out: training itself (`training.scorers`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from training.data import LabelledReply
from training.grades.contrasts import contrast
from training.grades.graded import Graded, Sources, grouped

HIGH, EMPATHIC, MEDIUM, LOW = 0.95, 0.8, 0.5, 0.02
DEPTHS = {0: LOW, 1: MEDIUM, 2: HIGH}
PARTLY = 0.45  # of the grade of its depth, for a reply that is only partly faithful
FORMULAS = (  # empty formulas that fit any statement
    "It sounds like this is really hard for you.",
    "You are going through a lot right now.",
    "You feel the way you feel about this.",
    "It sounds like you have a lot of feelings about that.",
    "You are feeling many things and it is difficult for you.",
    "That must be hard, and you are feeling it.",
    "It seems that things are difficult for you at the moment.",
    "You want things to be different than they are.",
)
FILLERS = (  # add length, not meaning
    " That is how it is for you right now.",
    " That is what is going on, and it is what you are telling me about today.",
    " So that is the situation as you see it and that is how things are at the moment.",
    " And that is something you have been thinking about.",
)
ADVICE = (
    " You should talk to your doctor about it.",
    " Maybe you could try to make a plan and stick to it.",
    " I think you need to give it more time.",
    " Have you thought about joining a group?",
    " What do you think would help?",
    " Just try to stay positive and it will be fine.",
)
TURNED = {
    "i": "you",
    "i'm": "you're",
    "i've": "you've",
    "i'd": "you'd",
    "i'll": "you'll",
    "my": "your",
    "me": "you",
    "mine": "yours",
    "myself": "yourself",
    "am": "are",
}


def turn_pronouns(text: str) -> str:
    """The statement said back in the second person: parroting, not reflecting."""
    words = [TURNED.get(w.lower(), w) if w.lower() in TURNED else w for w in re.findall(r"[\w']+|\W+", text)]
    turned = "".join(words)
    return turned[:1].upper() + turned[1:]


def _counterexamples(
    statement: str, high: Sequence[str], medium: Sequence[str], others: Sequence[str], rng: random.Random
) -> list[Graded]:
    """Five or so draws of counter-examples around one statement and its good replies."""
    made = [Graded(statement, rng.choice(others), LOW, "mismatch")]
    made.append(
        Graded(statement, statement, LOW, "copy")
        if rng.random() < 0.5
        else Graded(statement, turn_pronouns(statement), 0.12, "turned copy")
    )
    best, simple = rng.choice(high), rng.choice(medium)
    if false := contrast(rng.choice([best, simple]), others, rng, {*high, *medium}):
        made.append(Graded(statement, false, LOW, "contrast"))
    draws = [
        Graded(statement, rng.choice(FORMULAS), 0.2, "formula"),
        Graded(statement, best + rng.choice(ADVICE), 0.3, "advice added"),
        Graded(statement, f"{best} {best}", 0.3, "doubled"),
        Graded(statement, simple + rng.choice(FILLERS), 0.4, "padded"),
        Graded(statement, f"{simple} {rng.choice(others)}", 0.1, "half mismatched"),
    ]
    cut = " ".join(best.split()[: max(4, len(best.split()) * 2 // 3)]).rstrip(".,")
    draws.append(Graded(statement, cut, 0.25, "broken off"))
    return made + rng.sample(draws, 2)


def depth_grade(label: LabelledReply) -> float:
    """Grade of a reply that was read: of its depth where it is faithful, less where partly, lowest where not."""
    depth = MEDIUM if label.depth is None else DEPTHS[label.depth]
    return {0: LOW, 1: PARTLY * depth, 2: depth}[label.faithful]


def reflection_groups(sources: Sources, rng: random.Random) -> list[list[Graded]]:
    """A list of graded replies for each statement; `rng` draws the counter-examples."""
    good: dict[str, tuple[list[str], list[str], list[str]]] = {}
    graded = [Graded(r.statement, r.reply, depth_grade(r), r.source) for r in sources.read()]
    for pair in sources.corpora.pair:
        if pair.split == sources.split:
            good[pair.prompt] = (list(pair.high), list(pair.medium or pair.high), list(pair.low))
    for own in sources.corpora.own:
        if own.split == sources.split:
            good[own.statement] = ([own.complex], [own.simple], [])
            graded.append(Graded(own.statement, own.empathic, EMPATHIC, "empathic"))
    pool = [reply for high, medium, _ in good.values() for reply in high + medium]
    for statement, (high, medium, low) in good.items():
        graded += [Graded(statement, r, MEDIUM, "medium") for r in medium if r not in high]
        graded += [Graded(statement, r, HIGH, "high") for r in high]
        graded += [Graded(statement, r, LOW, "low") for r in rng.sample(low, min(2, len(low)))]
        others = [r for r in rng.sample(pool, min(12, len(pool))) if r not in high + medium]
        graded += _counterexamples(statement, high, medium, others, rng) if others else []
    return grouped(graded, rng)
