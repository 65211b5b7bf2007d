"""Broken copies of good replies: what the held-out judge of fluency learns to tell from whole ones.

The shipping fluency score is a perplexity; its judge is deliberately another kind of model: a cross-encoder that has
seen good replies beside copies with words dropped, doubled, swapped, misinflected, replaced or broken off.
"""

from __future__ import annotations

import random

from training.grades.graded import Graded, Sources

FUNCTION_WORDS = set("a an the to of and but that is are you your in for it with".split())


def drop(words: list[str], rng: random.Random) -> list[str]:
    """Leave out one or two function words (or any words where there are none)."""
    places = [i for i, w in enumerate(words) if w.lower() in FUNCTION_WORDS] or list(range(len(words)))
    gone = set(rng.sample(places, min(len(places), rng.choice([1, 2]))))
    return [w for i, w in enumerate(words) if i not in gone]


def swap(words: list[str], rng: random.Random) -> list[str]:
    """Exchange two neighbouring words."""
    i = rng.randrange(len(words) - 1)
    return words[:i] + [words[i + 1], words[i]] + words[i + 2 :]


def double(words: list[str], rng: random.Random) -> list[str]:
    """Say a run of one to three words twice."""
    i, n = rng.randrange(len(words)), rng.choice([1, 2, 3])
    return words[: i + n] + words[i:]


def inflect(words: list[str], rng: random.Random) -> list[str]:
    """Give a word a wrong ending."""
    places = [i for i, w in enumerate(words) if len(w) > 3 and w.isalpha()] or [0]
    i = rng.choice(places)
    word = words[i][:-1] if words[i].endswith("s") else words[i] + rng.choice(["s", "ing", "ed"])
    return [*words[:i], word, *words[i + 1 :]]


def shuffle(words: list[str], rng: random.Random) -> list[str]:
    """Shuffle a run of four to six words."""
    i, n = rng.randrange(max(1, len(words) - 4)), rng.choice([4, 5, 6])
    run = words[i : i + n]
    rng.shuffle(run)
    return words[:i] + run + words[i + n :]


def break_off(words: list[str], rng: random.Random) -> list[str]:
    """Stop in mid-sentence."""
    return words[: max(3, rng.randrange(len(words) // 2, max(len(words) // 2 + 1, len(words) - 1)))]


def intrude(words: list[str], rng: random.Random, other: str) -> list[str]:
    """Put one or two words of another reply where they do not belong."""
    source = other.split()
    for _ in range(rng.choice([1, 2])):
        i = rng.randrange(len(words))
        words = [*words[:i], rng.choice(source), *words[i + rng.choice([0, 1]) :]]
    return words


def corrupt(reply: str, other: str, rng: random.Random) -> str:
    """One broken copy of a reply (one to three faults)."""
    words = reply.split()
    for _ in range(rng.choice([1, 1, 2, 3])):
        if len(words) < 2:  # nothing left to break
            break
        fault = rng.choice([drop, swap, double, inflect, shuffle, break_off, intrude])
        words = intrude(words, rng, other) if fault is intrude else fault(words, rng)  # type: ignore[operator]
    return " ".join(words)


def fluency_groups(sources: Sources, rng: random.Random) -> list[list[Graded]]:
    """A list for each statement: its good replies and as many broken copies."""
    good = [(p.prompt, (*p.high, *p.medium)) for p in sources.corpora.pair if p.split == sources.split]
    good += [(o.statement, o.replies) for o in sources.corpora.own if o.split == sources.split]
    pool = [r for _, replies in good for r in replies]
    groups = []
    for statement, replies in good:
        group = []
        for reply in rng.sample(replies, min(2, len(replies))):
            broken = corrupt(reply, rng.choice(pool), rng)
            group.append(Graded(statement, reply, 0.95, "whole"))
            if broken != reply:
                group.append(Graded(statement, broken, 0.05, "broken"))
        groups.append(group)
    rng.shuffle(groups)
    return groups
