"""The arguments of a call in raw HTTP, held to what the public functions take before Gradio sees them.

Gradio would answer a misspelt or missing one only with "something went wrong". Left out: the values, which the
functions check themselves, and calls by `gradio_client`, which knows the names.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from emorl.errors import OptionError
from emorl.ui.api.endpoints import PUBLIC, Endpoints

PARAMETERS: Mapping[str, tuple[inspect.Parameter, ...]] = {
    name: tuple(inspect.signature(getattr(Endpoints, name)).parameters.values())[1:] for name in PUBLIC
}
"""What each function takes, in order."""


def check_named(function: str, given: object) -> None:
    """Let arguments by name pass, of which those with a default may be left out.

    Raises:
        OptionError: One is unknown or missing, or there are no names.
    """
    names = [one.name for one in PARAMETERS[function]]
    if not isinstance(given, Mapping):
        raise OptionError.of("arguments without names", "a JSON object", f"send one with {_listed(names[:1])} at least")
    if unknown := [name for name in given if name not in names]:
        raise OptionError.of(
            f"{_listed(unknown)[:80]} for /{function}", f"some of {_listed(names)}", "correct the name"
        )
    needed = [one.name for one in PARAMETERS[function] if one.default is one.empty]
    if missing := [name for name in needed if name not in given]:
        raise OptionError.of(
            f"no {_listed(missing)} for /{function}", f"at least {_listed(needed)}", "add what is missing"
        )


def check_ordered(function: str, given: object) -> None:
    """Let arguments in order pass, all of which Gradio wants.

    Raises:
        OptionError: There are fewer or more than the function has.
    """
    expected = len(PARAMETERS[function])
    if isinstance(given, list) and len(given) != expected:
        raise OptionError.of(
            f"{len(given)} values for /{function}",
            f"all {expected} in order",
            f"send them by name to /gradio_api/call/v2/{function}, where those with a default may be left out",
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names)
