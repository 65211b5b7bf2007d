"""Graded replies for the empathy scorer: EPITOME's levels plus warmth that fits, and warmth that does not.

EPITOME's emotional reactions (Sharma et al. 2020) are graded by how much the listener feels, whatever the client
said: "I'm glad" scores in any place, and a policy trained on it alone learns to be glad about everything. So our own
statements come in, each with a warm reply that fits it (level 2), a bare formula of the right kind (level 1), and
with level 0 a formula of the wrong kind, the warm reply to somebody else, a formula before somebody else's reflection,
and a simple reflection, which may be true but shows no feeling of the listener's. Left out: training itself
(`training.scorers`).
"""

from __future__ import annotations

import random

from training.counterexamples import Graded, fold_of
from training.data import Corpora

OWN_SHARE = 0.4  # of our statements a draw: EPITOME stays the larger part, and draws differ from epoch to epoch
GLAD = (
    "I'm so glad for you.",
    "I'm really happy to hear that.",
    "How wonderful, I'm delighted for you.",
    "I'm glad things are going so well.",
    "It's lovely to hear that.",
    "That's great news, well done.",
)
SORRY = (
    "I'm so sorry to hear that.",
    "I'm sorry you're going through this.",
    "That must be really hard for you.",
    "My heart goes out to you.",
    "How painful that must be.",
    "That sounds awful, I'm so sorry.",
)
READ_AS_GLAD = (  # what the empathy adapter wrote about sad things while nothing spoke against it
    "You're glad you're not alone in this.",
    "You're glad you're able to get through it.",
    "You're glad you have what you have.",
    "You're happy with how things are.",
    "You're excited about what comes next.",
    "You're proud of yourself, and I'm proud of you too.",
    "You're glad you're not the only one.",
)
READ_AS_SAD = (
    "You're so sad about this.",
    "You're heartbroken, and I feel for you.",
    "You're frightened of what will happen.",
    "You're sorry that it came to this.",
)


def empathy_groups(
    corpora: Corpora, split: str, rng: random.Random, folds: tuple[int, ...] = (0,), n_folds: int = 1
) -> list[list[Graded]]:
    """Single graded replies, shuffled; the counter-examples are drawn from `rng`.

    Args:
        corpora: EPITOME and those of our own statements that have a warm reply.
        split: "train" or "validation".
        rng: Source of all draws.
        folds: Keep EPITOME rows by number, and statements by `fold_of`, in these folds.
        n_folds: Number of folds.

    Returns:
        Lists of one reply; `grade` is the level, 0, 1 or 2.
    """
    rows = [e for e in corpora.epitome if e.split == split]
    graded = [Graded(e.prompt, e.reply, float(e.level), "epitome")
              for number, e in enumerate(rows) if number % n_folds in folds]  # fmt: skip
    own = [o for o in corpora.own if o.split == split and o.warm]
    for o in own:
        if fold_of(o.statement, n_folds) not in folds or rng.random() > OWN_SHARE:
            continue
        other = rng.choice([x for x in rng.sample(own, min(8, len(own))) if x != o] or own)
        graded.append(Graded(o.statement, o.warm, 2.0, "warm"))
        if other != o:
            graded.append(Graded(o.statement, other.warm, 0.0, "warm to another"))
            if rng.random() < 0.3:
                graded.append(Graded(o.statement, f"{rng.choice(SORRY + GLAD)} {other.simple}", 0.0, "half fits"))
        if rng.random() < 0.5:
            graded.append(Graded(o.statement, o.simple, 0.0, "simple"))
        if o.feeling == "mixed":
            continue
        fits, wrong = (GLAD, SORRY + READ_AS_SAD) if o.feeling == "good" else (SORRY, GLAD + READ_AS_GLAD)
        if rng.random() < 0.4:
            graded.append(Graded(o.statement, rng.choice(fits), 1.0, "formula"))
        graded.append(Graded(o.statement, rng.choice(wrong), 0.0, "wrong feeling"))
    rng.shuffle(graded)
    return [[g] for g in graded]
