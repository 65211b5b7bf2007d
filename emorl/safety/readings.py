"""Makes plain words of a statement's characters: the readings that the phrase list is held against.

A reading is a row of words with a space before each, `.` for a sentence's end and `,` for a pause. The careful reading
keeps both. The joined one drops what may only have been put in to break a phrase up: pauses, and full stops beside a
fragment ("I want to kill. Myself. Tonight."). Both undo chat spellings, single slips, digits and signs for letters,
words run together, and words taken apart, and all of these only where one of the list's own words comes out.

The time is proportional to the text. Left out: words written backwards, by sound or in pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from emorl.safety.phrases import PhraseList
from emorl.safety.spelling import latin

FRAGMENT = 2  # words of a sentence that a full stop may only have broken off
LONGEST = 14  # letters of the longest word that is put together or split off
JOINED = 60  # letters of the longest row of words run together

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u0060\u00b4\u2032\ufffd]")
_LOST_APOSTROPHE = re.compile(r"(?<=[a-z])\?{1,3}(?=(?:t|s|m|d|ve|re|ll)\b)")  # don?t
_WRAPPED = re.compile(r"(?<=[a-z])[-\u2010\u00ac][ \t]?\n\s?(?=[a-z])")  # a hyphen at a line's end
_STRETCHED = re.compile(r"([a-z])\1{2,}")  # dieeee
_HYPHEN = re.compile(r"(?<=[a-z]{2})-(?=[a-z]{2})")
_SPACED_OUT = re.compile(r"\b[a-z](?:[^a-z0-9\n,;:?][a-z]){2,}\b(?!['\w])")  # k i l l, s.u.i.c.i.d.e
_MASKED = re.compile(r"[a-z0-9@$!|*#+&?%\u20ac\u00a3\u00a1]+")
_TOKENS = re.compile(r"[^\W_]+|[.!?;:]+|[,()\u2013\u2014*/|~=+<>\[\]{}\"\\-]+")
_SIGN = str.maketrans("03457@$+\u20ac\u00a3", "oeastastel")
_ONES = tuple(str.maketrans("1!|\u00a1", letter * 4) for letter in "il")


def readings(text: str, phrases: PhraseList) -> tuple[str, ...]:
    """The readings of a repaired text: the careful one and, where it differs, the joined one."""
    words = _tokens(normalise(text, phrases), phrases)
    careful, joined = _merged(words, phrases), _merged(_unbroken(words), phrases)
    return tuple(dict.fromkeys(" " + " ".join(row) + " ." for row in (careful, joined)))


def normalise(text: str, phrases: PhraseList) -> str:
    """Plain lower case without apostrophes, stretched words, masked or spaced-out letters; single spaces."""
    plain = _WRAPPED.sub("", latin(text))
    plain = " ".join(_LOST_APOSTROPHE.sub("", _APOSTROPHES.sub("", plain)).split())
    plain = _MASKED.sub(lambda found: unmasked(found.group(), phrases), plain)
    plain = _STRETCHED.sub(r"\1", _HYPHEN.sub(" ", plain))
    return _SPACED_OUT.sub(lambda found: re.sub(r"[^a-z]", "", found.group()), plain)


@lru_cache(maxsize=4096)
def unmasked(token: str, phrases: PhraseList) -> str:
    """A token with letters in place of digits and signs, if that makes one of the list's words; else as it is."""
    letters = sum("a" <= sign <= "z" for sign in token)
    if letters == len(token) or not letters or len(token) > JOINED:
        return token
    core = token.rstrip("!?")
    for ones in _ONES:
        for tried in (token, core):
            plain = tried.translate(_SIGN).translate(ones)
            if plain.isalpha() and plain != tried and (plain in phrases.vocabulary or _parts(plain, phrases)):
                return plain + token[len(tried) :]
    hidden = re.sub(r"[^a-z0-9]", ".", core)
    if letters > 1 and "." in hidden and "a" <= hidden[0] <= "z":
        return next((word for word in phrases.strong if re.fullmatch(hidden, word)), token)
    return token


def one_slip(token: str, word: str) -> bool:
    """Whether one letter was added, left out, changed or swapped with its neighbour, the first letter kept."""
    if token[:1] != word[:1] or abs(len(token) - len(word)) > 1 or token == word:
        return False
    start = next((n for n, (a, b) in enumerate(zip(token, word, strict=False)) if a != b), min(len(token), len(word)))
    left, right = token[start:], word[start:]
    swapped = len(left) == len(right) and left[:2] == right[1::-1] and left[2:] == right[2:]
    return left[1:] == right or left == right[1:] or left[1:] == right[1:] or swapped


def _tokens(plain: str, phrases: PhraseList) -> list[str]:
    return [word for found in _TOKENS.finditer(plain) for word in _token(found.group(), phrases).split()]


def _token(token: str, phrases: PhraseList) -> str:
    if not token[0].isalnum():
        return "." if token[0] in ".!?;:" else ","
    return _spelt(token, phrases)


@lru_cache(maxsize=4096)
def _spelt(token: str, phrases: PhraseList) -> str:
    """The word or words that a token stands for."""
    if token in phrases.spellings:
        return phrases.spellings[token]
    if len(token) > LONGEST or token in phrases.vocabulary:
        return " ".join(_parts(token, phrases)) or token
    return next((word for word in phrases.keywords if one_slip(token, word)), "") or (
        " ".join(_parts(token, phrases)) or token
    )


def _parts(token: str, phrases: PhraseList) -> tuple[str, ...]:
    """The fewest words of the list that a row of letters consists of, one of them a strong one; else nothing."""
    if token in phrases.vocabulary or not 6 <= len(token) <= JOINED:
        return ()
    best: list[tuple[str, ...] | None] = [()]
    for end in range(1, len(token) + 1):
        found = None
        for start in range(max(0, end - LONGEST), end):
            before, word = best[start], token[start:end]
            if before is not None and word in phrases.vocabulary and (len(word) > 1 or word in "ia"):
                if found is None or len(before) + 1 < len(found):
                    found = (*before, word)
        best.append(found)
    parts = best[-1] or ()
    return parts if any(part in phrases.strong for part in parts) else ()


def _unbroken(words: Sequence[str]) -> list[str]:
    """Words without pauses, and without full stops beside a fragment."""
    sentences: list[list[str]] = [[]]
    for word in words:
        if word == ".":
            sentences.append([])
        elif word != ",":
            sentences[-1].append(word)
    joined: list[str] = []
    short = False
    for sentence in filter(None, sentences):
        fragment = len(sentence) <= FRAGMENT
        joined += sentence if fragment or short or not joined else [".", *sentence]
        short = fragment
    return joined


def _merged(words: Sequence[str], phrases: PhraseList) -> list[str]:
    """Words with neighbours put together where a strong word comes out that neither is: "ki ll", "su ici de"."""
    merged: list[str] = []
    start = 0
    while start < len(words):
        for count in (4, 3, 2):
            row = words[start : start + count]
            whole = "".join(row)
            if len(row) == count and whole in phrases.strong and not set(row) <= phrases.vocabulary:
                merged.append(whole)
                start += count
                break
        else:
            merged.append(words[start])
            start += 1
    return merged
