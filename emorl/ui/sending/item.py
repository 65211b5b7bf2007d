"""Turns reflections into an item for the blind rating queue: the texts, and in words what wrote each of them.

The name of the best of several is what was asked for, because that is what is compared with other ways of writing; its
details hold the setting that wrote this very text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import emorl
from emorl.ratings import Item, Side
from emorl.reflecting.reflection import named_weights
from emorl.ui.writing.scores import stored_scores

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Reflection
    from emorl.ui.cache import CachedReflection
    from emorl.ui.writing.asked import Asked


def item_from_reflections(first: CachedReflection, second: CachedReflection | None = None) -> Item:
    """An item for `RatingQueue.send` from one reflection, or two of the same statement.

    The statement is stored with it, so ask the user first.
    """
    source = "reflect" if second is None else "compare"
    other = None if second is None else model_side(second.reflection, second.asked)
    return Item(first.reflection.statement, model_side(first.reflection, first.asked), other, source=source)


def setting_name(
    weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0, best_of: int = 1
) -> str:
    """A setting in words, such as "reflection 60 %, empathy 40 %"; the player's name in the ranking.

    It is stored; `shown_setting` and the page show it without the space.
    """
    shares = [f"{name} {round(100 * share)} %" for name, share in weights.items() if round(100 * share)]
    words = [", ".join(shares) or "base model"]
    words += [f"strength {strength:g}"] if strength != 1 and shares else []
    words += [f"temperature {temperature:g}"] if temperature else []
    words += [f"best of {best_of}"] if best_of > 1 else []
    return "; ".join(words)


def model_side(reflection: Reflection, asked: Asked) -> Side:
    """A side of an item from a reflection, with everything that it takes to write it again."""
    details = {
        "strength": reflection.setting.strength,
        "temperature": reflection.setting.temperature,
        "seed": reflection.setting.seed,
        "model": dict(reflection.model),
        "scores": stored_scores(reflection),
        "app_version": emorl.__version__,
        "written": reflection.written,
    }
    if asked.best_of > 1:
        details["best_of"] = asked.best_of
    weights = named_weights(reflection.objectives, asked.setting)
    name = setting_name(weights, asked.setting.strength, asked.setting.temperature, asked.best_of)
    return Side(reflection.reflection, name, reflection.weights, details)
