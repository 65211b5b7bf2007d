"""The Rate screen: a queue of statements with one reflection to rate, or two to choose from without knowing whose.

The widget asks the server functions here; each answers with one `{"phase": ...}` for the widget to draw and
never raises, so nothing that was filled in is lost. What wrote a reflection leaves the server only after the
answer is stored. The rater id is random; whoever knows it can go on with that queue, like a bookmark. A rater of a
study (`emorl.ratings.study`) is known by the code of a link instead, with which the page calls the same functions; it
is looked up at each call, so that a link can be closed.

Left out: accounts, and any text in the browser's storage: drafts are saved on the server.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import gradio as gr

from emorl.errors import EmorlError, RatingError
from emorl.ratings import MAX_COMMENT, RatingQueue, load_items
from emorl.ratings.storage.record import StoredJudgement
from emorl.ratings.storage.study import Study
from emorl.ratings.study.shares import StudyQueue
from emorl.ratings.study.studies import CODE, RATER, Studies
from emorl.ui.limits import count, count_rater
from emorl.ui.payload import Failed, Json, to_page
from emorl.ui.rate import strings
from emorl.ui.rate.answers import item_payload, lesson_of, read_answer, read_draft, read_form, read_number, read_rater
from emorl.ui.rate.payload import (
    Consent,
    DraftSaved,
    LessonAgain,
    Loading,
    QueueDone,
    Revealed,
    Stored,
    StudyNotice,
    View,
)
from emorl.ui.rater import rater_id
from emorl.ui.widgets import QUIET, widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore

log = logging.getLogger(__name__)


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

    def _queue_of(self, rater: str) -> tuple[RatingQueue, str]:
        """The queue that a page's rater id or code belongs to, and the id there.

        Raises:
            RatingError: a study has closed the link, or never had it.
        """
        if CODE.fullmatch(rater):
            _, known = Studies(self._store()).enter(rater)
            return StudyQueue(self._store()), known
        if rater.startswith(RATER):  # the id is in exports; the code is not
            raise RatingError(strings.ERRORS["study"])
        return self.queue, rater

    def resume(self, rater: object) -> Json:
        """What a page shows that was just loaded: the next item of a known rater, or the notice."""
        who = str(rater or "")
        return self._answer(lambda: self._next(who) if who and self.queue.agreed(who) else Consent())

    def start(self, rater: object) -> tuple[Json, str]:
        """The rater agreed to the notice; returns (what is shown, rater id)."""
        who = rater_id(rater)

        def begin() -> View:
            count_rater(self._store(), who)
            self.queue.consent(who)
            return self._next(who)

        return self._answer(begin), who

    def open_study(self, form: object = None) -> Json:
        """What a page shows that was opened by the link of a study."""

        def opened() -> StudyNotice:
            study, rater = Studies(self._store()).enter(read_rater(form))
            agreed = StudyQueue(self._store()).agreed(rater)
            return StudyNotice(study.name, study.design, study.guidelines, len(study.training), agreed)

        return self._answer(opened)

    def start_study(self, form: object = None) -> Json:
        """The rater of a study agreed to its notice."""

        def begin() -> View:
            code = read_rater(form)
            _, rater = Studies(self._store()).enter(code)
            StudyQueue(self._store()).consent(rater)
            return self._next(code)

        return self._answer(begin)

    def resume_study(self, form: object = None) -> Json:
        """What a page of a study shows that was just loaded: the expected answer that was on it, or the next item."""

        def resumed() -> View:
            code = read_rater(form)
            study, rater = Studies(self._store()).enter(code)
            last = StudyQueue(self._store()).last_lesson(rater)
            if last is None:
                return self._next(code)
            task, judged = last
            return LessonAgain(item_payload(task, code), _stored(judged, task.done, task.total, study))

        return self._answer(resumed)

    def next_item(self, form: object = None) -> Json:
        """The next item of `form["rater"]`."""
        return self._answer(lambda: self._next(read_rater(form)))

    def save_draft(self, form: object = None) -> Json:
        """Keep the half-filled form."""

        def save() -> DraftSaved:
            (queue, rater), data = self._queue_of(read_rater(form)), read_form(form)
            queue.save_draft(rater, read_number(data, "assignment"), read_draft(data.get("answers")))
            return DraftSaved()

        return self._answer(save)

    def submit_answer(self, form: object = None) -> Json:
        """Store an answer or a skip; the same form again is answered the same way."""

        def submit() -> Stored:
            given, data = read_rater(form), read_form(form)
            queue, rater = self._queue_of(given)
            assignment = read_number(data, "assignment")
            count("rate")
            answer = read_answer(data.get("answers"), queue.is_flipped(rater, assignment))
            stored = queue.submit(rater, assignment, str(data.get("token", "")), answer)
            done, total = queue.progress(rater)
            study = Studies(self._store()).enter(given)[0] if stored.item.is_training else None
            return _stored(stored, done, total, study)

        return self._answer(submit)

    def undo_answer(self, form: object = None) -> Json:
        """Take the last answer back and show its item again."""

        def undo() -> View:
            given = read_rater(form)
            queue, rater = self._queue_of(given)
            queue.undo(rater)
            return self._next(given)

        return self._answer(undo)

    def reveal_settings(self, form: object = None) -> Json:
        """Which setting wrote what, for an answer that is stored; never in a study, whose later answers stay blind."""

        def reveal() -> Revealed:
            (queue, rater), data = self._queue_of(read_rater(form)), read_form(form)
            if isinstance(queue, StudyQueue):
                raise RatingError(strings.ERRORS["blind"])
            judged = queue.reveal(rater, str(data.get("token", "")))
            settings = [side.setting for side in (judged.item.first, judged.item.second) if side is not None]
            return Revealed(tuple(reversed(settings) if judged.flipped else settings))

        return self._answer(reveal)

    def _next(self, given: str) -> View:
        queue, rater = self._queue_of(given)
        task = queue.next(rater)
        if task is not None:
            return item_payload(task, given)
        if not queue.agreed(rater):
            return Consent()
        done, total = queue.progress(rater)
        return QueueDone(given, done, total, undo=done > 0)

    def _answer(self, act: Callable[[], View | DraftSaved | Stored | Revealed]) -> Json:
        try:
            return to_page(act())
        except EmorlError as error:
            return to_page(Failed(error.shown))
        except Exception:  # the rater gets one line, the log the traceback
            log.exception("the rating queue failed")
            return to_page(Failed(strings.ERRORS["unexpected"]))


def _stored(judged: StoredJudgement, done: int, total: int, study: Study | None) -> Stored:
    """What the page is told of an answer; `study` is that of a training item, else None."""
    lesson = None if study is None else lesson_of(study, judged)
    return Stored("submitted" if judged.answer.skip is None else "skipped", judged.token, done, total, lesson)


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
        value=to_page(Loading()),
        settings={"max_comment": MAX_COMMENT},
        functions=[
            screen.next_item,
            screen.save_draft,
            screen.submit_answer,
            screen.undo_answer,
            screen.reveal_settings,
            screen.open_study,
            screen.start_study,
            screen.resume_study,
        ],
    )
    demo.load(screen.resume, rater, queue, **QUIET)
    queue.submit(screen.start, rater, [queue, rater], **QUIET)
    return screen
