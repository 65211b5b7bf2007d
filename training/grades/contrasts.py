"""Turns a true reflection into one that says something else: a word for its opposite, another person, half of another.

Made by rule and by chance, so single results may still be true or read oddly; they add to the pairs that people wrote
and read (`data/faithfulness.jsonl`) and never replace them. Every change keeps length and tone, and opens as
reflections do, so that style tells a scorer little. Nothing that is true of the statement is ever used as false.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Sequence

OPPOSITES = (
    ("wants to", "doesn't want to"),
    ("want to", "don't want to"),
    ("you'd like to", "you'd rather not"),
    ("can't", "can"),
    ("don't", "do"),
    ("isn't", "is"),
    ("aren't", "are"),
    ("won't", "will"),
    ("haven't", "have"),
    ("didn't", "did"),
    ("doesn't", "does"),
    ("wasn't", "was"),
    ("you're not", "you're"),
    ("more", "less"),
    ("better", "worse"),
    ("easier", "harder"),
    ("good", "bad"),
    ("hard", "easy"),
    ("never", "always"),
    ("nobody", "everybody"),
    ("nothing", "everything"),
    ("before", "after"),
    ("stop", "start"),
    ("stopped", "started"),
    ("without", "with"),
    ("still", "no longer"),
    ("enough", "too much"),
    ("love", "hate"),
    ("ready", "not ready"),
    ("trust", "doubt"),
    ("sure", "unsure"),
    ("calm", "on edge"),
    ("hopeful", "hopeless"),
    ("afraid", "excited"),
    ("scared", "eager"),
    ("worried", "relieved"),
    ("relieved", "worried"),
    ("proud", "ashamed"),
    ("guilty", "proud"),
    ("embarrassed", "proud"),
    ("angry", "grateful"),
    ("annoyed", "pleased"),
    ("pleased", "annoyed"),
    ("frustrated", "satisfied"),
    ("disappointed", "delighted"),
    ("lonely", "content"),
    ("sad", "happy"),
    ("hurt", "touched"),
    ("stuck", "free"),
    ("torn", "certain"),
    ("fed up", "happy"),
    ("worn out", "rested"),
    ("tired", "full of energy"),
    ("nervous", "confident"),
    ("determined", "reluctant"),
    ("quit", "keep smoking"),
    ("alone", "surrounded by people"),
)
PERSONS = (
    ("your mother", "your father"),
    ("your mom", "your dad"),
    ("your mum", "your dad"),
    ("your husband", "your boss"),
    ("your wife", "your mother"),
    ("your son", "your daughter"),
    ("your daughter", "your son"),
    ("your sister", "your brother"),
    ("your brother", "your sister"),
    ("your doctor", "your wife"),
    ("your boss", "your husband"),
    ("your partner", "your doctor"),
    ("your friend", "your sister"),
    ("your friends", "your family"),
    ("your kids", "your parents"),
    ("he", "you"),
    ("she", "you"),
    ("they", "you"),
    ("him", "you"),
    ("you", "they"),
)
PART = re.compile(r"(?<=[,.]) ")
NOT_BEFORE, NOT_AFTER = r"(?<!\bnot )", r"(?!['’]\w|\s+not\b)"
"""Where an expression must stay: in a contraction ("can" in "can't"), and beside a "not", which would be doubled."""
SINGULAR = r"(?!\s+\w+s\b)"  # "he thinks" would turn into "you thinks"


def _pairs(table: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The table read both ways, as far as the second half is one word."""
    return [*table, *((b, a) for a, b in table if " " not in b)]


def _found(text: str, one: str, after: str = "") -> list[re.Match[str]]:
    """Where an expression stands by itself; `after` narrows what may follow."""
    return [*re.finditer(rf"{NOT_BEFORE}\b{re.escape(one)}\b{NOT_AFTER}{after}", text, re.IGNORECASE)]


def _exchange(text: str, found: Sequence[tuple[re.Match[str], str]], rng: random.Random) -> str | None:
    """The text with one match replaced by its counterpart in the table, or None if nothing matches."""
    if not found:
        return None
    match, other = rng.choice(found)
    other = other if match.group()[0].islower() else other[0].upper() + other[1:]
    return text[: match.start()] + other + text[match.end() :]


def opposite(text: str, rng: random.Random) -> str | None:
    """One word replaced by its opposite, or a "not" added or removed; None if no such word is listed."""
    return _exchange(text, [(m, other) for one, other in _pairs(OPPOSITES) for m in _found(text, one)], rng)


def other_person(text: str, rng: random.Random) -> str | None:
    """Somebody else does it, or has it done to them; the first word stays. None where no person is listed."""
    found = [(m, other) for one, other in PERSONS for m in _found(text, one, SINGULAR if one in ("he", "she") else "")]
    return _exchange(text, [(m, other) for m, other in found if m.start() > 0], rng)


def of_another(others: Sequence[str], true: Collection[str], rng: random.Random) -> str | None:
    """A reflection of another statement, or None where `others` holds none.

    Args:
        others: Reflections of many statements, this one's perhaps among them.
        true: The reflections of this statement.
        rng: Chooses.
    """
    drawn = rng.choice(others)
    if drawn in true:
        rest = [other for other in others if other not in true]
        return rng.choice(rest) if rest else None
    return drawn


def half_of_another(text: str, other: str, rng: random.Random) -> str | None:
    """A part of the reflection joined to a part of another statement's; None if one of them has only one part."""
    mine, theirs = PART.split(text), PART.split(other)
    if len(mine) < 2 or len(theirs) < 2:
        return None
    return f"{mine[0]} {theirs[-1]}" if rng.random() < 0.5 else f"{theirs[0]} {mine[-1]}"


def contrast(text: str, others: Sequence[str], rng: random.Random, true: Collection[str] = ()) -> str | None:
    """A false reply beside a true one; a reflection of another statement where nothing else applies.

    Args:
        text: A true reflection.
        others: Reflections of many statements.
        rng: Chooses the change.
        true: All reflections of the statement; none of them is given back.

    Returns:
        The false reply, or None where no change applies and `others` holds nothing else.
    """
    true = {text, *true}
    other = of_another(others, true, rng)
    draw = rng.random()
    made = None
    if draw < 0.45:
        made = opposite(text, rng)
    elif draw < 0.65:
        made = other_person(text, rng)
    elif draw < 0.85:
        made = half_of_another(text, other, rng) if other else None
    return other if made is None or made in true else made
