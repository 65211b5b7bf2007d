"""One answer in the rating queue, and the checks at the edge.

A single reflection gets the rubric of the Reflect screen (see `emorl.ratings.storage.record`); of a pair the better
one is chosen, or "tie", or "both bad". Error flags follow Wu et al. 2023 ("Are Experts Needed?"): malformed,
contradicting, parroting, off-topic, unverifiable. Skipping takes a reason and nothing else.

Left out: the rubric for both sides of a pair, which takes three times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from emorl.errors import RatingError
from emorl.ratings.storage.record import ANSWERS, DEPTHS, MAX_COMMENT

if TYPE_CHECKING:
    from emorl.ratings.storage.item import Item

QUEUE_VERSION = 1
CHOICES = ("first", "second", "tie", "both_bad")
FLAGS = ("malformed", "contradicts", "parroting", "off_topic", "unverifiable")
SKIPS = ("cannot_judge", "upsetting", "faulty", "other")
RUBRIC = ("depth", "empathy", "fluency", "would_say")
MAX_LEVEL = 2


@dataclass(frozen=True)
class Answer:
    """What a rater said about one item; a field that was not asked is None.

    Attributes:
        choice: of a pair, one of `CHOICES`; "first" and "second" are the item's sides, not left and right.
        depth: of a single reflection, one of `DEPTHS`.
        empathy: 0, 1 or 2.
        fluency: 0, 1 or 2.
        would_say: one of `ANSWERS`.
        flags: some of `FLAGS`.
        skip: one of `SKIPS`, and then nothing else but a comment.
        comment: free words or None.
    """

    choice: str | None = None
    depth: str | None = None
    empathy: int | None = None
    fluency: int | None = None
    would_say: str | None = None
    flags: tuple[str, ...] = ()
    skip: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class StoredJudgement:
    """A judgement as it lies in the store.

    Attributes:
        id: number of the row.
        rater: random id of the rater's browser.
        item: what was judged.
        repeat: whether this was the item's second showing to this rater.
        flipped: whether the second side stood on the left.
        place: position in the rater's queue, from 0.
        revision: 1 for the first submit, one more for each after an undo.
        answer: what was said.
        blind: the rater had not been told which setting wrote what.
        withdrawn: taken back by "undo".
        shown_at: when the server first handed the item out (aware).
        submitted_at: when the answer arrived (aware).
        token: id of this submit.
    """

    id: int
    rater: str
    item: Item
    repeat: bool
    flipped: bool
    place: int
    revision: int
    answer: Answer
    blind: bool
    withdrawn: bool
    shown_at: datetime
    submitted_at: datetime
    token: str


def check_answer(answer: Answer, is_pair: bool) -> None:
    """Check an answer once, before it is stored.

    Raises:
        RatingError: something is missing, unknown, too long, or does not belong to this kind of item.
    """
    _check_comment(answer.comment)
    given = {name for name in ("choice", *RUBRIC) if getattr(answer, name) is not None}
    if answer.skip is not None:
        _one_of("skip", answer.skip, SKIPS)
        if given or answer.flags:
            raise RatingError("skip: got answers as well, expected a reason and at most a comment")
        return
    wanted = {"choice"} if is_pair else set(RUBRIC)
    for name in sorted(wanted - given):
        raise RatingError(f"{name}: got no answer, expected one; please choose")
    for name in sorted(given - wanted):
        raise RatingError(f"{name}: got an answer, expected none for this kind of item")
    if is_pair:
        _one_of("choice", answer.choice, CHOICES)
    else:
        _one_of("depth", answer.depth, DEPTHS)
        _one_of("would_say", answer.would_say, ANSWERS)
        for name in ("empathy", "fluency"):
            if type(getattr(answer, name)) is not int or not 0 <= getattr(answer, name) <= MAX_LEVEL:
                raise RatingError(f"{name}: got {getattr(answer, name)!r:.60}, expected 0, 1 or 2")
    for flag in answer.flags:
        _one_of("flags", flag, FLAGS)


def _check_comment(comment: object) -> None:
    if comment is None:
        return
    if not isinstance(comment, str):
        raise RatingError(f"comment: got {comment!r:.60}, expected text")
    if len(comment) > MAX_COMMENT:
        raise RatingError(f"comment: got {len(comment)} characters, expected at most {MAX_COMMENT}; shorten it")
    if "\x00" in comment or any("\ud800" <= sign <= "\udfff" for sign in comment):
        raise RatingError("comment: got NUL or broken Unicode, expected text")


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise RatingError(f"{name}: got {value!r:.60}, expected one of {', '.join(allowed)}")
