"""Who may know whom: each module of `emorl` and `training` imports what its floor allows, and nothing in a circle.

Imports count at any depth and for types too. docs/architecture.md has the same table in words.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from training.stages import STAGES

ROOT = Path(__file__).parents[1]
GROUND = {"errors", "heap", "own_split", "resources", "settings"}
MAY_KNOW: dict[str, set[str]] = {
    "errors": set(),
    "own_split": set(),
    "heap": set(),
    "resources": set(),
    "settings": {"errors"},
    "models": GROUND,
    "ensemble": GROUND,
    "scoring": GROUND | {"models", "ensemble"},
    "safety": GROUND,
    "practice": GROUND,
    "explain": GROUND | {"ensemble"},
    "atlas": GROUND | {"ensemble"},
    "search": GROUND | {"ensemble", "atlas", "scoring"},
    "reflecting": GROUND | {"models", "ensemble", "scoring", "safety", "explain", "atlas"},
    "building": GROUND | {"models", "ensemble", "reflecting"},
    "ratings": GROUND,
    "ui": GROUND | {"models", "ensemble", "scoring", "safety", "explain", "atlas", "practice", "reflecting", "ratings"},
    "cli": GROUND
    | {"models", "ensemble", "scoring", "safety", "explain", "atlas", "reflecting", "building", "ratings"},
    "__main__": {"cli"},
}
FOR_TRAINING = {*MAY_KNOW} - {"building", "practice", "ratings", "ui", "cli", "__main__"}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("emorl", "training")
    for path in sorted((ROOT / package).rglob("*.py"))
}


@cache
def imported(module: str) -> frozenset[str]:
    """Dotted names of all that a module imports, at any depth: modules, and names inside them."""
    path = MODULES[module]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def known(module: str) -> set[str]:
    """Our own modules that a module imports; `from a import b` counts as `a.b` where that is a module, else as `a`."""
    found = set()
    for name in imported(module):
        parts = name.split(".")
        while parts and ".".join(parts) not in MODULES:
            parts.pop()
        found.add(".".join(parts))
    return found - {"", module}


def floor(module: str) -> str:
    """The part of emorl that a module belongs to; empty for `emorl` itself, which has no code."""
    return [*module.split("."), ""][1]


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("emorl.")])
def test_a_module_knows_only_what_its_floor_may(module: str):
    own = floor(module)
    assert own in MAY_KNOW, f"{module} has no floor"
    assert not {name.split(".")[0] for name in imported(module)} & {"training", "tests"}
    stray = {floor(name) for name in known(module) if name != "emorl"} - MAY_KNOW[own] - {own}
    assert not stray, f"{module} knows {stray}"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("training")])
def test_training_knows_no_screens_no_ratings_and_no_command_line(module: str):
    assert not {floor(name) for name in known(module) if name.startswith("emorl.")} - FOR_TRAINING


ONLY_IN = {
    "optuna": "emorl.search.bayesian",
    "ray": "training.tasks.cluster",
    "vowpalwabbit": "training.baselines.contextual",
}
"""Packages that only training uses, and the one module that knows each; a function imports it when it is called."""


@pytest.mark.parametrize("package", ONLY_IN)
def test_one_module_alone_imports_what_only_training_may_have(package: str):
    assert [name for name in MODULES if package in {one.split(".")[0] for one in imported(name)}] == [ONLY_IN[package]]
    body = ast.parse(MODULES[ONLY_IN[package]].read_text(encoding="utf-8")).body
    names = {alias.name.split(".")[0] for node in body if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module).split(".")[0] for node in body if isinstance(node, ast.ImportFrom)}
    assert package not in names


def climbs(source: str) -> bool:
    """Whether a module walks up from a path by itself: `path.parents[1]`, `path.parent.parent`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "parents":
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            if node.attr == node.value.attr == "parent":
                return True
    return False


@pytest.mark.parametrize("module", [*MODULES, "app"])
def test_only_resources_knows_where_a_folder_lies_above_its_own(module: str):
    """Installed, `emorl` has no checkout around it: every other module asks `emorl.resources` for the data."""
    path = MODULES.get(module, ROOT / "app.py")
    assert climbs(path.read_text(encoding="utf-8")) == (module == "emorl.resources")


def test_a_climb_is_told_from_a_neighbour():
    assert climbs("a = Path(__file__).parents[2]") and climbs("a = b.parent.parent / 'data'")
    assert not climbs("a = Path(__file__).parent / 'page.js'; parents = [1]; b = parents[0]")


def test_the_floors_are_a_stair():
    """Each floor knows only floors that stand before it in the table."""
    order = list(MAY_KNOW)
    for index, name in enumerate(order):
        assert MAY_KNOW[name] <= set(order[:index]), name


def test_nothing_imports_in_a_circle():
    """Depth-first over the modules; a package's own face, which gathers its modules, counts as one of them."""
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join([*above[above.index(module) :], module])
        if module in done:
            return
        for other in sorted(known(module)):
            visit(other, (*above, module))
        done.add(module)

    for module in MODULES:
        visit(module, ())


SCREENS = {"about", "compare", "map", "practise", "rate", "reflect", "results", "study", "welcome", "why"}
SHARED = {"admin", "api", "atlas", "banner", "sending", "widgets", "writing"}


def test_no_screen_knows_another_and_what_they_share_knows_none():
    """Holds for Python and for JavaScript; `app`, `theme` and `page` put all of them together."""
    ui = ROOT / "emorl" / "ui"
    assert {path.name for path in ui.iterdir() if (path / "__init__.py").is_file()} == SCREENS | SHARED
    for path in [*ui.rglob("*.py"), *ui.rglob("*.js")]:
        if path.parent == ui:
            continue
        text = path.read_text(encoding="utf-8")
        known = set(re.findall(r"emorl\.ui\.(\w+)", text) + re.findall(r'from "\.\./(\w+)/', text))
        assert not (known & SCREENS) - {path.parent.name}, f"{path} knows {known}"


def test_the_page_of_the_architecture_names_the_stages_of_training_in_their_order():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page[page.index("## Inside `training`") : page.index("## The way of a statement")]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.M)) == tuple(STAGES)
    for module in re.findall(r"`(\w+)\.py`", table):
        assert f"training.{module}" in MODULES, module
    for folder in re.findall(r"`(\w+)/`", table):
        assert f"training.{folder}" in MODULES, folder


def test_the_page_of_the_architecture_names_every_floor():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for name in MAY_KNOW:
        assert f"`{name}`" in page or f"`{name}/`" in page, name
    for module in MODULES:
        if floor(module) == "reflecting" and module.count(".") == 2:
            assert f"{module.split('.')[-1]}.py" in page or f"`{module.split('.')[-1]}`" in page, module
