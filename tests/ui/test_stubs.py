"""Gradio writes no type stubs while it is imported, and everything else is as it was."""

from __future__ import annotations

import subprocess
import sys

COUNT = """
import ast, inspect, sys

parse, getfile, parsed = ast.parse, inspect.getfile, []

def counted(*given, **options):
    parsed.append(sys._getframe(1).f_globals["__name__"])
    return parse(*given, **options)

ast.parse = counted
import {module}
import gradio
print(parsed.count("gradio.component_meta"), inspect.getfile is getfile, inspect.getfile(gradio.Button) != "")
"""


def counted(module: str) -> list[str]:
    """In a process of its own: sources that Gradio parsed for stubs, and whether `inspect` is as before."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(module=module)], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_importing_the_screens_parses_no_component_s_source() -> None:
    assert counted("emorl.ui") == ["0", "True", "True"]


def test_gradio_by_itself_parses_them_all() -> None:
    found, *rest = counted("gradio")  # otherwise the module `stubs` would not be needed any more
    assert int(found) > 50 and rest == ["True", "True"]
