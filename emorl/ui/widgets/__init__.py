"""The app's own widgets: `gr.HTML` with an empty template, filled by a JavaScript function of the same name.

Gradio evaluates the rendered template as a JavaScript template literal, after Handlebars has filled it in: `{{value}}`
escapes `<`, but a typed `${...}` would be run as code. So no text ever passes through a template here. The widgets
build their elements with `document.createElement` and put text in as text nodes, where nothing is evaluated.

The functions are modules in the folders of the screens; `page.js` lists them all, and `script` gives them to the page
as one script, under the one name `emorl`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Literal, TypedDict

import gradio as gr

from emorl.ui.bundle import FOLDER, bundle


class Quiet(TypedDict):
    """Options of an event that shows no progress of Gradio's own and is in no list for other programs."""

    show_progress: Literal["hidden"]
    api_visibility: Literal["private"]


QUIET: Quiet = {"show_progress": "hidden", "api_visibility": "private"}
"""For the events of widgets: they show their own progress, and nobody else is told of them."""


@cache
def script() -> str:
    """The JavaScript of the whole page, for its head; `window.emorl` has the widgets and the handlers of events."""
    return bundle(FOLDER / "page.js", "emorl")


def handler(name: str, *arguments: object) -> str:
    """A handler of `page.js` for an event of Gradio's, called with constants before the event's own values.

    Args:
        name: Of the function in `handlers`.
        arguments: What JSON can hold.
    """
    given = "".join(f"{json.dumps(argument)}, " for argument in arguments)
    return f"(...values) => emorl.handlers.{name}({given}...values)"


def widget(
    name: str,
    *,
    text: Mapping[str, object],
    scope: str = "",
    value: object = None,
    settings: Mapping[str, object] | None = None,
    functions: Sequence[Callable[..., object]] = (),
) -> gr.HTML:
    """One widget in the open `gr.Blocks`.

    Args:
        name: of its function in `page.js`; the element's id is `widget-SCOPENAME`.
        text: its English text, `props.text` in JavaScript.
        scope: tells apart several widgets of a name: its ids, and what it tells the others, begin so.
        value: first value, `props.value`; may be any JSON.
        settings: further constants, `props.settings`.
        functions: Python functions it may call as `server.NAME(argument)`.
    """
    return gr.HTML(
        value,
        html_template="",
        js_on_load=f"emorl.widgets.{name}({{ element, props, trigger, watch, server }});",
        apply_default_css=False,
        elem_id=f"widget-{scope}{name}",
        elem_classes=["emorl-widget"],
        server_functions=[_plain(function) for function in functions],
        text=dict(text),
        settings={"scope": scope, **(settings or {})},
    )


def _plain(method: Callable[..., object]) -> Callable[..., object]:
    """A function around a method: Gradio sets an attribute on what it serves, which methods refuse."""
    if inspect.isfunction(method):
        return method

    def call(argument: object = None) -> object:
        return method(argument)

    call.__name__ = method.__name__
    return call
