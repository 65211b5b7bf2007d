"""A setting: checked when it is made, in shares, equal where it writes the same."""

from __future__ import annotations

import dataclasses
import doctest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emorl.ensemble import Setting
from emorl.ensemble import setting as module
from emorl.errors import WeightError

NAMES = ["reflection", "empathy", "fluency"]


def test_weights_are_shares_in_the_order_of_the_objectives():
    assert Setting.of(NAMES, {"empathy": 3, "reflection": 1}) == Setting((0.25, 0.75, 0.0))
    assert Setting.of(NAMES, {}).weights == (0.0, 0.0, 0.0)
    whole: Any = 3.0
    assert Setting((2, 1, 1), 1, 0, whole) == Setting((0.5, 0.25, 0.25), 1.0, 0.0, 3)
    assert len({Setting((2, 1, 1)), Setting((4, 2, 2)), Setting((1, 0, 0))}) == 2


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=5))
def test_what_is_a_setting_already_stays_as_it_is(weights: list[float]):
    setting = Setting(tuple(weights))
    assert Setting(setting.weights) == setting == dataclasses.replace(setting)
    assert sum(setting.weights) == pytest.approx(1 if any(weights) else 0)


def test_the_base_stands_beside_what_an_adapter_has_a_say_in():
    mixed = Setting((1, 1, 0), 0.5, 0.7, 4)
    assert mixed.mixed and mixed.base() == Setting((0, 0, 0), 1.0, 0.7, 4)
    for alone in (Setting((0, 0, 0), 0.5), Setting((1, 0, 0), 0.0)):
        assert not alone.mixed and alone.base() is alone


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Setting((1.0,)).strength = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"weights": {"charm": 1}},
            "Got the objectives charm: expected reflection, empathy, fluency; check the spelling.",
        ),
        ({"weights": {"empathy": -1}}, "Got -1 for empathy: expected a finite number of at least 0; use 0 to leave"),
        ({"weights": {"empathy": float("nan")}}, "Got nan for empathy"),
        ({"weights": {"empathy": "high"}}, "Got 'high' for empathy"),
        ({"weights": {"empathy": True}}, "Got True for empathy"),
        ({"strength": float("inf")}, "Got inf for strength"),
        ({"strength": None}, "Got None for strength"),
        ({"temperature": 3}, "Got 3 for temperature: expected a number from 0 to 2"),
        ({"seed": 1.5}, "Got 1.5 for seed: expected a whole number"),
        ({"seed": 2**63}, "for seed: expected a whole number"),
        ({"seed": -1}, "Got -1 for seed"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it(values: dict[str, Any], message: str):
    with pytest.raises(WeightError) as caught:
        Setting.of(NAMES, **{"weights": {"empathy": 1}, **values})
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_examples_of_the_docstring_hold():
    assert doctest.testmod(module) == (0, 4)
