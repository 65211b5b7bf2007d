"""Words that name a feeling: what the empathy scorer's grades are drawn with, and what a check of a reply looks for.

The list is short and plain. It is about the reply and never about the client, and a reply may name a feeling in other
words ("that stings"), so what is missing here proves nothing. Left out: whether the feeling is the right one.
"""

from __future__ import annotations

import re

FEELINGS = (
    "afraid",
    "alone",
    "angry",
    "annoyed",
    "anxious",
    "ashamed",
    "bitter",
    "cheated",
    "confused",
    "cornered",
    "desperate",
    "determined",
    "disappointed",
    "discouraged",
    "embarrassed",
    "excited",
    "exhausted",
    "fed up",
    "frightened",
    "frustrated",
    "furious",
    "grateful",
    "guilty",
    "happy",
    "helpless",
    "hopeful",
    "hurt",
    "irritated",
    "jealous",
    "left out",
    "let down",
    "lonely",
    "lost",
    "mad",
    "miserable",
    "nervous",
    "numb",
    "on edge",
    "overwhelmed",
    "pleased",
    "proud",
    "relieved",
    "resentful",
    "sad",
    "scared",
    "stuck",
    "tired",
    "torn",
    "touched",
    "trapped",
    "uneasy",
    "unsure",
    "upset",
    "worn out",
    "worried",
)
"""What training grades replies with; the scorers that are shipped have learnt from it."""

MORE = (
    "anger",
    "aching",
    "crushed",
    "delighted",
    "despair",
    "disgusted",
    "dread",
    "dreading",
    "drained",
    "envious",
    "fear",
    "fond",
    "frightening",
    "frightens",
    "glad",
    "grief",
    "grieving",
    "guilt",
    "heartbroken",
    "heartbreaking",
    "hope",
    "humbling",
    "humiliating",
    "humiliated",
    "hurtful",
    "hurts",
    "joy",
    "longing",
    "loneliness",
    "lonelier",
    "love",
    "miss",
    "moved",
    "panic",
    "pride",
    "relief",
    "sadness",
    "shame",
    "shaken",
    "shocked",
    "sore",
    "stings",
    "surprised",
    "tender",
    "terrified",
    "unsettled",
    "unsettling",
    "wary",
    "weary",
    "worry",
)
"""Further ones that a check of a person's own text knows."""

FEELING = re.compile(r"\b(?:" + "|".join(FEELINGS) + r")\b", re.IGNORECASE)
ANY = re.compile(r"\b(?:" + "|".join(sorted((*FEELINGS, *MORE), key=len, reverse=True)) + r")\b", re.IGNORECASE)


def names_feeling(text: str) -> str | None:
    """The first feeling word of a text that training knows, or None."""
    found = FEELING.search(text)
    return found.group().lower() if found else None


def feeling_words(text: str) -> tuple[str, ...]:
    """All feeling words of a text, in reading order, each once, in lower case.

    Example:
        >>> feeling_words("You're torn: proud of her, and worried. So worried.")
        ('torn', 'proud', 'worried')
    """
    return tuple(dict.fromkeys(found.group().lower() for found in ANY.finditer(text)))
