"""Phrases in a client's statement that call for help before a model writes anything.

A versioned list of patterns (`data/safety/crisis_phrases.json`), each with the reason why it is there, and
benign exceptions. It errs on the side of showing help: denials, past attempts and suicide in the family
count. Measured on our own written cases only (`tests/safety`); not validated clinically, and never a
substitute for asking.

Left out: other languages than English, risk levels, and any look at the context across statements.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from emorl.errors import CareDataError

DATA = Path(__file__).resolve().parents[2] / "data" / "safety"
KINDS = ("suicide", "self_harm", "harm_to_others", "danger")

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u0060\u00b4\u2032]")
_SPACED_OUT = re.compile(r"\b[a-z](?:[ .\-_][a-z]){2,}\b(?!['\w])")  # k i l l, s.u.i.c.i.d.e
_STRETCHED = re.compile(r"([a-z])\1{2,}")  # dieeee
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class CrisisMatch:
    """One phrase that was found.

    Attributes:
        phrase: the words, as `normalise` left them.
        kind: one of `KINDS`.
        id: name of the pattern in the list.
    """

    phrase: str
    kind: str
    id: str


@dataclass(frozen=True)
class PhraseList:
    """The compiled list.

    Attributes:
        version: grows with every change of the file.
        patterns: (id, kind, expression) in the order of the file.
        benign: expressions; a match wholly inside one of theirs does not count.
        spellings: chat forms and what they stand for.
        keywords: long words that are recognised with one slip of the fingers.
    """

    version: int
    patterns: tuple[tuple[str, str, re.Pattern[str]], ...]
    benign: tuple[re.Pattern[str], ...]
    spellings: dict[str, str]
    keywords: tuple[str, ...]


def crisis_matches(text: str) -> tuple[str, ...]:
    """The crisis phrases in a statement, in reading order; empty if there are none.

    Raises:
        CareDataError: the phrase list is missing or broken. Nothing may be written then.
    """
    return tuple(dict.fromkeys(match.phrase for match in find(text, phrase_list())))


def find(text: str, phrases: PhraseList) -> tuple[CrisisMatch, ...]:
    """All matches of a list in a statement, in reading order."""
    plain = repair(normalise(text), phrases)
    excused = [found.span() for pattern in phrases.benign for found in pattern.finditer(plain)]
    matches = []
    for name, kind, pattern in phrases.patterns:
        for found in pattern.finditer(plain):
            if not any(start <= found.start() and found.end() <= end for start, end in excused):
                matches.append((found.start(), CrisisMatch(found.group(), kind, name)))
    return tuple(match for _, match in sorted(matches, key=lambda pair: pair[0]))


def normalise(text: str) -> str:
    """Lower case without apostrophes, invisible signs, stretched words and spaced-out letters; single spaces."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
    plain = " ".join(_APOSTROPHES.sub("", plain).split())
    plain = _STRETCHED.sub(r"\1", plain)
    return _SPACED_OUT.sub(lambda found: re.sub(r"[^a-z]", "", found.group()), plain)


def repair(plain: str, phrases: PhraseList) -> str:
    """Undo chat spellings and single slips in keywords, word by word."""

    def word(found: re.Match[str]) -> str:
        token = found.group()
        if token in phrases.spellings:
            return phrases.spellings[token]
        return next((key for key in phrases.keywords if one_slip(token, key)), token)

    return re.sub(r"[a-z0-9]+", word, plain)


def one_slip(token: str, word: str) -> bool:
    """Whether one letter was added, left out, changed or swapped with its neighbour, the first letter kept."""
    if token[:1] != word[:1] or abs(len(token) - len(word)) > 1 or token == word:
        return False
    start = next((n for n, (a, b) in enumerate(zip(token, word, strict=False)) if a != b), min(len(token), len(word)))
    left, right = token[start:], word[start:]
    swapped = len(left) == len(right) and left[:2] == right[1::-1] and left[2:] == right[2:]
    return left[1:] == right or left == right[1:] or left[1:] == right[1:] or swapped


@cache
def phrase_list(path: Path = DATA / "crisis_phrases.json") -> PhraseList:
    """Read and compile a phrase list; read once.

    Raises:
        CareDataError: the file is missing, not JSON, or an entry is incomplete or not an expression.
    """
    content = read_json(path)
    try:
        words = {str(name): str(pattern) for name, pattern in content["words"].items()}
        for name in words:  # a word may use the words before it
            words[name] = _fill(words[name], words)
        patterns = tuple(_entry(entry, words) for entry in content["patterns"])
        benign = tuple(re.compile(_fill(str(entry["pattern"]), words)) for entry in content["benign"])
        spellings = {form: word for word, forms in content["spellings"].items() for form in forms}
        return PhraseList(int(content["version"]), patterns, benign, spellings, tuple(content["keywords"]))
    except (KeyError, TypeError, AttributeError, ValueError, re.error) as fault:
        raise CareDataError(
            f"{path}: got an entry that cannot be used ({type(fault).__name__}: {fault}), expected version, words, "
            "spellings, keywords, patterns (id, kind, pattern, why) and benign; restore the file from the repository"
        ) from fault


def read_json(path: Path) -> Any:
    """The content of one of the files in `data/safety`.

    Raises:
        CareDataError: the file is missing, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise CareDataError(f"cannot read {path} ({reason}); expected JSON; restore it from the repository") from fault


def _entry(entry: dict[str, str], words: dict[str, str]) -> tuple[str, str, re.Pattern[str]]:
    if entry["kind"] not in KINDS or not entry["why"]:
        raise ValueError(f"{entry['id']}: kind or why")
    return entry["id"], entry["kind"], re.compile(_fill(entry["pattern"], words))


def _fill(pattern: str, words: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: words[found.group(1)], pattern)
