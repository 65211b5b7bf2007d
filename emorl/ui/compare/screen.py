"""The Compare screen: one statement written with two to four settings at once, and what differs.

They are written as one batch and streamed together. The checks before and around writing are those of Reflect
(`emorl.ui.writing`), and so are the statement box, the sliders and the form that sends to blind rating. Left out:
explanations (Reflect writes them), and any state beyond the server's memory (`cache.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import gradio as gr

from emorl.reflecting.reflection import Draft, Objective, Reflection
from emorl.ui.cache import ReflectionCache
from emorl.ui.compare import strings
from emorl.ui.compare.payload import Both, Side, WritingBoth
from emorl.ui.compare.word_diff import marks
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import Json, to_page
from emorl.ui.sending.form import send_form
from emorl.ui.sending.strings import SEND_PAIR
from emorl.ui.streaming import streamed
from emorl.ui.widgets import QUIET, widget
from emorl.ui.writing import strings as shared
from emorl.ui.writing.guard import guarded, is_confirmed, say_unavailable, stop_writing, writing_limits
from emorl.ui.writing.mixer import FIRST, mixer_widget, read_setting
from emorl.ui.writing.payload import reflection_payload
from emorl.ui.writing.statement import statement_widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore
    from emorl.reflecting.reflector import Reflector

PRESETS = (FIRST, "base", "reflection", "empathy")
"""Where the sliders of A, B and so on start; A takes over those of Reflect when the screen is opened."""
SCOPE, SCOPES = "compare-", ("a-", "b-", "c-", "d-")
FEWEST = 2
"""Settings to compare."""


class CompareScreen:
    """The screen's server side; one object serves all users and keeps nothing per user but the cache."""

    def __init__(self, loader: ModelLoader) -> None:
        self.loader = loader
        self.cache = ReflectionCache()

    def write_confirmed(
        self,
        statement: object,
        count: object,
        first: object,
        second: object,
        third: object,
        fourth: object,
        event: gr.EventData,
    ) -> Iterator[Json]:
        """As `write`, where the counsellor has said that exactly this statement is an invented exercise."""
        yield from self.write(statement, count, first, second, third, fourth, is_confirmed(event, statement))

    def write(
        self,
        statement: object,
        count: object,
        first: object,
        second: object,
        third: object = None,
        fourth: object = None,
        confirmed: bool = False,
    ) -> Iterator[Json]:
        """Stream what is shown for one press of the button; see `guarded`.

        Args:
            statement: From the browser.
            count: How many of the settings are compared; two unless it is another number that is offered.
            first: The mixers' values.
            second: The same.
            third: The same.
            fourth: The same.
            confirmed: The counsellor has said that this statement is an invented exercise.
        """
        mixes = (first, second, third, fourth)
        used = count if type(count) is int and FEWEST <= count <= len(mixes) else FEWEST
        for step in guarded(self.loader, statement, confirmed, partial(self._stream, mixes[:used])):
            yield to_page(step)

    def _stream(
        self, mixes: Sequence[object], reflector: Reflector, text: str, keep: bool
    ) -> Iterator[WritingBoth | Both]:
        settings = [read_setting(mix, reflector, preset) for mix, preset in zip(mixes, PRESETS, strict=False)]
        yield WritingBoth(("",) * len(settings))
        with closing(reflector.side_by_side(text, settings, explain=False)) as steps:
            for step in steps:
                drafts = [one for one in step if isinstance(one, Draft)]
                if drafts:
                    yield WritingBoth(tuple(draft.text for draft in drafts))
                else:
                    written = [one for one in step if isinstance(one, Reflection)]
                    yield self._finished(written, reflector.objectives, keep)

    def _finished(self, written: Sequence[Reflection], objectives: Sequence[Objective], keep: bool) -> Both:
        texts = [reflection.reflection for reflection in written]
        sides = []
        for reflection, (words, other, alike, missing) in zip(written, marks(texts), strict=True):
            result_id = self.cache.put(reflection) if keep else ""
            shown = reflection_payload(reflection, objectives, result_id, confirmed=not keep)
            sides.append(Side(**vars(shown), marked=tuple(words), other=other, alike=alike, missing=missing))
        return Both(tuple(sides), len(set(texts)) == 1, confirmed=not keep)


def compare_screen(
    loader: ModelLoader, store: Callable[[], RatingStore], at_once: int, rater: gr.BrowserState
) -> CompareScreen:
    """Add the screen's components and events to the open `gr.Tab`; `rater` keeps the page's rater id."""
    screen = CompareScreen(loader)
    with gr.Column(elem_id="compare"):
        statement = statement_widget("compare-go", SCOPE, rows=3, take="")
        count = widget("count", scope=SCOPE, text=strings.COUNT, value=FEWEST, settings={"most": len(SCOPES)})
        with gr.Row(elem_id="compare-settings", elem_classes=[f"shows-{FEWEST}"]):
            mixers = [
                mixer_widget(loader, scope, text, preset, brief=True, take="")
                for scope, text, preset in zip(SCOPES, strings.MIXERS, PRESETS, strict=True)
            ]
        with gr.Row(elem_id="compare-actions"):
            go = gr.Button(strings.COMPARE["go"], variant="primary", elem_id="compare-go", scale=3, min_width=120)
            stop = gr.Button(shared.STOP, elem_id="compare-stop", scale=1, min_width=80)
        result = widget(
            "compare",
            text={**shared.WRITTEN, **strings.COMPARE, "crisis": shared.CRISIS, "chips": shared.CHIPS},
            settings={"scopes": SCOPES, "screen": SCOPE},
        )
        send_form(loader, screen.cache, store, rater, SCOPE, SEND_PAIR)

    limits = writing_limits(at_once)
    writing = go.click(streamed(screen.write), [statement, count, *mixers], result, **limits, **QUIET)
    exercise = result.submit(streamed(screen.write_confirmed), [statement, count, *mixers], result, **limits, **QUIET)
    for event in (writing, exercise):
        say_unavailable(event, result)
    stop_writing(stop, result, [writing, exercise])
    return screen
