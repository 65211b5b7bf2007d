"""Graded replies, which every scorer is trained on, and what they are drawn from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.data import Corpora, HollowReply, LabelledReply


@dataclass(frozen=True)
class Graded:
    """A reply with its grade in [0, 1]; `kind` names where it comes from."""

    statement: str
    reply: str
    grade: float
    kind: str


@dataclass(frozen=True)
class Sources:
    """What graded replies are drawn from.

    Attributes:
        corpora: Our own statements and PAIR.
        labels: Replies that were read.
        hollow_replies: Sympathy with nothing behind it, beside empathy.
        split: One of the corpora's splits.
    """

    corpora: Corpora
    labels: tuple[LabelledReply, ...]
    hollow_replies: tuple[HollowReply, ...]
    split: str

    def read(self) -> list[LabelledReply]:
        """The labelled replies of our split."""
        return [label for label in self.labels if label.split == self.split]

    def hollow(self) -> list[HollowReply]:
        """The pairs of empathy and hollow sympathy of our split."""
        return [p for p in self.hollow_replies if p.split == self.split]


def grouped(graded: Sequence[Graded], rng: random.Random) -> list[list[Graded]]:
    """A list for each statement, in random order; the same reply counts once, with its lowest grade."""
    groups: dict[str, dict[str, Graded]] = {}
    for item in graded:
        group = groups.setdefault(item.statement, {})
        before = group.get(item.reply)
        if before is None or item.grade < before.grade:
            group[item.reply] = item
    found = [list(group.values()) for group in groups.values()]
    rng.shuffle(found)
    return found
