"""The shape every scorer is trained on, and the folds that keep a scorer's data from its judge's."""

from __future__ import annotations

import hashlib
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
        folds: Statements whose fold is one of these are used.
        n_folds: Number of folds.
    """

    corpora: Corpora
    labels: tuple[LabelledReply, ...]
    hollow_replies: tuple[HollowReply, ...]
    split: str
    folds: tuple[int, ...] = (0,)
    n_folds: int = 1

    def holds(self, statement: str) -> bool:
        """Whether the statement's fold is one of ours."""
        return fold_of(statement, self.n_folds) in self.folds

    def read(self) -> list[LabelledReply]:
        """The labelled replies of our split and folds."""
        return [label for label in self.labels if label.split == self.split and self.holds(label.statement)]

    def hollow(self) -> list[HollowReply]:
        """The pairs of empathy and hollow sympathy of our split and folds."""
        return [p for p in self.hollow_replies if p.split == self.split and self.holds(p.statement)]


def fold_of(statement: str, n_folds: int) -> int:
    """Stable fold of a statement, 0 to n_folds - 1."""
    return int(hashlib.sha256(statement.encode()).hexdigest(), 16) % n_folds


def grouped(graded: Sequence[Graded], rng: random.Random) -> list[list[Graded]]:
    """One list a statement, in random order; the same reply counts once, with its lowest grade."""
    groups: dict[str, dict[str, Graded]] = {}
    for item in graded:
        group = groups.setdefault(item.statement, {})
        before = group.get(item.reply)
        if before is None or item.grade < before.grade:
            group[item.reply] = item
    found = [list(group.values()) for group in groups.values()]
    rng.shuffle(found)
    return found
