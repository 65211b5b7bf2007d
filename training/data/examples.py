"""Picks supervised pairs for the warm start and prompts for reinforcement learning.

Prompts that mention suicide or self-harm are left out of both: the app answers those with fixed text, never
with a model's. The keyword list is coarse and no safety classifier. EPITOME is never a source of either: it
holds harmful replies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol, TypeVar

from emorl.own_split import words
from training.data.annomi import whole_sentences
from training.data.records import SPLITS, Corpora, Example

MIN_PROMPT_WORDS = 8
REPLY_WORDS = range(5, 46)
SELF_HARM = re.compile(
    r"suicid|self[- ]?(?:harm|injur)|overdos"
    r"|\b(?:kill|killing|killed|hurt|hurting|harm|harming|cut|cutting|hang|hanging|shoot|shooting|drown|burning)"
    r"\s+(?:my|your|him|her|them|our)sel(?:f|ves)\b"
    r"|\b(?:end|ending|ended|take|taking|took)\s+(?:it\s+all|(?:my|your|his|her|their)\s+(?:own\s+)?li(?:fe|ves))\b"
    r"|\b(?:want|wanted|wants|wish|ready|rather|going)\s+(?:to\s+)?(?:die|be\s+dead)\b|\bwish\s+i\s+(?:was|were)\s+dead\b"
    r"|\bbetter\s+off\s+(?:dead|without\s+me)\b"
    r"|\b(?:don't|do\s+not|didn't|no\s+reason|not)\s+(?:want\s+)?to\s+(?:live|be\s+alive|be\s+here\s+any\s?more)\b"
    r"|\bslit\w*\s+my\b|\bnot\s+worth\s+living\b",
    re.IGNORECASE,
)
ADVICE = re.compile(
    r"\b(?:should|shouldn't|try|recommend\w*|suggest\w*|consider\w*|advis\w+|advice|let's|need to|must|ought"
    r"|have to|it(?:'s| is| may be| might be| can be)? (?:important|helpful|worth|okay|best)|remember"
    r"|encourage\w*|strateg\w+|techniques?|you (?:can|could|might|may)|we (?:can|could|will)"
    r"|i (?:can|could|will|would)|how about|start by|focus on|make sure|explore|seek|therapy|therapist)\b",
    re.IGNORECASE,
)
ADDRESSED = re.compile(r"\b(?:you|your|yours|yourself|you'\w+)\b", re.IGNORECASE)
ABOUT_THE_SESSION = re.compile(
    r"\b(?:let's|let me|i'm wondering|i wonder|i'm curious|i know"
    r"|i want to|i'd like|i'll|i will|i'm here|thanks?)\b",
    re.IGNORECASE,
)
# cut off, or a word said twice
BROKEN = re.compile(r"\s-\s|-(?=\s|$)|[.?!,]\s*[.,]|[.?!]\s+[a-z]|\b(\w+)[\s-]+\1\b", re.ASCII)
# "Okay. So, " and the like before a spoken sentence
OPENING = re.compile(
    r"^(?:(?:m+-?h+m+|mhm|mm+|hm+|uh-huh|okay|ok|right|all right|yeah|yes|yep|sure|oh|i see|great|good|well"
    r"|so|and|but|now)(?:[.,!]\s+|\s+(?=(?:you|your|you're|you've|it|it's|that|that's|there|there's|what|part|on)\b)))+",
    re.IGNORECASE,
)
HUMS = re.compile(r"(?:\s+|^)(?:m+-?h+m+|mhm|mm+|hm+|uh-huh)[.!]?(?=\s|$)", re.IGNORECASE)


class InSplit(Protocol):
    """A record of any corpus."""

    @property
    def split(self) -> str:
        """One of `SPLITS`."""


Record = TypeVar("Record", bound=InSplit)


def mentions_self_harm(text: str) -> bool:
    """Whether the text holds one of the listed phrases about suicide or self-harm."""
    return SELF_HARM.search(text.replace("’", "'")) is not None


def warmstart_examples(corpora: Corpora, split: str) -> list[Example]:
    """Client statements with a reflection to learn from, each pair once.

    PAIR's high responses and all of our own reflections (simple, complex, empathic and, where there is one, affirming).
    AnnoMI's reflections in high-quality sessions, 5 to 45 words of whole sentences that speak to "you" and ask
    nothing, to a prompt of at least 8 words that is not broken off. Of Psych8k only what reads as a reflection of
    that length: to "you", no question, no tips.

    Raises:
        ValueError: No such split.
    """
    pairs: list[Example] = []
    for own in _of(corpora.own, split):
        pairs += [Example(own.statement, reply, "own", split) for reply in own.replies]
    for group in _of(corpora.pair, split):
        pairs += [Example(group.prompt, reply, "pair", split) for reply in group.high]
    for exchange in _of(corpora.annomi, split):
        if exchange.kind not in ("simple", "complex") or exchange.quality != "high":
            continue
        if exchange.asks or exchange.fragment or exchange.inaudible:
            continue
        prompt, reply = HUMS.sub("", exchange.prompt).strip(), _without_opening(exchange.reply)
        if len(words(prompt)) >= MIN_PROMPT_WORDS and _fits(reply) and _reads_well(prompt, reply):
            pairs.append(Example(prompt, reply, "annomi", split))
    for pair in _of(corpora.psych8k, split):
        if _fits(pair.reply) and "you" in pair.reply.lower() and not ADVICE.search(pair.reply.replace("’", "'")):
            pairs.append(pair)
    return [pair for pair in dict.fromkeys(pairs) if not mentions_self_harm(f"{pair.prompt} {pair.reply}")]


def rl_prompts(corpora: Corpora, split: str, max_words: int = 60, transfer: bool = False) -> list[str]:
    """Client statements to write reflections for, without labels and each once.

    Args:
        corpora: PAIR's prompts and our own statements are used.
        split: One of `SPLITS`.
        max_words: Longer statements are left out.
        transfer: AnnoMI's client turns of at least 8 words too, which nothing that ships is trained on.

    Raises:
        ValueError: No such split.
    """
    texts = [own.statement for own in _of(corpora.own, split)]
    texts += [group.prompt for group in _of(corpora.pair, split)]
    exchanges = _of(corpora.annomi, split) if transfer else []
    turns = [HUMS.sub("", e.prompt).strip() for e in exchanges if not e.inaudible]
    texts += [turn for turn in turns if len(words(turn)) >= MIN_PROMPT_WORDS]
    unique = {" ".join(words(text)): text for text in reversed(texts)}  # the first of several spellings stays
    kept = [text for text in reversed(unique.values()) if len(words(text)) <= max_words]
    return [text for text in kept if not mentions_self_harm(text)]


def _of(records: Iterable[Record], split: str) -> list[Record]:
    if split not in SPLITS:
        raise ValueError(f"Got the split {split!r}: expected one of {', '.join(SPLITS)}.")
    return [record for record in records if record.split == split]


def _fits(reply: str) -> bool:
    return len(words(reply)) in REPLY_WORDS and "?" not in reply and whole_sentences(reply)


def _reads_well(prompt: str, reply: str) -> bool:
    """Whether spoken words can stand as written ones, and the reply speaks about the client."""
    if not whole_sentences(prompt) or BROKEN.search(prompt) or BROKEN.search(reply):
        return False
    return ADDRESSED.search(reply) is not None and ABOUT_THE_SESSION.search(reply) is None


def _without_opening(reply: str) -> str:
    rest = OPENING.sub("", reply)
    return reply if rest == reply else rest[:1].upper() + rest[1:]
