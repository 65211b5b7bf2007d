"""All English text of the app, from the `strings.py` of each folder of `emorl/ui`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import emorl.ui


def nested(value: object) -> Iterator[str]:
    """All strings inside nested containers."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from nested(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from nested(item)


def all_texts() -> list[str]:
    """Every text, those of the rooms and those that screens share."""
    found = []
    for module in pkgutil.walk_packages(emorl.ui.__path__, "emorl.ui."):
        if module.name.endswith("strings"):
            constants = vars(importlib.import_module(module.name))
            found += [text for name, value in constants.items() if name.isupper() for text in nested(value)]
    return found
