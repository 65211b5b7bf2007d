"""The two functions that other programs may call (`gradio_client`); docs/api.md has examples that a test runs.

They work as the page does: the same crisis rule, queue and limits, and one batch with everybody's reflections.
Nothing is kept or stored. Everything else that the page uses is private. Bad input is one line in the client's error.

Left out: streaming, the atlas, ratings.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import gradio as gr
from gradio.events import api

from emorl.errors import AssetError, BusyError, EmorlError, StatementError, WeightError
from emorl.reflecting.contract import check_candidates, reflection_json, refuse_crisis
from emorl.ui.api import strings
from emorl.ui.limits import count
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import Json
from emorl.ui.writing import strings as shared
from emorl.ui.writing.mixer import preset

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)
MAX_LOAD_S = 300.0  # how long a call waits for models that are still loading
PUBLIC = ("reflect", "explain")


class Endpoints:
    """`reflect` and `explain`; they keep nothing."""

    def __init__(self, loader: ModelLoader) -> None:
        self.loader = loader

    def reflect(
        self,
        statement: str,
        weights: dict[str, float] | None = None,
        strength: float = 1.0,
        temperature: float = 0.0,
        seed: int = 0,
        best_of: int | None = None,
    ) -> Json:
        """Write a reflection, or the best of several; the JSON of `python -m emorl reflect --json`."""
        return self._written(statement, weights, strength, temperature, seed, best_of, explain=False)

    def explain(
        self,
        statement: str,
        weights: dict[str, float] | None = None,
        strength: float = 1.0,
        temperature: float = 0.0,
        seed: int = 0,
        best_of: int | None = None,
    ) -> Json:
        """Write a reflection and say why; the JSON of `python -m emorl reflect --explain --json`."""
        return self._written(statement, weights, strength, temperature, seed, best_of, explain=True)

    def _written(
        self,
        statement: object,
        weights: object,
        strength: float,
        temperature: float,
        seed: int,
        best_of: int | None,
        explain: bool,
    ) -> Json:
        try:
            if not isinstance(statement, str):
                raise StatementError(strings.ERRORS["statement"].format(got=repr(statement)[:40]))
            refuse_crisis(statement)
            count("generate")
            if weights is not None and not isinstance(weights, Mapping):
                raise WeightError(strings.ERRORS["weights"].format(got=repr(weights)[:40]))
            if best_of is not None:
                check_candidates(best_of)
            reflector = self._reflector()
            given = weights if weights is not None else preset(reflector)
            setting = reflector.setting(given, strength, temperature, seed)
            if best_of is None:
                written = reflector.reflect(statement, setting, explain)
            else:
                written = reflector.best_of(statement, best_of, setting, explain)
            return reflection_json(written, explain)
        except EmorlError as error:
            raise gr.Error(error.shown, print_exception=False) from error
        except Exception as error:  # the caller gets one line, the log the traceback
            log.exception("an endpoint failed")
            raise gr.Error(strings.ERRORS["unexpected"], print_exception=False) from error

    def _reflector(self) -> Reflector:
        until = time.monotonic() + MAX_LOAD_S
        self.loader.start()
        while (reflector := self.loader.reflector()) is None:
            if self.loader.state == "failed":
                raise AssetError(shared.MIXER["failed"].format(message=self.loader.message))
            if time.monotonic() > until:
                raise BusyError(strings.ERRORS["loading"])
            time.sleep(0.2)
        return reflector


def api_endpoints(loader: ModelLoader, at_once: int) -> None:
    """Add `/reflect` and `/explain` to the open `gr.Blocks`; they share the page's limit of `at_once` at a time."""
    endpoints = Endpoints(loader)
    for name in PUBLIC:
        api(getattr(endpoints, name), api_name=name, concurrency_limit=at_once, concurrency_id="model")


def keep_private(demo: gr.Blocks) -> None:
    """Hide all other functions of the finished app, also those that Gradio adds by itself (the sign-in button's)."""
    for function in demo.fns.values():
        if function.api_name not in PUBLIC:
            function.api_visibility = "private"
