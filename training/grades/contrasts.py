"""Turns a true reflection into one that says something else: a word for its opposite, another person, half of another.

Made by rule and by chance, so single results may still be true or read oddly; they add to the pairs that people wrote
and read (`data/faithfulness.jsonl`) and never replace them. Every change keeps length, tone and opening words, so that
style tells a scorer nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

OPPOSITES = (
    ("wants to", "doesn't want to"), ("want to", "don't want to"), ("you'd like to", "you'd rather not"),
    ("can't", "can"), ("don't", "do"), ("isn't", "is"), ("aren't", "are"), ("won't", "will"), ("haven't", "have"),
    ("didn't", "did"), ("doesn't", "does"), ("wasn't", "was"), ("you're not", "you're"), ("more", "less"),
    ("better", "worse"), ("easier", "harder"), ("good", "bad"), ("hard", "easy"), ("never", "always"),
    ("nobody", "everybody"), ("nothing", "everything"), ("before", "after"), ("stop", "start"),
    ("stopped", "started"), ("without", "with"), ("still", "no longer"), ("enough", "too much"), ("love", "hate"),
    ("ready", "not ready"), ("trust", "doubt"), ("sure", "unsure"), ("calm", "on edge"), ("hopeful", "hopeless"),
    ("afraid", "excited"), ("scared", "eager"), ("worried", "relieved"), ("relieved", "worried"),
    ("proud", "ashamed"), ("guilty", "proud"), ("embarrassed", "proud"), ("angry", "grateful"),
    ("annoyed", "pleased"), ("pleased", "annoyed"), ("frustrated", "satisfied"), ("disappointed", "delighted"),
    ("lonely", "content"), ("sad", "happy"), ("hurt", "touched"), ("stuck", "free"), ("torn", "certain"),
    ("fed up", "happy"), ("worn out", "rested"), ("tired", "full of energy"), ("nervous", "confident"),
    ("determined", "reluctant"), ("quit", "keep smoking"), ("alone", "surrounded by people"),
)  # fmt: skip
PERSONS = (
    ("your mother", "your father"), ("your mom", "your dad"), ("your mum", "your dad"), ("your husband", "your boss"),
    ("your wife", "your mother"), ("your son", "your daughter"), ("your daughter", "your son"),
    ("your sister", "your brother"), ("your brother", "your sister"), ("your doctor", "your wife"),
    ("your boss", "your husband"), ("your partner", "your doctor"), ("your friend", "your sister"),
    ("your friends", "your family"), ("your kids", "your parents"), ("he", "you"), ("she", "you"), ("they", "you"),
    ("him", "you"), ("you", "they"),
)  # fmt: skip
PART = re.compile(r"(?<=[,.]) ")


def _pairs(table: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The table read both ways, as far as the second half is one word."""
    return [*table, *((b, a) for a, b in table if " " not in b)]


def _exchange(text: str, table: Sequence[tuple[str, str]], rng: random.Random) -> str | None:
    """The text with one listed expression exchanged, or None where it holds none."""
    found = [(match, other) for one, other in _pairs(table)
             for match in re.finditer(rf"\b{re.escape(one)}\b", text, re.IGNORECASE)]  # fmt: skip
    if not found:
        return None
    match, other = rng.choice(found)
    other = other if match.group()[0].islower() else other[0].upper() + other[1:]
    return text[: match.start()] + other + text[match.end() :]


def opposite(text: str, rng: random.Random) -> str | None:
    """One word for its opposite, or a "not" more or less."""
    return _exchange(text, OPPOSITES, rng)


def other_person(text: str, rng: random.Random) -> str | None:
    """Somebody else does it, or has it done to them."""
    return _exchange(text, PERSONS, rng)


def half_of_another(text: str, others: Sequence[str], rng: random.Random) -> str | None:
    """One part of the reflection with a part of a reflection of another statement."""
    mine, theirs = PART.split(text), PART.split(rng.choice(others))
    if len(mine) < 2 or len(theirs) < 2:
        return None
    return f"{mine[0]} {theirs[-1]}" if rng.random() < 0.5 else f"{theirs[0]} {mine[-1]}"


def contrast(text: str, others: Sequence[str], rng: random.Random) -> str:
    """A false reply beside a true one; a reflection of another statement where nothing else applies."""
    draw = rng.random()
    made = None
    if draw < 0.45:
        made = opposite(text, rng)
    elif draw < 0.65:
        made = other_person(text, rng)
    elif draw < 0.85:
        made = half_of_another(text, others, rng)
    return made or rng.choice(others)
