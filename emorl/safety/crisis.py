"""Phrases in a client's statement that call for help before a model writes anything.

A statement is brought into plain words (lower case, chat spellings and single slips undone), then held against a
versioned list of rules, whose notation is in `phrases.py`. It errs on the side of showing help: past attempts,
worries about somebody else and suicide in the family count. Measured on our own written cases only
(`python -m emorl.safety.report`); not validated clinically, and never a substitute for asking.

Left out: other languages than English, risk levels, and any look at the context across statements.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from emorl.safety.phrases import PhraseList, phrase_list

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u0060\u00b4\u2032]")
_SPACED_OUT = re.compile(r"\b[a-z](?:[ .\-_][a-z]){2,}\b(?!['\w])")  # k i l l, s.u.i.c.i.d.e
_STRETCHED = re.compile(r"([a-z])\1{2,}")  # dieeee
_HYPHEN = re.compile(r"(?<=[a-z]{2})-(?=[a-z]{2})")
_TOKENS = re.compile(r"\w+|[.!?;:]+|[,()\u2013\u2014-]+")
_MASKS = str.maketrans({"1": "i", "!": "i", "*": "i", "@": "a", "3": "e"})
_MASKED = re.compile(r"\b[a-z]+[1!*@3][a-z]+[a-z1!*@3]*")


@dataclass(frozen=True)
class CrisisMatch:
    """One phrase that was found.

    Attributes:
        phrase: the words, as `plain_words` left them.
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


def find(text: str, phrases: PhraseList) -> tuple[CrisisMatch, ...]:
    """All matches of a list in a statement, in reading order."""
    plain = plain_words(text, phrases)
    hits = [(found, rule) for rule in phrases.rules for pattern in rule.patterns for found in pattern.finditer(plain)]
    if not hits:
        return ()  # most statements; the exceptions need not be looked for
    excused = [found.span() for pattern in phrases.benign for found in pattern.finditer(plain)]
    matches = []
    for found, rule in hits:
        if any(start < found.end() <= end for start, end in excused):
            continue
        if rule.deniable and phrases.denial.search(plain[: found.start()]):
            continue
        matches.append((found.start(), CrisisMatch(found.group().strip(), rule.kind, rule.id)))
    return tuple(match for _, match in sorted(matches, key=lambda pair: pair[0]))


def normalise(text: str) -> str:
    """Lower case without apostrophes, invisible signs, stretched words, masked or spaced-out letters; single spaces."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    plain = " ".join(_APOSTROPHES.sub("", plain).split())
    plain = _MASKED.sub(lambda found: found.group().translate(_MASKS), plain)
    plain = _STRETCHED.sub(r"\1", _HYPHEN.sub(" ", plain))
    return _SPACED_OUT.sub(lambda found: re.sub(r"[^a-z]", "", found.group()), plain)


def plain_words(text: str, phrases: PhraseList) -> str:
    """The words of a text, repaired, each with a space before it; `.` for a sentence's end, `,` for a pause."""
    tokens = (found.group() for found in _TOKENS.finditer(normalise(text)))
    return " " + " ".join(_token(token, phrases) for token in tokens) + " ."


def _token(token: str, phrases: PhraseList) -> str:
    if not token[0].isalnum():
        return "." if token[0] in ".!?;:" else ","
    if token in phrases.spellings:
        return phrases.spellings[token]
    return next((word for word in phrases.keywords if one_slip(token, word)), token)


def one_slip(token: str, word: str) -> bool:
    """Whether one letter was added, left out, changed or swapped with its neighbour, the first letter kept."""
    if token[:1] != word[:1] or abs(len(token) - len(word)) > 1 or token == word:
        return False
    start = next((n for n, (a, b) in enumerate(zip(token, word, strict=False)) if a != b), min(len(token), len(word)))
    left, right = token[start:], word[start:]
    swapped = len(left) == len(right) and left[:2] == right[1::-1] and left[2:] == right[2:]
    return left[1:] == right or left == right[1:] or left[1:] == right[1:] or swapped
