"""The sliders: what they need to know of the models, and how their value is read as a setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import gradio as gr

from emorl.errors import WeightError
from emorl.ui.loader import ModelLoader
from emorl.ui.payload import Json, to_page
from emorl.ui.widgets import widget
from emorl.ui.writing import strings

if TYPE_CHECKING:
    from emorl.ensemble.setting import Setting
    from emorl.reflecting.reflector import Reflector

FIRST = "balanced"
"""The preset that sliders start with, unless a screen says otherwise."""


@dataclass(frozen=True)
class ModelState:
    """Models that are loading or could not be loaded.

    Attributes:
        state: "loading" or "failed".
        message: Why they could not be loaded, in one line; else empty.
    """

    state: str
    message: str


@dataclass(frozen=True)
class SliderText:
    """What the slider of one objective says.

    Attributes:
        name: Of the objective.
        label: As the screens show it.
        help: What it does, in a sentence.
    """

    name: str
    label: str
    help: str


@dataclass(frozen=True)
class MixerFacts:
    """What the sliders need.

    Attributes:
        objectives: In order.
        presets: Raw weights by objective, by the name of the preset.
        state: The models are there.
    """

    objectives: tuple[SliderText, ...]
    presets: dict[str, dict[str, float]]
    state: Literal["ready"] = "ready"


def model_settings(loader: ModelLoader) -> ModelState | MixerFacts:
    """State of the model and, once it is ready, what the sliders need."""
    loader.start()
    reflector = loader.reflector()
    if reflector is None:
        return ModelState(loader.state, loader.message)
    return MixerFacts(
        tuple(SliderText(item.name, item.label, item.help) for item in reflector.objectives),
        {name: dict(weights) for name, weights in reflector.presets.items()},
    )


def read_setting(mixer: object, reflector: Reflector, first: str = FIRST) -> Setting:
    """The setting that a mixer's value stands for, which comes from the browser.

    Args:
        mixer: `{"weights", "strength", "temperature", "seed"}`; empty before there are sliders.
        reflector: Knows the objectives and the presets.
        first: The preset that counts before there are sliders.

    Raises:
        WeightError: Something is missing, unknown, not a number or out of its range.
    """
    if not mixer:
        return reflector.setting(preset(reflector, first))
    if not isinstance(mixer, Mapping) or not {"weights", "strength", "temperature", "seed"} <= set(mixer):
        raise WeightError(strings.ERRORS["setting"])
    if not isinstance(mixer["weights"], Mapping):
        raise WeightError(strings.ERRORS["setting"])
    return reflector.setting(mixer["weights"], mixer["strength"], mixer["temperature"], mixer["seed"])


def preset(reflector: Reflector, name: str = FIRST) -> Mapping[str, float]:
    """The weights of a preset, or of the first preset where no other has this name."""
    presets = reflector.presets
    return presets[name] if name in presets else next(iter(presets.values()))


def mixer_widget(
    loader: ModelLoader, scope: str = "", text: Mapping[str, str] | None = None, first: str = FIRST, **more: object
) -> gr.HTML:
    """The sliders, which start at the preset `first`; `more` are constants for the page."""

    def settings(_data: object = None) -> Json:
        return to_page(model_settings(loader))

    return widget(
        "mixer",
        scope=scope,
        text={**strings.MIXER, **(text or {})},
        functions=[settings],
        settings={"first": first, **more},
    )
