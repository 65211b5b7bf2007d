"""The functions that other programs may call; docs/api.md has examples that a test runs.

They work as the page does: the same crisis rule, queue and limits, and one batch with everybody's reflections.
Nothing is kept or stored. Everything else that the page uses is private. Bad input is one line in the client's error.

Left out: ratings, and the counsellor's confirmation that a statement is an invented exercise.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import gradio as gr
from gradio.events import api

from emorl.errors import AssetError, AtlasError, BusyError, EmorlError, StatementError, WeightError
from emorl.models.template import check_statement
from emorl.reflecting.contract import (
    appraisal_json,
    atlas_json,
    candidates_json,
    check_candidates,
    reflection_json,
    refuse_crisis,
    refuse_own,
)
from emorl.reflecting.reflection import Draft, Reflection
from emorl.ui.api import strings
from emorl.ui.limits import count
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import Json
from emorl.ui.writing import strings as shared
from emorl.ui.writing.mixer import preset

if TYPE_CHECKING:
    from emorl.ensemble import Setting
    from emorl.reflecting.reflection import StatementAtlas
    from emorl.reflecting.reflector import Reflector

log = logging.getLogger(__name__)
MAX_LOAD_S = 300.0  # how long a call waits for models that are still loading
MAX_ATLAS_S = 300.0  # how long an atlas may take, most of it while others write
PUBLIC = ("reflect", "explain", "stream", "candidates", "score", "atlas")
ATLASES = 2  # grown at a time, for the page and for programs


class Endpoints:
    """A method for each function; they keep nothing."""

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

    def stream(
        self,
        statement: str,
        weights: dict[str, float] | None = None,
        strength: float = 1.0,
        temperature: float = 0.0,
        seed: int = 0,
        best_of: int | None = None,
    ) -> Iterator[Json]:
        """As `reflect`, word by word: a `draft`, the text so far, at each step, and the reflection at the end."""
        with told_in_one_line():
            reflector, setting = self._asked(statement, weights, strength, temperature, seed, best_of)
            with closing(_steps(reflector, statement, setting, best_of)) as steps:
                for step in steps:
                    yield {"draft": step.text} if isinstance(step, Draft) else reflection_json(step, explain=False)

    def candidates(
        self,
        statement: str,
        weights: dict[str, float] | None = None,
        strength: float = 1.0,
        temperature: float = 0.0,
        seed: int = 0,
        best_of: int = 8,
    ) -> Json:
        """Write several reflections and return all of them with their scores, the best first."""
        with told_in_one_line():
            reflector, setting = self._asked(statement, weights, strength, temperature, seed, best_of)
            check_candidates(best_of)  # None is one fault that passes above
            return candidates_json(reflector.best_of(statement, best_of, setting, explain=False), setting)

    def score(self, statement: str, reflection: str) -> Json:
        """Say of a reflection that a person wrote what the scorers, the checks and each objective make of it."""
        with told_in_one_line():
            refuse_own(_check_text("statement", statement), _check_text("reflection", reflection))
            count("generate")
            found, *_ = self._reflector().appraise(statement, reflection)
            return {**appraisal_json(check_statement(statement), found), "note": strings.SCORED}

    def atlas(self, statement: str, strength: float = 1.0, objectives: list[str] | None = None) -> Json:
        """Find every reflection that the weights can reach; the JSON of `python -m emorl atlas --json`."""
        with told_in_one_line():
            refuse_crisis(_check_text("statement", statement))
            if objectives is not None and not _are_names(objectives):
                raise AtlasError(strings.ERRORS["objectives"].format(got=repr(objectives)[:40]))
            count("map")
            reflector = self._reflector()
            checked = reflector.setting(preset(reflector), strength)
            with closing(reflector.atlas(statement, checked.strength, objectives)) as growing:
                return dict(atlas_json(_grown(growing)))

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
        with told_in_one_line():
            reflector, setting = self._asked(statement, weights, strength, temperature, seed, best_of)
            if best_of is None:
                written = reflector.reflect(str(statement), setting, explain)
            else:
                written = reflector.best_of(str(statement), best_of, setting, explain)
            return reflection_json(written, explain)

    def _asked(
        self, statement: object, weights: object, strength: float, temperature: float, seed: int, best_of: int | None
    ) -> tuple[Reflector, Setting]:
        """The models and the setting for checked arguments; a crisis is refused before anything is waited for."""
        refuse_crisis(_check_text("statement", statement))
        count("generate")
        if weights is not None and not isinstance(weights, Mapping):
            raise WeightError(strings.ERRORS["weights"].format(got=repr(weights)[:40]))
        if best_of is not None:
            check_candidates(best_of)
        reflector = self._reflector()
        given = weights if weights is not None else preset(reflector)
        return reflector, reflector.setting(given, strength, temperature, seed)

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


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Tell the caller in one line what goes wrong inside."""
    try:
        yield
    except EmorlError as error:
        raise gr.Error(error.shown, print_exception=False) from error
    except Exception as error:  # the caller gets one line, the log the traceback
        log.exception("an endpoint failed")
        raise gr.Error(strings.ERRORS["unexpected"], print_exception=False) from error


def _steps(
    reflector: Reflector, statement: str, setting: Setting, best_of: int | None
) -> Generator[Draft | Reflection]:
    if best_of is None:
        return reflector.stream(statement, setting, explain=False)
    return reflector.stream_best(statement, best_of, setting, explain=False)


def _grown(growing: Generator[StatementAtlas | None]) -> StatementAtlas:
    """The finished atlas, unless that takes too long."""
    until = time.monotonic() + MAX_ATLAS_S
    found: StatementAtlas | None = None
    for version in growing:
        found = version or found
        if time.monotonic() > until and not (version and version["finished"]):
            raise BusyError(strings.ERRORS["atlas"].format(limit=round(MAX_ATLAS_S)))
    assert found is not None
    return found


def _check_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise StatementError(strings.ERRORS[name].format(got=repr(value)[:40]))
    return value


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def api_endpoints(loader: ModelLoader, at_once: int) -> None:
    """Add the functions to the open `gr.Blocks`; they share the page's limit of `at_once` at a time."""
    endpoints = Endpoints(loader)
    for name in PUBLIC:
        limit, shared_by = (ATLASES, "atlas") if name == "atlas" else (at_once, "model")
        api(getattr(endpoints, name), api_name=name, concurrency_limit=limit, concurrency_id=shared_by)


def keep_private(demo: gr.Blocks) -> None:
    """Hide all other functions of the finished app, also those that Gradio adds by itself (the sign-in button's)."""
    for function in demo.fns.values():
        if function.api_name not in PUBLIC:
            function.api_visibility = "private"
