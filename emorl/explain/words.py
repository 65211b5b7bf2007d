"""From sub-word pieces to words: which pieces belong together, so that a screen never shows half a word.

A piece that begins with white space begins a word. Punctuation is separate, except for marks inside a word (the
apostrophe of "don't", the hyphen of "well-being", the point of "3.5"), which belong to it. A piece of white space
belongs to what follows it, or at the end of a reply to what comes before it. The end token is always on its own. Every
screen takes its words from here, so a word is the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["word", "mark", "end"]
BROKEN = "\ufffd"  # what a tokenizer returns for part of a character
INSIDE_WORDS = frozenset("'’-‐‑")
INSIDE_NUMBERS = frozenset(".,:")


@dataclass(frozen=True)
class WordSpan:
    """The pieces of one word, one run of punctuation, or the end of the reply.

    Attributes:
        start: First piece.
        stop: One past the last piece.
        text: Without white space around it; empty at the end of the reply.
        gap: Whether there is white space before it.
        kind: "word", "mark" or "end".
    """

    start: int
    stop: int
    text: str
    gap: bool
    kind: Kind


def _is_mark(text: str) -> bool:
    core = text.strip()
    return bool(core) and not any(c.isalnum() or c == BROKEN for c in core)


def _joins(before: str, mark: str, after: str) -> bool:
    """Whether a mark between two pieces lies inside one word."""
    left, right, core = before[-1:], after[:1], mark.strip()
    if core != mark or len(core) != 1:
        return False
    if core in INSIDE_NUMBERS:
        return left.isdigit() and right.isdigit()
    return core in INSIDE_WORDS and left.isalnum() and right.isalnum()


def group_pieces(pieces: Sequence[str], ends: Sequence[bool] | None = None, text: str = "") -> list[WordSpan]:
    """Group pieces into words, marks and the end; every piece is in exactly one group, in order.

    Args:
        pieces: The text that each token adds.
        ends: Whether each token ends the reply; none does by default.
        text: The whole reply, for characters that are split over several pieces.
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
        before = "".join(pieces[i] for i in groups[-1]) if groups else ""
        after = pieces[index + 1] if index + 1 < len(pieces) and not stops[index + 1] else ""
        spaced = piece[:1].isspace() or before[-1:].isspace()
        inside = last == "word" and kind == "mark" and not spaced and _joins(before, piece, after)
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
    spans = [_span(pieces, members, kind or "mark") for members, kind in zip(groups, kinds, strict=True)]
    return _mended(spans, text) if any(BROKEN in span.text for span in spans) else spans


def _span(pieces: Sequence[str], members: list[int], kind: Kind) -> WordSpan:
    text = "".join(pieces[i] for i in members)
    return WordSpan(members[0], members[-1] + 1, "" if kind == "end" else text.strip(), text[:1].isspace(), kind)


def _mended(spans: list[WordSpan], text: str) -> list[WordSpan]:
    """The spans with broken characters taken from the text, if it has the same number of words; otherwise unchanged."""
    runs: list[list[int]] = []  # spans without white space between them
    for index, span in enumerate(spans):
        if span.kind == "end":
            continue
        if span.gap or not runs:
            runs.append([])
        runs[-1].append(index)
    written = text.split()
    if len(runs) != len(written):
        return spans
    mended = list(spans)
    for run, word in zip(runs, written, strict=True):
        broken = [index for index in run if BROKEN in spans[index].text]
        pattern = "".join("(.+)" if index in broken else re.escape(spans[index].text) for index in run)
        if found := re.fullmatch(pattern, word):
            for index, whole in zip(broken, found.groups(), strict=True):
                mended[index] = replace(spans[index], text=whole)
    return mended
