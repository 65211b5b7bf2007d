"""Turns reflections into an item for the blind rating queue: the texts, and in words what wrote each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import emorl
from emorl.ratings import Item, Side

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Reflection


def item_from_reflections(first: Reflection, second: Reflection | None = None) -> Item:
    """An item for `RatingQueue.send` from one reflection, or two of the same statement.

    The statement is stored with it, so ask the user first.
    """
    source = "reflect" if second is None else "compare"
    return Item(first.statement, _model_side(first), None if second is None else _model_side(second), source=source)


def setting_name(weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0) -> str:
    """A setting in words, such as "reflection 60 %, empathy 40 %"; the player's name in the ranking."""
    shares = [f"{name} {round(100 * share)} %" for name, share in weights.items() if round(100 * share)]
    words = [", ".join(shares) or "base model"]
    words += [f"strength {strength:g}"] if strength != 1 and shares else []
    words += [f"temperature {temperature:g}"] if temperature else []
    return "; ".join(words)


def _model_side(reflection: Reflection) -> Side:
    details = {
        "strength": reflection.setting.strength,
        "temperature": reflection.setting.temperature,
        "seed": reflection.setting.seed,
        "model": dict(reflection.model),
        "scores": dict(reflection.scores),
        "app_version": emorl.__version__,
    }
    name = setting_name(reflection.weights, reflection.setting.strength, reflection.setting.temperature)
    return Side(reflection.reflection, name, reflection.weights, details)
