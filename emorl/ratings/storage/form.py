"""The questions of both rating forms, and one answer in the queue.

A reflection gets a rubric: depth (none, simple, complex), empathy and fluency (0 to 2), and "would you say this?"
(no, with edits, yes). Depth follows the reflection codes of the Motivational Interviewing Treatment Integrity scale
(MITI 4.2.1). Of a pair the better reflection is chosen, or "tie", or "both bad". The error flags follow Wu et al. 2023
("Are Experts Needed?"): malformed, contradicting, parroting, off-topic, unverifiable. Of a pair a flag says which side
it is about, as in "first:parroting"; answers of an older form do not. In the queue "not sure" is an answer to any
question: the question is named among `unsure` and its field is None, so that nothing takes it for a level. Skipping
takes a reason and nothing else but a comment.

Left out: the rubric for both sides of a pair, which takes three times as long; flags and "not sure" on the Reflect
screen, where nobody has to rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from emorl.errors import RatingError
from emorl.ratings.storage.fields import check_fields
from emorl.ratings.storage.kinds import FreeText, Level, OneOf, Places, SomeOf

FORM_VERSION = 1
"""Of the form on the Reflect screen."""
QUEUE_VERSION = 1
"""Of the form in the queue."""
CONSENT_VERSION = 1
"""Of the notice that a rater agrees to before the first item of the queue."""

MAX_TEXT = 8000
MAX_COMMENT = 2000
MAX_LEVEL = 2
DEPTHS = ("none", "simple", "complex")
WOULD_SAY = ("yes", "edits", "no")
CHOICES = ("first", "second", "tie", "both_bad")
FLAGS = ("malformed", "contradicts", "parroting", "off_topic", "unverifiable")
SIDES = ("first", "second")
SIDE_FLAGS = tuple(f"{side}:{flag}" for side in SIDES for flag in FLAGS)
"""Flags of a pair: "first" and "second" are the item's sides, not left and right."""
MAX_MARKS = 200
MARKS = Places(SIDES, MAX_MARKS)
"""Words that a rater marked as wrong; of a single reflection all are in "first"."""
SKIP_REASONS = ("cannot_judge", "upsetting", "faulty", "other")
SCALES = ("depth", "empathy", "fluency", "would_say")
"""The questions of the rubric."""
QUESTIONS = ("choice", *SCALES)

Depth = Annotated[str, OneOf(DEPTHS)]
Rank = Annotated[int, Level(MAX_LEVEL)]
WouldSay = Annotated[str, OneOf(WOULD_SAY)]
Comment = Annotated[str, FreeText(MAX_COMMENT)]


@dataclass(frozen=True)
class Answer:
    """What a rater said about one item; a field that was not asked, or answered with "not sure", is None.

    Attributes:
        choice: of a pair, one of `CHOICES`; "first" and "second" are the item's sides, not left and right.
        depth: of a single reflection, one of `DEPTHS`.
        empathy: 0, 1 or 2.
        fluency: 0, 1 or 2.
        would_say: one of `WOULD_SAY`.
        flags: some of `FLAGS`; of a pair some of `SIDE_FLAGS`.
        skip: one of `SKIP_REASONS`, and then nothing else but a comment.
        comment: free text or None.
        unsure: questions that were answered with "not sure", some of `QUESTIONS`.
        marks: places of the words that the rater marked as wrong, of `MARKS`.
    """

    choice: Annotated[str, OneOf(CHOICES)] | None = None
    depth: Depth | None = None
    empathy: Rank | None = None
    fluency: Rank | None = None
    would_say: WouldSay | None = None
    flags: Annotated[tuple[str, ...], SomeOf((*FLAGS, *SIDE_FLAGS))] = ()
    skip: Annotated[str, OneOf(SKIP_REASONS, width=32, open_ended=True)] | None = None
    comment: Comment | None = None
    unsure: Annotated[tuple[str, ...], SomeOf(QUESTIONS)] = ()
    marks: Annotated[tuple[str, ...], MARKS] = ()


def check_answer(answer: Answer, is_pair: bool) -> None:
    """Check an answer once, before it is stored.

    Raises:
        RatingError: something is missing, unknown, too long, or does not belong to this kind of item.
    """
    check_fields(answer)
    given = {name for name in QUESTIONS if getattr(answer, name) is not None}
    if answer.skip is not None:
        if given or answer.flags or answer.unsure or answer.marks:
            raise RatingError.at("skip", "answers as well", "a reason and at most a comment", "leave the answers out")
        return
    if not is_pair and (sided := [flag for flag in answer.flags if flag in SIDE_FLAGS]):
        raise RatingError.at("flags", sided[0], "none that names a side, as there is one text", "leave the side out")
    if both := sorted(given.intersection(answer.unsure)):
        raise RatingError.at(both[0], 'an answer and "not sure"', "one of them", "leave one out")
    given.update(answer.unsure)
    asked = questions(is_pair)
    for name in sorted(asked - given):
        raise RatingError.at(name, "no answer", "one", "please choose")
    for name in sorted(given - asked):
        raise RatingError.at(name, "an answer", "none for this kind of item", "leave it out")


def check_marks(answer: Answer, texts: Sequence[str]) -> None:
    """Check that what an answer marks is in the texts of its item.

    Args:
        answer: checked otherwise.
        texts: of the first side, and of the second where there is one.

    Raises:
        RatingError: a mark is in a text that is not there, or behind the end of one.
    """
    lengths = dict(zip(SIDES, map(len, texts), strict=False))
    for mark in answer.marks:
        side, _, end = MARKS.read("marks", mark)
        if end > lengths.get(side, 0):
            raise RatingError.at("marks", mark, "words of the texts shown", "please reload the page")


def questions(is_pair: bool) -> frozenset[str]:
    """Names of the fields that must be answered: the choice for a pair, the rubric for a single reflection."""
    return frozenset({"choice"} if is_pair else SCALES)
