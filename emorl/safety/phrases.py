"""The phrase list's notation: rules over normalised words, read from `data/safety/crisis_phrases.json`.

A pattern is a row of items, separated by spaces, each standing for the next word or words of one sentence:

    kill|hang       one of these words                  kill+     kill, kills, killed, killing ...
    carry_on        two words, where one is expected    suicid*   any word that begins so
    @self           a set of words, named under "words" ##        a number of two digits or more
    ~3              up to three words in between        own?      may be left out
    !with|at        the next word is none of these      #         a clause ends here

A sentence's end is never crossed, a comma counts as a word. Exceptions ("benign") excuse what ends inside them. A
"deniable" rule does not count where a denial leads straight up to it ("no thoughts of ..."), through nothing but the
small words listed; past tense always counts. What is left out: grammar, and any language but English.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from emorl.errors import CareDataError
from emorl.resources import data_path

SHIPPED = data_path("safety", "crisis_phrases.json")
KINDS = ("suicide", "self_harm", "harm_to_others", "danger")

_CONCEPT = re.compile("@([a-z]+)")
_GAP = re.compile(r"~(\d?)")
_END = "(?= [.,])"
_SEEN = "(?![^ ])"  # a word ends here


@dataclass(frozen=True)
class Rule:
    """One idea that calls for help, however it is put.

    Attributes:
        id: its name.
        kind: one of `KINDS`.
        patterns: expressions over words joined by single spaces, with a space before each.
        deniable: whether a denial right before it excuses it.
    """

    id: str
    kind: str
    patterns: tuple[re.Pattern[str], ...]
    deniable: bool


@dataclass(frozen=True)
class PhraseList:
    """The compiled list.

    Attributes:
        version: grows with every change of the file.
        rules: in the order of the file.
        benign: expressions; a match that ends inside one of theirs does not count.
        denial: expression for a denial at the end of what stands before a match.
        spellings: chat forms and what they stand for.
        keywords: long words that are recognised with one slip of the fingers.
    """

    version: int
    rules: tuple[Rule, ...]
    benign: tuple[re.Pattern[str], ...]
    denial: re.Pattern[str]
    spellings: dict[str, str]
    keywords: tuple[str, ...]


class BenignEntry(TypedDict):
    """An exception, as the file has it."""

    id: str
    why: str
    patterns: list[str]


class RuleEntry(BenignEntry):
    """A rule, as the file has it."""

    kind: str
    deniable: NotRequired[bool]


@cache
def phrase_list(path: Path = SHIPPED) -> PhraseList:
    """Read and compile a phrase list; read once.

    Raises:
        CareDataError: the file is missing, not JSON, or an entry is incomplete or cannot be read.
    """
    content = read_json(path)
    try:
        words = {str(name): str(value) for name, value in content["words"].items()}
        denial, between = (_one_of(content["denial"][name], words) for name in ("words", "between"))
        return PhraseList(
            version=int(content["version"]),
            rules=tuple(_rule(entry, words) for entry in content["rules"]),
            benign=tuple(p for entry in content["benign"] for p in _patterns(entry, words)),
            denial=re.compile(f"{denial}(?:{between}){{0,7}}$"),
            spellings={form: word for word, forms in content["spellings"].items() for form in forms},
            keywords=tuple(content["keywords"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError, re.error) as fault:
        raise CareDataError.at(
            str(path),
            f"an entry that cannot be used ({type(fault).__name__}: {fault})",
            "version, denial, words, spellings, keywords, rules (id, kind, why, patterns) and benign",
            "restore the file from the repository",
        ) from fault


def compile_pattern(pattern: str, words: dict[str, str]) -> re.Pattern[str]:
    """A pattern of the notation above as an expression over words with a space before each.

    Raises:
        KeyError: it names an unknown set of words.
        ValueError: it is empty.
    """
    if not pattern.split():
        raise ValueError("an empty pattern")
    return re.compile("".join(_item(item, words) for item in pattern.split()))


def inflected(word: str) -> set[str]:
    """The regular forms of a verb or noun: s, es, ed, ing (and in), with a doubled or dropped last letter."""
    stems = {word, word.removesuffix("e"), word + word[-1]}
    forms = {stem + ending for stem in stems for ending in ("ed", "ing", "in")} | {word, word + "s", word + "es"}
    if word.endswith("y"):
        forms |= {word[:-1] + "ies", word[:-1] + "ied"}
    return forms


def read_json(path: Path) -> Any:
    """The content of one of the files in `data/safety`.

    Raises:
        CareDataError: the file is missing, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise CareDataError.of(
            f"{path}, which cannot be read ({reason})", "JSON", "restore it from the repository"
        ) from fault


def _rule(entry: RuleEntry, words: dict[str, str]) -> Rule:
    if entry["kind"] not in KINDS:
        raise ValueError(f"{entry['id']}: kind")
    return Rule(entry["id"], entry["kind"], _patterns(entry, words), bool(entry.get("deniable")))


def _patterns(entry: BenignEntry, words: dict[str, str]) -> tuple[re.Pattern[str], ...]:
    if not entry["why"] or not entry["patterns"]:
        raise ValueError(f"{entry['id']}: why or patterns")
    return tuple(compile_pattern(pattern, words) for pattern in entry["patterns"])


def _item(item: str, words: dict[str, str]) -> str:
    if item.startswith("@") and item[1:] in words:
        item = words[item[1:]]
    if gap := _GAP.fullmatch(item):
        return rf"(?: [^ .]+){{0,{gap.group(1) or 3}}}?"
    if item.startswith("!"):
        return f"(?!{_one_of(item[1:], words)})"
    return f"(?:{_one_of(item[:-1], words)})?" if item.endswith("?") else _one_of(item, words)


def _one_of(item: str, words: dict[str, str]) -> str:
    """Alternatives, each with the space before it and its end."""
    choices = [_END if choice == "#" else f" {_phrase(choice, words)}{_SEEN}" for choice in item.split("|")]
    return f"(?:{'|'.join(choices)})"


def _phrase(phrase: str, words: dict[str, str]) -> str:
    return " ".join(_word(word, words) for word in phrase.split("_"))


def _word(word: str, words: dict[str, str]) -> str:
    if concept := _CONCEPT.fullmatch(word):
        return f"(?:{'|'.join(_phrase(choice, words) for choice in words[concept.group(1)].split('|'))})"
    if word == "##":
        return r"\d\d+"
    if word.endswith("*"):
        return re.escape(word[:-1]) + r"\w*"
    if word.endswith("+"):
        return f"(?:{'|'.join(sorted(inflected(word[:-1]), key=len, reverse=True))})"
    return re.escape(word)
