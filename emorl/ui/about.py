"""The About screen: what the app is, how it writes, its limits, and the model card of the served models."""

from __future__ import annotations

import gradio as gr

import emorl
from emorl.assets import models_dir
from emorl.errors import EmorlError
from emorl.ui.strings import ABOUT, ABOUT_CARD, ABOUT_VERSION


def model_card() -> str:
    """Text of MODEL_CARD.md beside the served models; empty if there is none."""
    try:
        path = models_dir() / "MODEL_CARD.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (EmorlError, OSError):  # a missing models folder is reported where the models load
        return ""


def about_screen() -> None:
    """Add the screen's components to the open `gr.Blocks`."""
    with gr.Column(elem_id="about"):
        gr.Markdown(ABOUT)
        if card := model_card():
            with gr.Accordion(ABOUT_CARD, open=False):
                gr.Markdown(card)
        gr.Markdown(ABOUT_VERSION.format(version=emorl.__version__))
