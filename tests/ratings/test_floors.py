"""The subpackages of the ratings stand on each other in one order."""

from __future__ import annotations

import ast
from pathlib import Path

import emorl.ratings

ROOT = Path(emorl.ratings.__file__).parent
ORDER = ("storage", "queue", "statistics", "study", "export", "cli")
BELOW = {"errors", "settings", "resources", "own_split"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.startswith("emorl.")}


def test_each_subpackage_knows_only_those_before_it() -> None:
    for path in ROOT.rglob("*.py"):
        floor = path.relative_to(ROOT).with_suffix("").parts[0]
        if floor == "__init__":
            continue
        for name in imported(path):
            parts = name.split(".")
            if parts[1] != "ratings":
                assert parts[1] in BELOW, f"{path.name} knows {name}"
            elif len(parts) > 2:
                assert ORDER.index(parts[2]) <= ORDER.index(floor), f"{path.name} knows {name}"
