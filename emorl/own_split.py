"""Which of our own statements are trained on, and which only measure: a function of the text alone.

Whoever shows or rates replies to our own statements asks here, so that nobody is shown what the models have learnt by
heart. Left out: the splits of the corpora of others (`training.data.splits`).
"""

from __future__ import annotations

import hashlib
import re

OWN_SHARES = {"train": 0.85, "validation": 0.07, "test": 0.08}
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words(text: str) -> list[str]:
    """Words of a text in lower case; apostrophes join, hyphens and punctuation part."""
    return [match.group().replace("’", "'") for match in WORD.finditer(text.lower())]


def split_by_text(text: str) -> str:
    """Split of one of our own statements, 85/7/8, from its words alone, so that new statements move no old ones."""
    digest = hashlib.sha256(" ".join(words(text)).encode()).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    for name, share in OWN_SHARES.items():
        position -= share
        if position < 0:
            return name
    return "test"
