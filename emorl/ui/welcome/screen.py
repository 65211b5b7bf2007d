"""The Welcome notice: what the app is for, its limits, what is kept, and the consent to that; shown once per browser.

A modal dialog over the page, which loads behind it. Nothing here asks the server: the page draws the random rater id,
and the browser keeps that id and the version of the notice that was agreed to. Where it keeps nothing the notice comes
at every visit. A ready example in it moves one slider once, while the models still load. Left out: any record of the
consent on the server; the Rate screen asks for its own.
"""

from __future__ import annotations

import json

import gradio as gr

from emorl.resources import data_path
from emorl.ui.payload import Json
from emorl.ui.welcome import strings
from emorl.ui.widgets import QUIET, handler, widget

EXAMPLE = data_path("welcome_example.json")
VERSION = 1
"""Of the notice; a new one is shown to everybody again."""


def welcome_screen(rater: gr.BrowserState, demo: gr.Blocks) -> None:
    """Add the dialog to the open `gr.Blocks`.

    Args:
        rater: The page's rater id; set when the notice is agreed to, unless there is one already.
        demo: The page; when it loads, the dialog opens unless this version was agreed to before.
    """
    agreed = gr.BrowserState(0, storage_key="emorl-welcome", secret="emorl-welcome-version")
    notice = widget("welcome", text=strings.WELCOME, value={"phase": "loading"}, settings={"example": example()})
    demo.load(None, [rater, agreed], notice, js=handler("noticePhase", VERSION), **QUIET)
    notice.submit(None, notice, [rater, agreed], js=handler("agreement", VERSION), **QUIET)


def example() -> Json:
    """A statement with its atlas over two objectives, as `python -m emorl atlas --json` found it."""
    return dict(json.loads(EXAMPLE.read_text(encoding="utf-8")))
