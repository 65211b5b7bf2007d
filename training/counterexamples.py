"""Graded replies for the reflection scorer: the corpora's own levels plus counter-examples against shortcuts.

A scorer that only sees PAIR learns "long and starting with You is good". Each counter-example breaks one such
shortcut: a good reflection of another statement, the statement itself (verbatim, or with its pronouns turned), a good
reflection with advice or a question hung on, a padded or doubled simple one, a shortened complex one, an empty
formula. Grades are targets in [0, 1]. Left out: training itself (`training.scorers`).
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass

from training.data import Corpora

HIGH, MEDIUM, LOW = 0.95, 0.55, 0.02

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
TURNED = {"i": "you", "i'm": "you're", "i've": "you've", "i'd": "you'd", "i'll": "you'll", "my": "your", "me": "you",
          "mine": "yours", "myself": "yourself", "am": "are"}  # fmt: skip


@dataclass(frozen=True)
class Graded:
    """A reply with its grade: [0, 1] for reflection, level 0 to 2 for empathy; `kind` names where it comes from."""

    statement: str
    reply: str
    grade: float
    kind: str


def turn_pronouns(text: str) -> str:
    """The statement said back in the second person: parroting, not reflecting."""
    words = [TURNED.get(w.lower(), w) if w.lower() in TURNED else w for w in re.findall(r"[\w']+|\W+", text)]
    turned = "".join(words)
    return turned[:1].upper() + turned[1:]


def first_sentence(text: str) -> str | None:
    """The first of several sentences, if it says something by itself (at least 6 words)."""
    parts = re.split(r"(?<=[.!])\s+", text.strip())
    return parts[0] if len(parts) > 1 and len(parts[0].split()) >= 6 else None


def fold_of(statement: str, n_folds: int) -> int:
    """Stable fold of a statement, 0 to n_folds - 1."""
    return int(hashlib.sha256(statement.encode()).hexdigest(), 16) % n_folds


def _counterexamples(
    statement: str, high: list[str], medium: list[str], others: list[str], rng: random.Random
) -> list[Graded]:
    """Four or so draws of counter-examples around one statement and its good replies."""
    made = [Graded(statement, rng.choice(others), LOW, "mismatch")]
    made.append(Graded(statement, statement, LOW, "copy") if rng.random() < 0.5
                else Graded(statement, turn_pronouns(statement), 0.12, "turned copy"))  # fmt: skip
    best = rng.choice(high)
    simple = rng.choice(medium) if medium else None
    draws = [
        Graded(statement, rng.choice(FORMULAS), 0.25, "formula"),
        Graded(statement, best + rng.choice(ADVICE), 0.35, "advice added"),
        Graded(statement, f"{best} {best}", 0.3, "doubled"),
    ]
    if simple:
        draws.append(Graded(statement, simple + rng.choice(FILLERS), 0.5, "padded"))
        draws.append(Graded(statement, simple + " " + rng.choice(others), 0.15, "half mismatched"))
    opening = first_sentence(best)
    if opening:
        draws.append(Graded(statement, opening, 0.75, "shortened"))
    cut = " ".join(best.split()[: max(4, len(best.split()) * 2 // 3)]).rstrip(".,")
    draws.append(Graded(statement, cut, 0.3, "broken off"))
    return made + rng.sample(draws, 2)


def reflection_groups(
    corpora: Corpora, split: str, rng: random.Random, folds: tuple[int, ...] = (0,), n_folds: int = 1
) -> list[list[Graded]]:
    """One list of graded replies a statement, shuffled; counter-examples drawn from `rng`.

    Args:
        corpora: Loaded corpora; PAIR, AnnoMI and our own statements are used.
        split: "train" or "validation".
        rng: Source of all draws.
        folds: Keep statements whose fold is one of these.
        n_folds: Number of folds.

    Returns:
        Groups of 1 to 12 replies; every group shares one statement.
    """
    keep = set(folds)
    good: list[tuple[str, list[str], list[str], list[str]]] = []
    for pair in corpora.pair:
        if pair.split == split and fold_of(pair.prompt, n_folds) in keep:
            good.append((pair.prompt, list(pair.high), list(pair.medium), list(pair.low)))
    for own in corpora.own:
        if own.split == split and fold_of(own.statement, n_folds) in keep:
            good.append((own.statement, [own.complex], [own.simple], []))
    replies = [reply for _, high, medium, _ in good for reply in high + medium]
    groups = []
    for statement, high, medium, low in good:
        group = [Graded(statement, r, HIGH, "high") for r in high]
        group += [Graded(statement, r, MEDIUM, "medium") for r in medium]
        group += [Graded(statement, r, LOW, "low") for r in rng.sample(low, min(2, len(low)))]
        mine = set(high + medium)
        others = [r for r in rng.sample(replies, min(12, len(replies))) if r not in mine]
        groups.append(group + (_counterexamples(statement, high, medium, others, rng) if others else []))
    grades = {"complex": 0.8, "simple": 0.6, "question": LOW, "input": LOW, "other": LOW}
    talk = [Graded(e.prompt, e.reply, grades[e.kind], f"annomi {e.kind}") for e in corpora.annomi
            if e.split == split and fold_of(e.prompt, n_folds) in keep
            and e.prompt_words >= 5 and e.reply_words >= 4 and not e.fragment and not e.inaudible]  # fmt: skip
    rng.shuffle(talk)
    groups += [talk[i : i + 8] for i in range(0, len(talk), 8)]
    rng.shuffle(groups)
    return groups
