"""From sub-word pieces to words: which pieces belong together, so that a screen never shows half a word.

A piece that begins with white space begins a word. Punctuation stands for itself, apart from marks inside a word (the
apostrophe of "don't", the hyphen of "well-being", the point of "3.5"), which belong to it. White space alone belongs to
what follows, at the end of a reply to what came before. The end token is always alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "mark", "end"]
INSIDE_WORDS = frozenset("'’-‐‑")
INSIDE_NUMBERS = frozenset(".,:")


@dataclass(frozen=True)
class Group:
    """Pieces start to stop (not included) of one word, one run of punctuation, or the end of the reply.

    Attributes:
        start: First piece.
        stop: One past the last piece.
        text: Without white space around it; empty at the end of the reply.
        gap: Whether white space stands before it.
        kind: "word", "mark" or "end".
    """

    start: int
    stop: int
    text: str
    gap: bool
    kind: Kind


def _is_mark(text: str) -> bool:
    core = text.strip()
    return bool(core) and not any(c.isalnum() or c == "\ufffd" for c in core)


def _joins(before: str, mark: str, after: str) -> bool:
    """Whether a mark between two pieces lies inside one word."""
    left, right, core = before[-1:], after[:1], mark.strip()
    if core != mark or len(core) != 1:
        return False
    if core in INSIDE_NUMBERS:
        return left.isdigit() and right.isdigit()
    return core in INSIDE_WORDS and left.isalnum() and right.isalnum()


def group_pieces(pieces: Sequence[str], ends: Sequence[bool] | None = None) -> list[Group]:
    """Group pieces into words, marks and the end; every piece is in exactly one group, in order.

    Args:
        pieces: Text that each token adds.
        ends: Whether a token ends the reply; none does by default.
    """
    stops = list(ends) if ends is not None else [False] * len(pieces)
    groups: list[list[int]] = []
    kinds: list[Kind | None] = []  # None: white space only, so far
    for index, piece in enumerate(pieces):
        if stops[index]:
            groups.append([index])
            kinds.append("end")
            continue
        kind: Kind | None = None if not piece.strip() else "mark" if _is_mark(piece) else "word"
        last = kinds[-1] if kinds else "end"
        text = "".join(pieces[i] for i in groups[-1]) if groups else ""
        after = pieces[index + 1] if index + 1 < len(pieces) and not stops[index + 1] else ""
        spaced = piece[:1].isspace() or text[-1:].isspace()
        inside = last == "word" and kind == "mark" and not spaced and _joins(text, piece, after)
        fits = last is None or (not spaced and kind is not None and (kind == last or inside))
        if groups and last != "end" and fits:
            groups[-1].append(index)
            kinds[-1] = kind if last is None else last
        else:
            groups.append([index])
            kinds.append(kind)
    blank = [g for g, kind in enumerate(kinds) if kind is None]
    for g in reversed(blank):  # only before the end token or at the very end
        if g > 0 and kinds[g - 1] != "end":
            groups[g - 1] += groups[g]
            del groups[g], kinds[g]
        else:
            kinds[g] = "mark"
    return [_group(pieces, members, kind or "mark") for members, kind in zip(groups, kinds, strict=True)]


def _group(pieces: Sequence[str], members: list[int], kind: Kind) -> Group:
    text = "".join(pieces[i] for i in members)
    return Group(members[0], members[-1] + 1, "" if kind == "end" else text.strip(), text[:1].isspace(), kind)
