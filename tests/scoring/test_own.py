"""Scorers that are functions of a module: how they are named, and what they may give."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from emorl.errors import AssetError
from emorl.scoring.own import NAMED, OwnScorer

PAIRS = ["It broke.", "It broke."], ["You miss it.", "You are angry with it."]


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], OwnScorer]:
    """The scorer of a module that has been written for the test."""

    def made(function: Any) -> OwnScorer:
        module = ModuleType("own_scorers_of_a_test")
        vars(module)["score"] = function
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return OwnScorer("own_scorers_of_a_test:score")

    return made


@pytest.mark.parametrize("kind", [list, tuple, np.array, torch.tensor, lambda x: torch.tensor(x, requires_grad=True)])
def test_a_function_scores_and_may_give_a_list_an_array_or_a_tensor(scorer: Any, kind: Any) -> None:
    given: list[Any] = []

    def score(statements: list[str], replies: list[str]) -> Any:
        given.append((statements, replies))
        return kind([len(reply) / 100 for reply in replies])

    found = scorer(score).score(tuple(PAIRS[0]), tuple(PAIRS[1]))
    torch.testing.assert_close(found, torch.tensor([0.12, 0.22]))
    assert given == [PAIRS] and not found.requires_grad and found.dtype == torch.float32


@pytest.mark.parametrize(
    "given", [[0.5], [0.5, 1.1], [0.5, -0.1], [0.5, float("nan")], [[0.5], [0.5]], None, "high", 1]
)
def test_anything_else_is_refused_in_one_line(scorer: Any, given: object) -> None:
    own = scorer(lambda statements, replies: given)
    with pytest.raises(AssetError, match="from the scorer own_scorers_of_a_test:score for 2 replies: expected") as e:
        own.score(*PAIRS)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("name", ["no_such_module_here:score", "emorl.scoring.own:no_such", "emorl.scoring.no_such:x"])
def test_a_function_that_is_not_there_is_said(name: str) -> None:
    with pytest.raises(AssetError, match="Got the scorer .*, which cannot be imported .*: expected a function of"):
        OwnScorer(name)


@pytest.mark.parametrize(
    "name", ["", "module", "module:", ":score", "a b:c", "a:b:c", "a..b:c", "a:b.c", "../a:b", "1:b"]
)
def test_a_name_has_a_module_and_a_function(name: str) -> None:
    assert not NAMED.fullmatch(name)
    with pytest.raises(AssetError, match="expected package.module:function"):
        OwnScorer(name)
