"""Puts the page's JavaScript modules together as one script, because Gradio's page loads scripts and no modules.

Each module becomes a function that is run once, after those it imports, and returns what it exports; so every name
stays inside its module, as in a browser that loads modules. It understands `import { a, b } from "./c.js";`
and `export` before a function, class or constant; `make lint` makes sure that the modules use nothing else.

Left out: everything else a bundler does, such as renaming, default exports and code from elsewhere.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
"""Of the page: its modules and style sheets are here and below."""

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
STRAY = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entry: Path, name: str) -> str:
    """A script that gives the page one constant, `window[name]`, with what a module exports.

    Args:
        entry: The module; all that it imports, directly or not, is put in.
        name: Of the constant.

    Raises:
        ValueError: A module imports what the other does not export, imports in a circle, or has a line that is not
            understood.
    """
    modules: dict[Path, str] = {}
    exports: dict[Path, list[str]] = {}

    def add(path: Path, above: tuple[Path, ...]) -> None:
        if path in above:
            raise ValueError(f"Got {path.name} importing itself by way of {above[-1].name}: expected no circle.")
        if path in modules:
            return
        source = path.read_text(encoding="utf-8")
        lines = []
        for names, target in IMPORT.findall(source):
            other = (path.parent / target).resolve()
            add(other, (*above, path))
            wanted = [word.strip() for word in names.split(",") if word.strip()]
            if missing := sorted(set(wanted) - set(exports[other])):
                raise ValueError(f"Got {', '.join(missing)} imported by {path.name}: expected exports of {other.name}.")
            lines.append(f"const {{ {', '.join(wanted)} }} = {_variable(list(exports).index(other))};\n")
        exports[path] = EXPORT.findall(source)
        body = EXPORT.sub("", IMPORT.sub("", source))
        if stray := STRAY.search(body):
            raise ValueError(f"Got {stray.group()!r} in {path.name}: expected named imports and exports only.")
        shown = ", ".join(exports[path])
        own = _variable(list(exports).index(path))
        modules[path] = f"const {own} = (() => {{\n{''.join(lines)}{body}return {{ {shown} }};\n}})();\n"

    add(entry.resolve(), ())
    last = _variable(len(exports) - 1)
    shared = f'Object.defineProperty(window, "{name}", {{ value: Object.freeze({last}), configurable: true }});\n'
    return f'(() => {{\n"use strict";\n{"".join(modules.values())}{shared}}})();\n'


def _variable(index: int) -> str:
    return f"module{index}"
