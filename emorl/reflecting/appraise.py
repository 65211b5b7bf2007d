"""A reflection that a person wrote, as the scorers, the checks and the objectives see it.

Nothing is written. The scorers judge it as they judge the models' replies, the checks of `emorl.safety` look for what a
counsellor should look at twice, and one pass through all experts says what each objective would do to each of its
words. Left out: the crisis check before, which is up to the callers, and the words in which a screen says all this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from emorl.explain import OwnWord, own_words
from emorl.models.template import check_statement, clean
from emorl.reflecting.reflection import ReplyScores
from emorl.reflecting.writer import Writer
from emorl.safety import Chip, check_reply, sympathy
from emorl.scoring.feelings import feeling_words
from emorl.scoring.metrics import copy_rate

Depth = Literal["none", "simple", "complex"]
DEPTH = "reflection"
"""The objective whose scorer grades depth."""

SIMPLE, COMPLEX = 0.26, 0.725
"""From these scores on a reflection counts as simple or complex: halfway between the grades that it learnt,
.02 for none, .5 for simple and .95 for complex (`training/grades/reflection.py`)."""


@dataclass(frozen=True)
class Appraisal:
    """What there is to say about one reflection.

    Attributes:
        reply: The reflection.
        scored: Scores by objective, and faithfulness.
        depth: Its score for depth as one of three words; None without such a scorer.
        feelings: Words in it that name a feeling.
        copied: Share of its words that belong to a run of three or more words of the statement, 0 to 1.
        chips: What in it to look at twice.
        words: What each objective would do to its words; empty where that was not asked for.
    """

    reply: str
    scored: ReplyScores
    depth: Depth | None
    feelings: tuple[str, ...]
    copied: float
    chips: tuple[Chip, ...]
    words: tuple[OwnWord, ...] = ()


def appraise_reply(writer: Writer, statement: str, reply: str, beside: Sequence[str]) -> tuple[Appraisal, ...]:
    """Judge a person's reflection, and others beside it; see `Reflector.appraise`."""
    text = check_statement(statement)
    own = check_statement(reply, "reflection", "what you would say")
    shown = clean(own)  # what the models read: single spaces, no control tokens
    prompt, tokens = writer.prompt(text), writer.ids(shown, "reflection")
    scored = writer.score_replies(text, [own, *beside])
    words = own_words(writer.decoder, prompt, tokens, writer.names, writer.tokenizer.piece, shown)
    return (
        appraisal(text, own, scored[own], words),
        *(appraisal(text, other, scored[other]) for other in beside),
    )


def appraisal(statement: str, reply: str, scored: ReplyScores, words: tuple[OwnWord, ...] = ()) -> Appraisal:
    """One reflection with what the checks say of it."""
    hollow = sympathy(reply)
    return Appraisal(
        reply=reply,
        scored=scored,
        depth=depth_of(scored.scores.get(DEPTH)),
        feelings=feeling_words(reply),
        copied=copy_rate(statement, reply),
        chips=(*check_reply(statement, reply), *([hollow] if hollow else [])),
        words=words,
    )


def depth_of(score: float | None) -> Depth | None:
    """A score for depth as a word."""
    if score is None:
        return None
    return "complex" if score >= COMPLEX else "simple" if score >= SIMPLE else "none"
