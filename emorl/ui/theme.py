"""Colours, type and launch settings of the app.

Colours were checked with axe in light and dark (WCAG 2.2 AA). The typeface comes with Gradio, the serif
from the reader's system, so that the page needs nothing from another host. Left out: Gradio's own
component styles, which the widgets do not use.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypedDict

import gradio as gr
from fastapi.exceptions import RequestValidationError
from starlette.middleware import Middleware as ASGIMiddleware

from emorl.ui.bundle import FOLDER
from emorl.ui.known import misread
from emorl.ui.middleware import Middleware
from emorl.ui.sessions import SESSIONS
from emorl.ui.widgets import script

STYLES = (
    "theme",
    "widgets/widgets",
    "widgets/bars",
    "widgets/form",
    "banner/banner",
    "writing/writing",
    "writing/undo",
    "writing/share",
    "reflect/reflect",
    "reflect/map_cards",
    "about/about",
    "why/why",
    "map/map",
    "rate/rate",
    "results/results",
    "study/study",
    "welcome/welcome",
    "compare/compare",
    "sending/sending",
    "practise/practise",
)
"""In the order in which they count; of two equally strong rules the later one wins."""


def theme() -> gr.themes.Base:
    """Gradio's base theme in the app's colours; the widgets' own colours are in `theme.css`."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        font=[
            # The bundled "Source Sans 3", "Lora" and others lack Latin letters; this one is whole.
            gr.themes.LocalFont("Source Sans Pro", weights=(400, 700)),
            gr.themes.Font("system-ui"),
            gr.themes.Font("sans-serif"),
        ],
        font_mono=[gr.themes.Font("monospace")],
    ).set(
        body_background_fill="#f6f4ef",
        body_background_fill_dark="#151918",
        body_text_color="#22302d",
        body_text_color_dark="#e6ebe8",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        button_large_radius="10px",
        button_large_text_weight="600",
        button_primary_background_fill="#1d5f58",
        button_primary_background_fill_hover="#174d47",
        button_primary_background_fill_dark="#8fd0c4",
        button_primary_background_fill_hover_dark="#a9ddd3",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#10211e",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#232a28",
        button_secondary_border_color="#c9c4b8",
        button_secondary_border_color_dark="#47524f",
        button_secondary_text_color="#22302d",
        button_secondary_text_color_dark="#e6ebe8",
    )


class LaunchSettings(TypedDict):
    """Keyword arguments for `demo.launch`."""

    theme: gr.themes.Base
    css_paths: list[str | Path]
    head: str
    run_history: bool
    share: bool
    ssr_mode: bool
    footer_links: list[Literal["api", "gradio", "settings", "runs"] | dict[str, str]]
    show_error: bool
    enable_monitoring: bool
    allowed_paths: list[str]
    max_file_size: str
    pwa: bool
    state_session_capacity: int
    _frontend: bool
    app_kwargs: dict[str, Any]


def launch_settings() -> LaunchSettings:
    """How the app is launched: no run history, no share link, no telemetry, and only what the app uses is served."""
    scripts = ((FOLDER / "storage.js").read_text(encoding="utf-8"), script())
    return {
        "theme": theme(),
        "css_paths": [FOLDER / f"{name}.css" for name in STYLES],
        "head": "".join(f"<script>{one}</script>" for one in scripts),
        "run_history": False,  # otherwise statements stay in the browser in clear text
        "share": False,
        "ssr_mode": False,
        "footer_links": [],
        "show_error": False,
        "enable_monitoring": False,
        "allowed_paths": [],
        "max_file_size": "1mb",
        "pwa": False,
        "state_session_capacity": SESSIONS,
        "_frontend": False,  # Gradio would ask the page for an answer within 3 s, and end the app on a busy machine
        "app_kwargs": {
            "middleware": [ASGIMiddleware(Middleware, scripts=scripts)],
            "exception_handlers": {RequestValidationError: misread},
        },
    }
