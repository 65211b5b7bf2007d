"""Builds the page: banner, tabs, screens. Launching is `app.py`'s business, loading models `loader.py`'s."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import gradio as gr

from emorl.safety import crisis_contacts
from emorl.settings import settings
from emorl.ui import strings
from emorl.ui.about.screen import about_screen
from emorl.ui.admin.gate import Gate
from emorl.ui.admin.screen import password
from emorl.ui.admin.sign_in import AdminGate, sign_in_button, sign_in_offered
from emorl.ui.admin.tokens import Tokens, shared_key
from emorl.ui.api.endpoints import api_endpoints, keep_private
from emorl.ui.banner.strings import BANNER
from emorl.ui.compare.screen import compare_screen
from emorl.ui.loader import ModelLoader
from emorl.ui.map.ratings import Overlay, preferred_overlay
from emorl.ui.map.screen import map_screen
from emorl.ui.payload import to_page
from emorl.ui.practise.screen import practise_screen
from emorl.ui.rate.screen import rate_screen
from emorl.ui.reflect.screen import reflect_screen
from emorl.ui.results.screen import results_screen
from emorl.ui.sessions import bound_sessions
from emorl.ui.study.screen import study_screen
from emorl.ui.welcome.screen import welcome_screen
from emorl.ui.why.screen import why_screen
from emorl.ui.widgets import widget
from emorl.ui.widgets.contacts import contact_payloads

if TYPE_CHECKING:
    from emorl.ratings import RatingStore
    from emorl.reflecting.reflector import Reflector


def build_demo(
    models: ModelLoader | Reflector,
    store: RatingStore | Callable[[], RatingStore],
    at_once: int = 32,
    overlay: Overlay | None = None,
) -> gr.Blocks:
    """The whole app, not yet launched.

    Args:
        models: a `ModelLoader`, or anything with the interface of `Reflector`.
        store: where ratings go, or a function that opens it, called once, at the first rating.
        at_once: reflections written at a time, as one batch.
        overlay: ratings to lay over the map, by weights; by default what raters preferred, from the store.

    Returns:
        The blocks; `launch(**launch_settings())` serves them. At most 64 requests wait.
    """
    loader = models if isinstance(models, ModelLoader) else ModelLoader.ready(models)
    opened = cache(store) if callable(store) else lambda: store
    contacts = [to_page(one) for one in contact_payloads(crisis_contacts())]
    demo = gr.Blocks(title=strings.TITLE, analytics_enabled=False, delete_cache=(600, 3600))
    with demo:
        widget(
            "banner",
            text={**BANNER, "title": strings.TITLE, "tagline": strings.TAGLINE},
            settings={"contacts": contacts},
        )
        rater = gr.BrowserState("", storage_key="emorl-rater", secret="emorl-rater-id")
        welcome_screen(rater, demo)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(strings.TABS["reflect"], id="reflect"):
                reflect = reflect_screen(loader, opened, at_once, rater)
            with gr.Tab(strings.TABS["map"], id="map"):
                map_screen(loader, overlay or preferred_overlay(loader, opened))
            with gr.Tab(strings.TABS["why"], id="why"):
                why_screen(loader, reflect.cache)
            with gr.Tab(strings.TABS["compare"], id="compare"):
                compare_screen(loader, opened, at_once, rater)
            with gr.Tab(strings.TABS["practise"], id="practise"):
                practise_screen(loader, at_once)
            with gr.Tab(strings.TABS["rate"], id="rate"):
                rate_screen(opened, rater, demo)
            if gate := _gate():
                with gr.Tab(strings.TABS["study"], id="study"):
                    if isinstance(gate, AdminGate):
                        sign_in_button("sign-in-study")
                    study_screen(loader, opened, gate)
                with gr.Tab(strings.TABS["results"], id="results"):
                    if isinstance(gate, AdminGate):
                        sign_in_button("sign-in")
                    results_screen(opened, gate)
            with gr.Tab(strings.TABS["about"], id="about"):
                about_screen()
        api_endpoints(loader, at_once)
    demo.space_id = None  # on a Space, Gradio's page would otherwise ask huggingface.co and a font host for a header
    keep_private(demo)
    demo.queue(max_size=64, default_concurrency_limit=4)
    bound_sessions(demo)
    return demo


def _gate() -> Gate | None:
    """What lets into the screens for whoever runs the app; None where there are none."""
    if secret := password():
        shared = settings().session_secret.get_secret_value()
        return Gate(secret, tokens=Tokens(shared_key(shared, secret), time.time) if shared else None)
    return AdminGate() if sign_in_offered() else None
