"""Which words two texts have in common, in order. No Gradio in this module; no guess at meaning either."""

from __future__ import annotations

from difflib import SequenceMatcher

Words = list[tuple[str, bool]]


def word_diff(first: str, second: str) -> tuple[Words, Words]:
    """Each text's words with whether the other has them at the same place in the order.

    Words are what white space separates, compared as they are written: "tired" and "tired." differ.
    """
    a, b = first.split(), second.split()
    same_a, same_b = [False] * len(a), [False] * len(b)
    for start_a, start_b, size in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
        same_a[start_a : start_a + size] = [True] * size
        same_b[start_b : start_b + size] = [True] * size
    return list(zip(a, same_a, strict=True)), list(zip(b, same_b, strict=True))
