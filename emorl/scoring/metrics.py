"""Measures of replies that need no model: diversity, copying, edit rate, repetition.

Words are lower-cased runs of letters, digits and apostrophes. Left out: Pareto front and hypervolume.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np


def words(text: str) -> list[str]:
    """Lower-cased words."""
    return re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))


def ngrams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All runs of n words."""
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def diversity_2(replies: Sequence[str]) -> float:
    """Distinct bigrams / words of each reply, averaged (EMORL's diversity-2); 0 without words."""
    values = []
    for reply in replies:
        tokens = words(reply)
        values.append(len(set(ngrams(tokens, 2))) / len(tokens) if tokens else 0.0)
    return float(np.mean(values)) if values else 0.0


def corpus_distinct_2(replies: Sequence[str]) -> float:
    """Distinct bigrams / bigrams over all replies together: low if every reply is the same formula."""
    pairs = [pair for reply in replies for pair in ngrams(words(reply), 2)]
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def copy_rate(statement: str, reply: str) -> float:
    """Share of the reply's words that belong to a run of three or more words of the statement, in [0, 1]."""
    source, tokens = set(ngrams(words(statement), 3)), words(reply)
    copied = np.zeros(len(tokens), dtype=bool)
    for start, gram in enumerate(ngrams(tokens, 3)):
        if gram in source:
            copied[start : start + 3] = True
    return float(copied.mean()) if len(tokens) else 0.0


def repetition(reply: str) -> float:
    """Share of the reply's bigrams that occurred in it before, in [0, 1)."""
    pairs = ngrams(words(reply), 2)
    return 1 - len(set(pairs)) / len(pairs) if pairs else 0.0


def edit_rate(statement: str, reply: str) -> float:
    """Word-level Levenshtein distance / length of the longer text, in [0, 1]; higher means less copying."""
    a, b = words(statement), words(reply)
    if not a and not b:
        return 0.0
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1] / max(len(a), len(b))
