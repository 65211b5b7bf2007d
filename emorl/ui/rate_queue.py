"""The Rate screen: a queue of statements with one reflection to rate, or two to choose from without knowing whose.

The widget asks the server functions here; each answers with one of `{"phase": ...}` for the widget to draw and
never raises, so nothing that was filled in is lost. What wrote a reflection leaves the server only after the
answer is stored. The rater id is random; whoever knows it can go on with that queue, like a bookmark.

Left out: accounts, and any text in the browser's storage: drafts are saved on the server.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

import emorl
from emorl.errors import EmorlError, RatingError
from emorl.ratings import MAX_COMMENT, MAX_LEVEL, Answer, Item, RatingQueue, Side, Task, load_items
from emorl.ui import strings
from emorl.ui.rate import rater_id
from emorl.ui.widgets import QUIET, widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore
    from emorl.reflecting.reflection import Reflection

log = logging.getLogger(__name__)
CONSENT = {"phase": "consent"}
FIELDS = ("choice", "depth", "empathy", "fluency", "would_say")
MAX_DRAFT = 16


class RateScreen:
    """The screen's server side; one object serves all raters and keeps nothing per rater."""

    def __init__(self, store: Callable[[], RatingStore]) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._queue: RatingQueue | None = None

    @property
    def queue(self) -> RatingQueue:
        """The queue over the opened store."""
        with self._lock:
            if self._queue is None:
                self._queue = RatingQueue(self._store(), load_items())
            return self._queue

    def resume(self, rater: object) -> dict[str, Any]:
        """What a freshly loaded page shows: the next item of a known rater, else the notice."""
        who = str(rater or "")
        return self._answer(lambda: self._next(who) if who and self.queue.agreed(who) else CONSENT)

    def start(self, rater: object) -> tuple[dict[str, Any], str]:
        """The rater agreed to the notice; returns (payload, rater id)."""
        who = rater_id(rater)

        def begin() -> dict[str, Any]:
            self.queue.consent(who)
            return self._next(who)

        return self._answer(begin), who

    def next_item(self, form: object = None) -> dict[str, Any]:
        """The next item of `form["rater"]`."""
        return self._answer(lambda: self._next(_rater(form)))

    def save_draft(self, form: object = None) -> dict[str, Any]:
        """Keep the half-filled form."""

        def save() -> dict[str, Any]:
            rater, data = _rater(form), _mapping(form)
            self.queue.save_draft(rater, _number(data, "assignment"), read_draft(data.get("answers")))
            return {"phase": "draft"}

        return self._answer(save)

    def submit_answer(self, form: object = None) -> dict[str, Any]:
        """Store an answer or a skip; the same form again is answered the same way."""

        def submit() -> dict[str, Any]:
            rater, data = _rater(form), _mapping(form)
            assignment = _number(data, "assignment")
            answer = read_answer(data.get("answers"), self.queue.is_flipped(rater, assignment))
            stored = self.queue.submit(rater, assignment, str(data.get("token", "")), answer)
            done, total = self.queue.progress(rater)
            phase = "submitted" if stored.answer.skip is None else "skipped"
            return {"phase": phase, "token": stored.token, "done": done, "total": total}

        return self._answer(submit)

    def undo_answer(self, form: object = None) -> dict[str, Any]:
        """Take the last answer back and show its item again."""

        def undo() -> dict[str, Any]:
            rater = _rater(form)
            self.queue.undo(rater)
            return self._next(rater)

        return self._answer(undo)

    def reveal_settings(self, form: object = None) -> dict[str, Any]:
        """Which setting wrote what, for an answer that is stored."""

        def reveal() -> dict[str, Any]:
            rater, data = _rater(form), _mapping(form)
            judged = self.queue.reveal(rater, str(data.get("token", "")))
            settings = [side.setting for side in (judged.item.first, judged.item.second) if side is not None]
            if judged.flipped:
                settings.reverse()
            return {"phase": "revealed", "settings": settings}

        return self._answer(reveal)

    def _next(self, rater: str) -> dict[str, Any]:
        task = self.queue.next(rater)
        if task is None:
            if not self.queue.agreed(rater):
                return CONSENT
            done, total = self.queue.progress(rater)
            return {"phase": "done", "rater": rater, "done": done, "total": total, "undo": done > 0}
        return task_payload(task, rater)

    def _answer(self, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return act()
        except EmorlError as error:
            return {"phase": "error", "message": str(error)}
        except Exception:  # the rater gets one line, the log the traceback
            log.exception("the rating queue failed")
            return {"phase": "error", "message": strings.QUEUE_ERRORS["unexpected"]}


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
    given = _mapping(answers)
    flags, comment = given.get("flags") or (), given.get("comment") or ""
    if not isinstance(flags, list | tuple) or not isinstance(comment, str):
        raise RatingError(strings.QUEUE_ERRORS["form"])
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
    given = _mapping(answers)
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


def item_from_reflections(first: Reflection, second: Reflection | None = None) -> Item:
    """An item for `RatingQueue.send` from one reflection, or two of the same statement.

    The statement is stored with it, so ask the user first.
    """
    source = "reflect" if second is None else "compare"
    return Item(first.statement, _model_side(first), None if second is None else _model_side(second), source=source)


def setting_name(weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0) -> str:
    """A setting in words, such as "reflection 60 %, empathy 40 %"; the player's name in the ranking."""
    shares = [f"{name} {round(100 * share)} %" for name, share in weights.items() if round(100 * share)]
    words = [", ".join(shares) or "base model"]
    words += [f"strength {strength:g}"] if strength != 1 and shares else []
    words += [f"temperature {temperature:g}"] if temperature else []
    return "; ".join(words)


def rate_screen(store: Callable[[], RatingStore], rater: gr.BrowserState, demo: gr.Blocks) -> RateScreen:
    """Add the screen's components and events to the open `gr.Blocks`.

    Args:
        store: opens the ratings' database.
        rater: the page's rater id, shared with the Reflect screen.
        demo: the page; when it loads, a known rater's queue is taken up again.
    """
    screen = RateScreen(store)
    queue = widget(
        "queue",
        text=strings.QUEUE,
        value={"phase": "loading"},
        settings={"max_comment": MAX_COMMENT},
        functions=[
            screen.next_item, screen.save_draft, screen.submit_answer, screen.undo_answer, screen.reveal_settings,
        ],
    )  # fmt: skip
    demo.load(screen.resume, rater, queue, **QUIET)
    queue.submit(screen.start, rater, [queue, rater], **QUIET)
    return screen


def _model_side(reflection: Reflection) -> Side:
    details = {
        "strength": reflection.setting.strength,
        "temperature": reflection.setting.temperature,
        "seed": reflection.setting.seed,
        "model": dict(reflection.model),
        "scores": dict(reflection.scores),
        "app_version": emorl.__version__,
    }
    name = setting_name(reflection.weights, reflection.setting.strength, reflection.setting.temperature)
    return Side(reflection.reflection, name, reflection.weights, details)


def _mapping(form: object) -> Mapping[str, Any]:
    if not isinstance(form, Mapping):
        raise RatingError(strings.QUEUE_ERRORS["form"])
    return form


def _rater(form: object) -> str:
    rater = _mapping(form).get("rater")
    if not isinstance(rater, str) or not rater:
        raise RatingError(strings.QUEUE_ERRORS["rater"])
    return rater


def _number(form: Mapping[str, Any], name: str) -> int:
    value = form.get(name)
    if type(value) is not int or not 0 < value < 2**31:
        raise RatingError(strings.QUEUE_ERRORS["form"])
    return value


def _level(value: object) -> int:
    if value not in [str(level) for level in range(MAX_LEVEL + 1)]:
        raise RatingError(strings.QUEUE_ERRORS["form"])
    return int(str(value))


def _side(shown: object, flipped: bool) -> str:
    sides = {"left": "second" if flipped else "first", "right": "first" if flipped else "second"}
    if not isinstance(shown, str) or shown not in strings.QUEUE["choice_options"]:
        raise RatingError(strings.QUEUE_ERRORS["form"])
    return sides.get(shown, shown)


def _displayed(choice: str, flipped: bool) -> str:
    """The other way round; a draft that came from the form says left or right already."""
    sides = {"first": "right" if flipped else "left", "second": "left" if flipped else "right"}
    return sides.get(choice, choice)
