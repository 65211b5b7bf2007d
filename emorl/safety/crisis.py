"""Phrases in a client's statement that call for help before a model writes anything.

A statement is brought into plain words, however it was typed or pasted (`spelling`, `readings`), and held against a
versioned list of rules for English, whose notation is in `phrases.py`. It errs on the side of showing help: past
attempts, worries about somebody else and suicide in the family count. Measured on our own written cases only
(`python -m emorl.safety.report`); not validated clinically, and never a substitute for asking.

The time is proportional to the text, and callers refuse a text that is far too long before they ask.

Left out: other languages than English (but for a few words, see `languages`), risk levels, and any look at the
context across statements.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from emorl.safety.languages import foreign_crisis
from emorl.safety.phrases import PhraseList, phrase_list
from emorl.safety.readings import readings
from emorl.safety.spelling import repaired

DENIAL = 200  # characters that a denial may take up: the longest has eight short words


_FIRST = {
    "yourself": "myself",
    "your": "my",
    "you're": "I'm",
    "you've": "I've",
    "you'd": "I'd",
    "you'll": "I'll",
    "you": "me",
}
_SECOND = re.compile(r"\b(?:yourself|your|you're|you've|you'd|you'll|you)\b", re.IGNORECASE)


@dataclass(frozen=True)
class CrisisMatch:
    """One phrase that was found.

    Attributes:
        phrase: the words, as `readings` left them.
        kind: one of `KINDS`.
        id: name of the rule.
    """

    phrase: str
    kind: str
    id: str


def crisis_matches(text: str) -> tuple[str, ...]:
    """The crisis phrases in a statement, in reading order; empty if there are none.

    Raises:
        CareDataError: the phrase list is missing or broken. Nothing may be written then.
    """
    return tuple(dict.fromkeys(match.phrase for match in find(text, phrase_list())))


@lru_cache(maxsize=256)
def reply_matches(reply: str) -> tuple[str, ...]:
    """The crisis phrases in a reply, which speaks to the client: "you" is read as it stands and as "me" as well."""
    turned = _SECOND.sub(lambda found: _FIRST[found.group().lower()], reply.replace("\u2019", "'"))
    return crisis_matches(reply) or crisis_matches(turned)


PIECE = 6000
"""Characters of a long text that are looked at together."""

OVERLAP = 600
"""Characters that two pieces share, so that no phrase is cut in two."""


def crisis_kinds(text: str) -> frozenset[str]:
    """The kinds of the crisis phrases in a statement, of `KINDS`; they choose the contacts and are not shown.

    All of a text is read, however long it is, in pieces, because the time that one takes grows faster than its length.

    Raises:
        CareDataError: the phrase list is missing or broken.
    """
    starts = range(0, max(1, len(text) - OVERLAP), PIECE - OVERLAP)
    return frozenset(match.kind for start in starts for match in find(text[start : start + PIECE], phrase_list()))


def find(text: str, phrases: PhraseList) -> tuple[CrisisMatch, ...]:
    """All matches of a list in a statement, in reading order."""
    hits: dict[tuple[int, str], CrisisMatch] = {}
    for plain in readings(repaired(text), phrases):
        for start, match in _found(plain, phrases):
            hits.setdefault((start, match.phrase), match)
    for language, words in foreign_crisis(text):
        hits[len(text), words] = CrisisMatch(words, "suicide", f"words-{language}")
    return tuple(match for _, match in sorted(hits.items(), key=lambda hit: hit[0]))


def _found(plain: str, phrases: PhraseList) -> list[tuple[int, CrisisMatch]]:
    """All matches in one reading, with the places where they begin."""
    hits = [(found, rule) for rule in phrases.rules for pattern in rule.patterns for found in pattern.finditer(plain)]
    if not hits:
        return []  # most statements; the exceptions need not be looked for
    excused = sorted(found.span() for pattern in phrases.benign for found in pattern.finditer(plain))
    begins = [begin for begin, _ in excused]
    furthest = list(accumulate((end for _, end in excused), max))  # where the exceptions so far reach to
    matches = []
    for found, rule in hits:
        before = bisect_left(begins, found.end())
        if before and found.end() <= furthest[before - 1]:
            continue
        if rule.deniable and phrases.denial.search(plain[max(0, found.start() - DENIAL) : found.start()]):
            continue
        matches.append((found.start(), CrisisMatch(found.group().strip(), rule.kind, rule.id)))
    return matches
