"""The whole words that rivals would have become: a rival is a token, and so perhaps no more than the beginning of one.

A screen that says "torn" was chosen over "s" says nothing. So every rival that is to be named is written on to the end
of its word, and is named by the word that comes out. Left out: writing them (`reflecting`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from emorl.explain.steps import Step
from emorl.explain.words import INSIDE_WORDS, WordSpan, group_pieces

BASE = "base"


@dataclass(frozen=True)
class Rival:
    """A token that could have been written instead.

    Attributes:
        step: Index of the token that was written.
        token: Its own id.
        alone: "base" or the objective that goes on from there alone; empty where the mix does.
    """

    step: int
    token: int
    alone: str = ""


Complete = Callable[[Sequence[Rival]], Mapping[Rival, str]]
"""From rivals to the text of each with what would have followed it, up to the end of its word."""


def rivals_of(steps: Sequence[Step], groups: Sequence[WordSpan], names: Sequence[str]) -> list[Rival]:
    """The rivals that are named: of each word its runner-up, and what each part alone would have written instead.

    Args:
        steps: One for each token.
        groups: The words.
        names: "base" and the objectives.
    """
    found: list[Rival] = []
    for group in groups:
        found.append(Rival(group.start, steps[group.start].facts.foil))
        for part, name in enumerate(names):
            at = departure(steps, group, part)
            if at is not None:
                found.append(Rival(at, steps[at].own[part].token, name))
    return found


def departure(steps: Sequence[Step], group: WordSpan, part: int) -> int | None:
    """The first token of a word that a part alone would not have written; None if it would have written the word."""
    return next((i for i in range(group.start, group.stop) if steps[i].own[part].token != steps[i].facts.token), None)


def first_word(pieces: Sequence[str]) -> str | None:
    """The word that these pieces begin with; None as long as the next piece may still belong to it.

    Example:
        >>> first_word([" over"]), first_word([" over", "whelmed"]), first_word([" over", "whelmed", " by"])
        (None, None, 'overwhelmed')
        >>> first_word([" it", "'"]), first_word([" it", "'", "s", " not"]), first_word([",", " and"])
        (None, "it's", ',')
    """
    groups = group_pieces(pieces)
    if len(groups) < 2 or (len(groups) == 2 and pieces[-1] in INSIDE_WORDS):
        return None
    return groups[0].text
