"""Which words texts have in common, in order. No Gradio in this module; no guess at meaning either."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

NAMES = ("A", "B", "C", "D")
MOST_SHARED = 0.5  # of the words of the longer text; below it every other word would be marked
PUNCTUATION = ".,;:!?…—–-"

Words = list[tuple[str, bool]]


class Marks(NamedTuple):
    """How one of several texts differs from the one it is compared with.

    Attributes:
        words: Its words, and whether the other has them at the same place in the order.
        other: Name of the other; empty for the first of more than two.
        alike: Whether they share most words.
        missing: How many words of the other it has not at the same place in the order.
    """

    words: Words
    other: str
    alike: bool
    missing: int


def marks(texts: Sequence[str]) -> list[Marks]:
    """The marks of two texts against each other, or of several against the first."""
    first, *rest = texts
    found = [Marks([(word, True) for word in first.split()], "", True, 0)]
    for text in rest:
        mine, theirs = word_diff(first, text)
        shared = sum(same for _, same in theirs)
        alike = shared >= MOST_SHARED * max(len(mine), len(theirs))
        found.append(Marks(theirs, NAMES[0], alike, len(mine) - shared))
        if len(rest) == 1:
            found[0] = Marks(mine, NAMES[1], alike, len(theirs) - shared)
    return found


def word_diff(first: str, second: str) -> tuple[Words, Words]:
    """Each text's words with whether the other has them at the same place in the order.

    Words are what white space separates, compared without punctuation at their ends: "tired" and "tired," are the same.
    A mark that stands alone is a word.
    """
    a, b = first.split(), second.split()
    same_a, same_b = [False] * len(a), [False] * len(b)
    for start_a, start_b, size in SequenceMatcher(None, _bare(a), _bare(b), autojunk=False).get_matching_blocks():
        same_a[start_a : start_a + size] = [True] * size
        same_b[start_b : start_b + size] = [True] * size
    return list(zip(a, same_a, strict=True)), list(zip(b, same_b, strict=True))


def _bare(words: Sequence[str]) -> list[str]:
    return [word.rstrip(PUNCTUATION) or word for word in words]
