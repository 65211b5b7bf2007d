"""Splits that keep groups and near-duplicate texts on one side.

Two texts are near-duplicates where the Jaccard index of their word sets is at least one half. Pairs are found
by prefix filtering (Chaudhuri et al. 2006): two sets can only be that alike if they share a rare word.
Left out: balancing on labels.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from emorl.own_split import words

NEAR = 0.5
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def near_pairs(texts: Sequence[str], min_words: int) -> list[tuple[int, int]]:
    """Index pairs of near-duplicates among the texts with at least `min_words` distinct words."""
    sets = [frozenset(words(text)) for text in texts]
    frequency = Counter(word for words_of_text in sets for word in words_of_text)
    index: defaultdict[str, list[int]] = defaultdict(list)
    pairs = []
    for here, mine in enumerate(sets):
        if len(mine) < max(min_words, 1):
            continue
        rarest = sorted(mine, key=lambda word: (frequency[word], word))
        needed = math.ceil(len(mine) * NEAR)  # words that any near-duplicate shares at least
        prefix = rarest[: len(mine) - needed + 1]
        for there in sorted({other for word in prefix for other in index[word]}):
            if not NEAR * len(mine) <= len(sets[there]) <= len(mine) / NEAR:
                continue
            shared = len(mine & sets[there])
            if shared >= NEAR * (len(mine) + len(sets[there]) - shared):
                pairs.append((there, here))
        for word in prefix:
            index[word].append(here)
    return pairs


def near_groups(keys: Sequence[str], texts: Sequence[str], min_words: int) -> list[str]:
    """Group of each row: rows with one key, or linked by near-duplicate texts, share the smallest key."""
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    first = {text: key for key, text in zip(reversed(keys), reversed(texts), strict=True)}
    links = [(keys[i], first[text]) for i, text in enumerate(texts) if len(set(words(text))) >= min_words]
    distinct = list(first)
    links += [(first[distinct[i]], first[distinct[j]]) for i, j in near_pairs(distinct, min_words)]
    for one, other in links:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [root(key) for key in keys]


def split_groups(groups: Sequence[str], seed: int) -> dict[str, str]:
    """A split for every group, 80/10/10 by rows.

    Groups are shuffled with the seed, and each goes to the split that still lacks most rows, so the order of the lines
    does not matter.
    """
    sizes = Counter(groups)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    due = {name: share * len(groups) for name, share in SHARES.items()}
    chosen = {}
    for group in order:
        split = max(due, key=lambda name: (due[name] / SHARES[name], SHARES[name]))
        due[split] -= sizes[group]
        chosen[group] = split
    return chosen
