"""Imports Gradio for the first time, without the type stubs that it would write for editors.

For each of its components Gradio parses that component's source and an old stub, renders a new one and compares them,
at every import: about a third of the time before the page is up. It skips classes that come from no file, so while it
is imported its own classes seem to. Left out: everything else of Gradio.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any


def import_gradio() -> None:
    """Import Gradio where nobody has done so yet."""
    if "gradio" in sys.modules:
        return
    plain = inspect.getfile

    def getfile(object: Any) -> str:
        if isinstance(object, type) and object.__module__.partition(".")[0] == "gradio":
            raise OSError("not while Gradio is imported")
        return plain(object)

    inspect.getfile = getfile
    try:
        import gradio  # noqa: F401
    finally:
        inspect.getfile = plain
