"""The app's own widgets: one JavaScript file each, on top of `dom.js`, styled by `style.css`.

All are `gr.HTML` with an *empty* template. Gradio evaluates the rendered template as a JavaScript
template literal, after Handlebars has filled it in: `{{value}}` escapes `<`, but a typed `${...}` would
be run as code. So no text ever passes through a template here; the widgets build their elements with
`document.createElement` and put text in as text nodes, where nothing is evaluated.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).parents[1]
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""For the events of widgets: they show their own progress, and nobody else is told of them."""


@cache
def script(name: str) -> str:
    """JavaScript of the widget: the shared element builder, then the widget's own file(s)."""
    more = {
        "result": [
            *("writing/crisis", "writing/meter", "atlas/lookup", "reflect/reasons", "reflect/live", "reflect/edit")
        ],
        "compare": ["writing/crisis", "writing/meter"],
        "map": ["atlas/lookup", "map/triangle"],
        "why": ["reflect/reasons", "why/coalitions"],
    }
    (own,) = [path for path in FOLDER.rglob(f"{name}.js")]
    parts = ["widgets/dom", *more.get(name, []), str(own.relative_to(FOLDER).with_suffix(""))]
    return "\n".join((FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in parts)


def widget(
    name: str,
    *,
    text: Mapping[str, Any],
    scope: str = "",
    value: Any = None,
    settings: Mapping[str, Any] | None = None,
    functions: list[Callable[..., Any]] | None = None,
) -> gr.HTML:
    """One widget in the open `gr.Blocks`.

    Args:
        name: its JavaScript file without suffix; the element's id is `widget-SCOPENAME`.
        text: its English text, `props.text` in JavaScript.
        scope: tells apart several widgets of a name: its ids, and the names of what it tells the others, begin so.
        value: first value, `props.value`; may be any JSON.
        settings: further constants, `props.settings`.
        functions: Python functions it may call as `server.NAME(argument)`.
    """
    return gr.HTML(
        value,
        html_template="",
        js_on_load=script(name),
        apply_default_css=False,
        elem_id=f"widget-{scope}{name}",
        elem_classes=["emorl-widget"],
        server_functions=[_plain(function) for function in functions or []],
        text=dict(text),
        settings={"scope": scope, **(settings or {})},
    )


def _plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """A function around a method: Gradio sets an attribute on what it serves, which methods refuse."""
    if inspect.isfunction(method):
        return method

    def call(argument: Any = None) -> Any:
        return method(argument)

    call.__name__ = method.__name__
    return call
