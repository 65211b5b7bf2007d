"""Who may know whom: the packages of `emorl` and `training` import only what their place in the house allows."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"ensemble", "explain", "atlas", "scoring", "search", "safety", "ratings", "ui"}
MAY_KNOW = {
    "ensemble": set(), "scoring": set(), "safety": set(), "ratings": set(),
    "explain": {"ensemble"}, "atlas": {"ensemble"}, "search": {"ensemble", "atlas", "scoring"}, "ui": PACKAGES,
}  # fmt: skip


def imported(path: Path) -> set[str]:
    """Dotted names of all modules a file imports, at any depth."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def packages_of(path: Path, root: str) -> set[str]:
    """Packages of emorl that a file imports."""
    parts = [name.split(".") for name in imported(path)]
    return {p[1] for p in parts if p[0] == root and len(p) > 1}


@pytest.mark.parametrize("package", sorted(MAY_KNOW))
def test_a_package_knows_only_what_it_may(package):
    files = [*(ROOT / "emorl" / package).rglob("*.py")]
    assert files
    for path in files:
        stray = packages_of(path, "emorl") & PACKAGES - MAY_KNOW[package] - {package}
        assert not stray, f"{path.relative_to(ROOT)} knows {stray}"


def test_emorl_never_knows_training_nor_tests():
    for path in (ROOT / "emorl").rglob("*.py"):
        assert not {name.split(".")[0] for name in imported(path)} & {"training", "tests"}, path


def test_training_never_knows_screens_nor_ratings():
    for path in (ROOT / "training").rglob("*.py"):
        assert not packages_of(path, "emorl") & {"ui", "ratings"}, path


def test_every_package_has_its_place():
    found = {p.parent.name for p in (ROOT / "emorl").glob("*/__init__.py")}
    assert found == PACKAGES
