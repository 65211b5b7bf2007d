"""Reads what the Rate screen sends, and turns an item of the queue into what the screen shows.

Left and right on the screen are the first and the second side of an item, or the other way round where it is flipped.
"Not sure" is an option of each question on the screen, and a list of questions in an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from emorl.errors import RatingError
from emorl.ratings import FLAGS, MAX_COMMENT, MAX_LEVEL, Answer, Task
from emorl.ratings.storage.form import MAX_MARKS, QUESTIONS
from emorl.ratings.storage.record import StoredJudgement
from emorl.ratings.storage.study import Study
from emorl.ui.payload import Json
from emorl.ui.rate import strings
from emorl.ui.rate.payload import ItemPayload, Lesson

UNSURE = "unsure"
"""The option of every question that stands for no answer."""
MAX_DRAFT = 16
SHOWN_MARK = re.compile(r"(text|left|right):[0-9]{1,5}-[0-9]{1,5}")
"""A mark as the page names it; "text" is a single reflection."""
SHOWN_FLAGS = frozenset(
    [*strings.QUEUE["flags_options"], *(f"{side}:{flag}" for side in ("left", "right") for flag in FLAGS)]
)


def item_payload(task: Task, rater: str) -> ItemPayload:
    """What the screen shows of an item; nothing in it tells what wrote it, or whether it is a repeat."""
    texts = [task.item.first.text] + ([task.item.second.text] if task.item.second else [])
    draft = {name: str(value) if type(value) is int else value for name, value in task.draft.items()}
    if "choice" in draft:
        draft["choice"] = _displayed(draft["choice"], task.flipped)
    if isinstance(unsure := draft.pop(UNSURE, None), list):  # of an answer that was taken back
        draft |= dict.fromkeys(unsure, UNSURE)
    if isinstance(flags := draft.get("flags"), list | tuple):
        draft["flags"] = [_flag(flag, lambda side: str(_displayed(side, task.flipped))) for flag in flags]
    if isinstance(marks := draft.get("marks"), list | tuple):
        draft["marks"] = [_flag(mark, lambda side: _mark_side(side, task)) for mark in marks]
    return ItemPayload(
        rater=rater,
        assignment=task.assignment,
        token=task.token,
        statement=task.item.statement,
        texts=tuple(reversed(texts) if task.flipped else texts),
        draft=draft,
        done=task.done,
        total=task.total,
        undo=task.can_undo,
        training=task.item.is_training,
    )


def lesson_of(study: Study, judged: StoredJudgement) -> Lesson | None:
    """What the study expected of a training item that was judged; None where it was none."""
    for one in study.training:
        if one.item == judged.item:
            expected = {name: str(_displayed(known, judged.flipped)) for name, known in (one.item.gold or {}).items()}
            return Lesson(expected, one.why)
    return None


def read_answer(answers: object, flipped: bool) -> Answer:
    """The answer in a form from the browser; "left" and "right" become the item's sides.

    Raises:
        RatingError: it cannot be read. Whether the answers are known is checked where they are stored.
    """
    form = read_form(answers)
    unsure = tuple(name for name in QUESTIONS if form.get(name) == UNSURE)
    given = {name: value for name, value in form.items() if name not in unsure}
    flags, comment = given.get("flags") or (), given.get("comment") or ""
    marks = given.get("marks") or ()
    if not isinstance(flags, list | tuple) or not isinstance(comment, str) or not isinstance(marks, list | tuple):
        raise RatingError(strings.ERRORS["form"])
    return Answer(
        choice=_side(given["choice"], flipped) if given.get("choice") is not None else None,
        depth=_text(given.get("depth")),
        empathy=_level(given.get("empathy")),
        fluency=_level(given.get("fluency")),
        would_say=_text(given.get("would_say")),
        flags=tuple(dict.fromkeys(_flag(flag, lambda side: _side(side, flipped)) for flag in flags)),
        skip=_text(given.get("skip")),
        comment=comment.strip() or None,
        unsure=unsure,
        marks=tuple(dict.fromkeys(_mark(mark, flipped) for mark in marks)),
    )


def read_draft(answers: object) -> Json:
    """A half-filled form from the browser, cut down to what a form can hold.

    Raises:
        RatingError: it cannot be read.
    """
    given = read_form(answers)
    draft: Json = {}
    for name in QUESTIONS:
        value = given.get(name)
        if isinstance(value, str) and (value == UNSURE or value in strings.QUEUE[f"{name}_options"]):
            draft[name] = value
    flags = given.get("flags")
    if isinstance(flags, list):
        draft["flags"] = [flag for flag in flags[:MAX_DRAFT] if flag in SHOWN_FLAGS]
    marks = given.get("marks")
    if isinstance(marks, list):
        draft["marks"] = [mark for mark in marks[:MAX_MARKS] if isinstance(mark, str) and SHOWN_MARK.fullmatch(mark)]
    comment = given.get("comment")
    if isinstance(comment, str) and comment:
        draft["comment"] = comment.replace("\x00", "")[:MAX_COMMENT].encode("utf-8", "ignore").decode("utf-8")
    return draft


def read_form(form: object) -> Mapping[str, object]:
    """A form from the browser.

    Raises:
        RatingError: it cannot be read.
    """
    if not isinstance(form, Mapping):
        raise RatingError(strings.ERRORS["form"])
    return form


def read_rater(form: object) -> str:
    """The rater id in a form.

    Raises:
        RatingError: the form has none.
    """
    rater = read_form(form).get("rater")
    if not isinstance(rater, str) or not rater:
        raise RatingError(strings.ERRORS["rater"])
    return rater


def read_number(form: Mapping[str, object], name: str) -> int:
    """A positive whole number in a form.

    Raises:
        RatingError: the form has none.
    """
    value = form.get(name)
    if type(value) is not int or not 0 < value < 2**31:
        raise RatingError(strings.ERRORS["form"])
    return value


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _level(value: object) -> int | None:
    if value is not None and value not in [str(level) for level in range(MAX_LEVEL + 1)]:
        raise RatingError(strings.ERRORS["form"])
    return None if value is None else int(str(value))


def _side(shown: object, flipped: bool) -> str:
    sides = {"left": "second" if flipped else "first", "right": "first" if flipped else "second"}
    if not isinstance(shown, str) or shown not in strings.QUEUE["choice_options"]:
        raise RatingError(strings.ERRORS["form"])
    return sides.get(shown, shown)


def _flag(flag: object, turned: Callable[[str], str]) -> str:
    """A flag with its side, if it names one, turned into the other way of naming it."""
    side, colon, kind = str(flag).partition(":")
    return f"{turned(side)}:{kind}" if colon else side


def _mark(mark: object, flipped: bool) -> str:
    """A mark of the page in the words of the item."""
    if not isinstance(mark, str) or not SHOWN_MARK.fullmatch(mark):
        raise RatingError(strings.ERRORS["form"])
    return _flag(mark, lambda side: "first" if side == "text" else _side(side, flipped))


def _mark_side(side: str, task: Task) -> str:
    """Where a mark is on the page; one that came from the form says so already."""
    return str(_displayed(side, task.flipped)) if task.item.is_pair else "text"


def _displayed(choice: object, flipped: bool) -> object:
    """The other way round; a draft that came from the form says left or right already."""
    sides: dict[object, str] = {"first": "right" if flipped else "left", "second": "left" if flipped else "right"}
    return sides.get(choice, choice)
