"""Reads what the Rate screen sends, and turns an item of the queue into what the screen shows.

Left and right on the screen are the first and the second side of an item, or the other way round where it is flipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emorl.errors import RatingError
from emorl.ratings import MAX_COMMENT, MAX_LEVEL, Answer, Task
from emorl.ui.rate import strings

FIELDS = ("choice", "depth", "empathy", "fluency", "would_say")


MAX_DRAFT = 16


def task_payload(task: Task, rater: str) -> dict[str, Any]:
    """What the widget needs to show an item; nothing in it tells what wrote it, or whether it is a repeat."""
    texts = [task.item.first.text] + ([task.item.second.text] if task.item.second else [])
    draft = {name: str(value) if type(value) is int else value for name, value in task.draft.items()}
    if task.flipped:
        texts.reverse()
    if "choice" in draft:
        draft["choice"] = _displayed(draft["choice"], task.flipped)
    return {
        "phase": "item",
        "rater": rater,
        "assignment": task.assignment,
        "token": task.token,
        "statement": task.item.statement,
        "texts": texts,
        "draft": draft,
        "done": task.done,
        "total": task.total,
        "undo": task.can_undo,
    }


def read_answer(answers: object, flipped: bool) -> Answer:
    """The answer in a form from the browser; "left" and "right" become the item's sides.

    Raises:
        RatingError: it cannot be read. Whether the answers are known is checked where they are stored.
    """
    given = as_form(answers)
    flags, comment = given.get("flags") or (), given.get("comment") or ""
    if not isinstance(flags, list | tuple) or not isinstance(comment, str):
        raise RatingError(strings.ERRORS["form"])
    values = {name: given[name] for name in FIELDS if given.get(name) is not None}
    for name in ("empathy", "fluency"):
        if name in values:
            values[name] = _level(values[name])
    if "choice" in values:
        values["choice"] = _side(values["choice"], flipped)
    return Answer(
        **values,
        flags=tuple(str(flag) for flag in dict.fromkeys(map(str, flags))),
        skip=None if given.get("skip") is None else str(given["skip"]),
        comment=comment.strip() or None,
    )


def read_draft(answers: object) -> dict[str, Any]:
    """A half-filled form from the browser, cut down to what a form can hold.

    Raises:
        RatingError: it is none.
    """
    given = as_form(answers)
    draft: dict[str, Any] = {}
    for name in ("choice", "depth", "empathy", "fluency", "would_say"):
        value = given.get(name)
        if isinstance(value, str) and value in strings.QUEUE[f"{name}_options"]:
            draft[name] = value
    flags = given.get("flags")
    if isinstance(flags, list):
        draft["flags"] = [flag for flag in flags[:MAX_DRAFT] if flag in strings.QUEUE["flags_options"]]
    comment = given.get("comment")
    if isinstance(comment, str) and comment:
        draft["comment"] = comment.replace("\x00", "")[:MAX_COMMENT].encode("utf-8", "ignore").decode("utf-8")
    return draft


def as_form(form: object) -> Mapping[str, Any]:
    """A form from the browser.

    Raises:
        RatingError: it is none.
    """
    if not isinstance(form, Mapping):
        raise RatingError(strings.ERRORS["form"])
    return form


def read_rater(form: object) -> str:
    """The rater id in a form.

    Raises:
        RatingError: there is none.
    """
    rater = as_form(form).get("rater")
    if not isinstance(rater, str) or not rater:
        raise RatingError(strings.ERRORS["rater"])
    return rater


def read_number(form: Mapping[str, Any], name: str) -> int:
    """A positive whole number in a form.

    Raises:
        RatingError: there is none.
    """
    value = form.get(name)
    if type(value) is not int or not 0 < value < 2**31:
        raise RatingError(strings.ERRORS["form"])
    return value


def _level(value: object) -> int:
    if value not in [str(level) for level in range(MAX_LEVEL + 1)]:
        raise RatingError(strings.ERRORS["form"])
    return int(str(value))


def _side(shown: object, flipped: bool) -> str:
    sides = {"left": "second" if flipped else "first", "right": "first" if flipped else "second"}
    if not isinstance(shown, str) or shown not in strings.QUEUE["choice_options"]:
        raise RatingError(strings.ERRORS["form"])
    return sides.get(shown, shown)


def _displayed(choice: str, flipped: bool) -> str:
    """The other way round; a draft that came from the form says left or right already."""
    sides = {"first": "right" if flipped else "left", "second": "left" if flipped else "right"}
    return sides.get(choice, choice)
