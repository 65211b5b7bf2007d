"""What a press of Generate asks for: a setting, and whether one reflection is written or the best of several shown.

The two must not be confused with what wrote the text that is then shown: of several, that is the chosen candidate's
own setting, which the reflection carries (`Reflection.setting`). What was asked for decides what the page compares its
sliders with, which atlas is grown, and under which name a text is sent to blind rating. What wrote the text is what
explains it and what a rating stores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emorl.reflecting.contract import check_candidates
from emorl.ui.writing.mixer import read_setting

if TYPE_CHECKING:
    from emorl.ensemble.setting import Setting
    from emorl.reflecting.reflector import Reflector

CHOICES = (1, 8)
"""How many the controls offer to write."""

DEFAULT_BEST_OF = 8
"""How many are written unless somebody chooses otherwise: one of `CHOICES`."""


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        setting: Where the sliders stood; its shares also weigh the scores where the best is chosen.
        best_of: How many were to be written: 1, or as many as the best is chosen from.
    """

    setting: Setting
    best_of: int = 1


def read_asked(mix: object, reflector: Reflector) -> Asked:
    """What the value of the controls stands for, which comes from the browser.

    Args:
        mix: As for `read_setting`, with `best_of`; a page that does not say it writes one.
        reflector: Knows the objectives and the presets.

    Raises:
        WeightError: Something in the setting is missing, unknown, not a number or out of its range.
        EmorlError: A bad number of candidates.
    """
    setting = read_setting(mix, reflector)
    if not isinstance(mix, Mapping) or not mix:  # before there are controls
        return Asked(setting, DEFAULT_BEST_OF)
    count = mix.get("best_of", 1)
    check_candidates(count)
    return Asked(setting, count)
