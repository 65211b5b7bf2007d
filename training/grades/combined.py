"""Graded replies for one scorer of several objectives: every reply with the grades that are known.

The replies are those of the single objectives. Where a reply is known to be unfaithful, every other objective grades it
lowest: what the client did not say reflects nothing and understands nobody. Every statement whose replies were read is
used, and a share of the others; of each statement at most a few replies, the read ones first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from training.grades.empathy import NONE, empathy_groups
from training.grades.faithfulness import faithfulness_groups
from training.grades.graded import Graded, Sources
from training.grades.reflection import LOW, reflection_groups
from training.grades.would_say import would_say_groups

Groups = Callable[[Sources, random.Random], list[list[Graded]]]
GROUPS: dict[str, Groups] = {
    "faithfulness": faithfulness_groups,
    "reflection": reflection_groups,
    "empathy": empathy_groups,
    "would_say": would_say_groups,
}
LOWEST = {"reflection": LOW, "empathy": NONE, "would_say": 0.0}
ELSEWHERE = frozenset({"mismatch", "half mismatched", "of another", "contrast"})
"""Kinds of counter-example that say what the client did not say."""
OURS = frozenset({"ours", "high", "medium", "empathic", "no feeling"})
"""Kinds of reply that people wrote to the statement as reflections."""


@dataclass(frozen=True)
class MultiGraded:
    """A reply with its grades in [0, 1], by objective; unknown grades are left out."""

    statement: str
    reply: str
    grades: dict[str, float]


def combined_groups(
    sources: Sources, rng: random.Random, unread_share: float = 0.2, most: int = 5
) -> list[list[MultiGraded]]:
    """A list of replies for each statement, in random order.

    Args:
        sources: What the replies are drawn from.
        rng: Makes the draws.
        unread_share: Share of the statements without a read reply that are used.
        most: Maximum number of replies to a statement.
    """
    known: dict[str, dict[str, dict[str, float]]] = {}
    for objective, make in GROUPS.items():
        for group in make(sources, rng):
            for item in group:
                grades = known.setdefault(item.statement, {}).setdefault(item.reply, {})
                grades[objective] = item.grade
                if item.kind in ELSEWHERE:
                    grades["faithfulness"] = 0.0
                elif item.kind in OURS:
                    grades.setdefault("faithfulness", 1.0)
    read: dict[str, set[str]] = {}
    for label in sources.read():
        read.setdefault(label.statement, set()).add(label.reply)
    found = []
    for statement, replies in known.items():
        if statement not in read and rng.random() >= unread_share:
            continue
        for grades in replies.values():
            if grades.get("faithfulness") == 0.0:
                grades |= LOWEST
        chosen = _some(replies, read.get(statement, set()), rng, most)
        found.append([MultiGraded(statement, reply, replies[reply]) for reply in chosen])
    rng.shuffle(found)
    return found


def _some(replies: Iterable[str], read: set[str], rng: random.Random, most: int) -> list[str]:
    """At most `most` replies, the read ones first."""
    mixed = list(replies)
    rng.shuffle(mixed)
    return sorted(mixed, key=lambda reply: reply not in read)[:most]
