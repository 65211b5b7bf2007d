"""The Compare screen: one statement written with two settings at once, and what differs.

Both are written as one batch and streamed together. The checks before and around writing are those of Reflect
(`emorl.ui.writing`), and so are the statement box, the sliders and the form that sends to blind rating. Left out: more
than two settings, explanations (Reflect writes them), and any state beyond the server's memory (`cache.py`).
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
from emorl.ui.compare.word_diff import word_diff
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import Json, to_page
from emorl.ui.sending.form import send_form
from emorl.ui.sending.strings import SEND_PAIR
from emorl.ui.widgets import QUIET, widget
from emorl.ui.writing import strings as shared
from emorl.ui.writing.guard import guarded, is_confirmed, say_unavailable, stop_writing, writing_limits
from emorl.ui.writing.mixer import FIRST, mixer_widget, read_setting
from emorl.ui.writing.payload import reflection_payload
from emorl.ui.writing.statement import statement_widget

if TYPE_CHECKING:
    from emorl.ratings import RatingStore
    from emorl.reflecting.reflector import Reflector

PRESETS = (FIRST, "base")
"""Where the sliders of A and B start."""
SCOPE, SCOPES = "compare-", ("a-", "b-")


class CompareScreen:
    """The screen's server side; one object serves all users and keeps nothing per user but the cache."""

    def __init__(self, loader: ModelLoader) -> None:
        self.loader = loader
        self.cache = ReflectionCache()

    def write_confirmed(self, statement: object, first: object, second: object, event: gr.EventData) -> Iterator[Json]:
        """As `write`, where the counsellor has said that exactly this statement is an invented exercise."""
        yield from self.write(statement, first, second, is_confirmed(event, statement))

    def write(self, statement: object, first: object, second: object, confirmed: bool = False) -> Iterator[Json]:
        """Stream what is shown for one press of the button; `first` and `second` are the mixers' values.

        See `guarded`.
        """
        for step in guarded(self.loader, statement, confirmed, partial(self._stream, (first, second))):
            yield to_page(step)

    def _stream(
        self, mixes: tuple[object, object], reflector: Reflector, text: str, keep: bool
    ) -> Iterator[WritingBoth | Both]:
        settings = [read_setting(mix, reflector, preset) for mix, preset in zip(mixes, PRESETS, strict=True)]
        yield WritingBoth(("", ""))
        with closing(reflector.side_by_side(text, settings, explain=False)) as steps:
            for step in steps:
                drafts = [one for one in step if isinstance(one, Draft)]
                if drafts:
                    yield WritingBoth(tuple(draft.text for draft in drafts))
                else:
                    pair = [one for one in step if isinstance(one, Reflection)]
                    yield self._finished(pair, reflector.objectives, keep)

    def _finished(self, pair: Sequence[Reflection], objectives: Sequence[Objective], keep: bool) -> Both:
        marked = word_diff(pair[0].reflection, pair[1].reflection)
        sides = []
        for reflection, words in zip(pair, marked, strict=True):
            result_id = self.cache.put(reflection) if keep else ""
            shown = reflection_payload(reflection, objectives, result_id, confirmed=not keep)
            sides.append(Side(**vars(shown), marked=tuple(words)))
        return Both(tuple(sides), pair[0].reflection == pair[1].reflection, confirmed=not keep)


def compare_screen(
    loader: ModelLoader, store: Callable[[], RatingStore], at_once: int, rater: gr.BrowserState
) -> CompareScreen:
    """Add the screen's components and events to the open `gr.Tab`; `rater` keeps the page's rater id."""
    screen = CompareScreen(loader)
    with gr.Column(elem_id="compare"):
        statement = statement_widget("compare-go", SCOPE, rows=3, take="")
        with gr.Row(elem_id="compare-settings"):
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
    writing = go.click(screen.write, [statement, *mixers], result, **limits, **QUIET)
    exercise = result.submit(screen.write_confirmed, [statement, *mixers], result, **limits, **QUIET)
    for event in (writing, exercise):
        say_unavailable(event, result)
    stop_writing(stop, result, [writing, exercise])
    return screen
