"""The examples in docstrings run and say what they say; those that others import have one."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from emorl.atlas import Atlas, grow_atlas
from emorl.ensemble import EnsembleDecoder, Request, Setting, coefficients, shares
from emorl.explain import explain_reply
from emorl.explain.contributions import explain_tokens
from emorl.search.exact import exact_search
from emorl.search.hierarchical import hierarchical_search

ROOT = Path(__file__).parents[1]
IMPORTED_BY_OTHERS = [
    shares,
    coefficients,
    Request,
    EnsembleDecoder,
    Setting,
    grow_atlas,
    Atlas,
    explain_tokens,
    explain_reply,
    hierarchical_search,
    exact_search,
]


def modules_with_examples() -> list[str]:
    """Dotted names of the modules of `emorl` and `training` that have an example."""
    files = [path for package in ("emorl", "training") for path in sorted((ROOT / package).rglob("*.py"))]
    shown = [path for path in files if ">>> " in path.read_text(encoding="utf-8")]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in shown]


def run(examples: list[doctest.DocTest]) -> dict[str, Any]:
    """Run examples; every one that fails is printed and counted. Gives the names that they leave behind."""
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    names: dict[str, Any] = {}
    with torch.random.fork_rng():
        for example in examples:
            runner.run(example, clear_globs=False)
            names |= example.globs
    assert runner.summarize(verbose=False).failed == 0
    return names


def examples_in(module: ModuleType, **names: Any) -> list[doctest.DocTest]:
    return [found for found in doctest.DocTestFinder().find(module, extraglobs=names) if found.examples]


@pytest.fixture(scope="module")
def decoder() -> EnsembleDecoder:
    """The decoder that the example of `EnsembleDecoder` builds; other examples go on with it."""
    module = importlib.import_module(EnsembleDecoder.__module__)
    [example] = [e for e in examples_in(module) if e.name.endswith(".EnsembleDecoder")]
    built = run([example])["decoder"]
    assert isinstance(built, EnsembleDecoder)
    return built


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_of_a_module_run(name: str, decoder: EnsembleDecoder) -> None:
    found = examples_in(importlib.import_module(name), decoder=decoder)
    assert found
    run(found)


@pytest.mark.parametrize("thing", IMPORTED_BY_OTHERS, ids=lambda thing: thing.__name__)
def test_what_others_import_has_an_example(thing: object) -> None:
    assert ">>> " in (thing.__doc__ or "")
