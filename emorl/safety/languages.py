"""Which statements are not English, and what they say where somebody may want to die.

The phrase list and the models know English only. `is_foreign` finds other languages with py3langid, whose model comes
with the package; English dialects, Scots and Nigerian Pidgin pass. `foreign_crisis` knows words for suicide and
self-harm in the most spoken other languages (`data/safety/crisis_words.json`), however they are typed.

Left out: other kinds of danger in other languages, several languages in one statement, and statements of a word or two,
which no detector can tell.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from emorl.errors import CareDataError
from emorl.resources import data_path
from emorl.safety.phrases import read_json
from emorl.safety.spelling import latin, repaired

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SHIPPED = data_path("safety", "crisis_words.json")
ENGLISH = frozenset({"en", "sco", "pcm"})
CERTAIN = 0.4  # probability from which a language other than English counts; measured in `report`
FEWEST_WORDS = 3  # of a statement in Latin letters
FOREIGN_SHARE = 0.5  # of letters that are not Latin and do not look so


@dataclass(frozen=True)
class ForeignWords:
    """One language's crisis words as an expression over `plain` text."""

    language: str
    pattern: re.Pattern[str]


def is_foreign(text: str) -> bool:
    """Whether a statement is in another language than English, as far as can be told."""
    shown = repaired(text)
    letters = [sign for sign in shown if sign.isalpha()]
    if not letters:
        return False
    others = sum(sign.isalpha() and not sign.isascii() for sign in latin("".join(letters)))
    if others > FOREIGN_SHARE * len(letters):
        return True
    if len(re.findall(r"[^\W\d_]+", shown)) < FEWEST_WORDS:
        return False
    language, certainty = _identifier().classify(shown)
    return language not in ENGLISH and float(certainty) >= CERTAIN


def foreign_crisis(text: str) -> tuple[tuple[str, str], ...]:
    """Crisis words of other languages in a statement, as (language, words).

    Raises:
        CareDataError: the list is missing or broken.
    """
    given = plain(repaired(text))
    found = ((one.language, one.pattern.search(given)) for one in foreign_words())
    return tuple((language, match.group()) for language, match in found if match is not None)


@lru_cache(maxsize=64)
def plain(text: str) -> str:
    """Without capitals, accents, apostrophes and punctuation, with single spaces."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("\u0131", "i"))
    kept = (" " if unicodedata.category(sign)[0] in "ZP" else sign for sign in parts if not unicodedata.combining(sign))
    return " ".join("".join(kept).split())


@cache
def foreign_words(path: Path = SHIPPED) -> tuple[ForeignWords, ...]:
    """The words of every language; read once.

    Raises:
        CareDataError: the file is missing, not JSON, or a language has no words.
    """
    content = read_json(path)
    try:
        return tuple(ForeignWords(name, _pattern(words)) for name, words in content["languages"].items())
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise CareDataError.at(
            str(path),
            f"an entry that cannot be used ({fault})",
            "a list of words for every language",
            "restore the file from the repository",
        ) from fault


def _pattern(words: list[str]) -> re.Pattern[str]:
    if not words or not all(isinstance(word, str) and len(plain(word)) > 1 for word in words):
        raise ValueError(f"no words: {json.dumps(words)[:40]}")
    begun = (rf"(?<!\w){re.escape(word)}" if _is_spaced(word) else re.escape(word) for word in map(plain, words))
    return re.compile("|".join(begun))


def _is_spaced(word: str) -> bool:
    """Whether the script puts spaces between words; Chinese, Japanese, Korean and Thai do not, or not always."""
    return not any("\u0e00" <= sign <= "\u0e7f" or "\u1100" <= sign <= "\u11ff" or sign >= "\u2e80" for sign in word)


@cache
def _identifier() -> LanguageIdentifier:
    """The detector, loaded at the first question (half a second)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
