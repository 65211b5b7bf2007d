"""The chance that a counsellor would say a reply, by hand."""

from __future__ import annotations

import math

import pytest

from emorl.models.chance import EDGE, Chance, log_odds

EVEN = Chance(0.0, 0.0, 0.0, 0.0, 0.0)


def test_log_odds_by_hand_and_at_the_edges():
    assert log_odds(0.5) == 0 and log_odds(0.8) == pytest.approx(math.log(4))
    assert log_odds(0.0) == log_odds(EDGE / 2) == pytest.approx(math.log(EDGE / (1 - EDGE)))
    assert log_odds(1.0) == pytest.approx(-log_odds(0.0))


def test_each_weight_does_what_it_says():
    logps = [-1.0, -2.0, -3.0, -0.0]
    assert EVEN.of(0.9, 0.1, logps) == 0.5
    assert Chance(math.log(3), 0, 0, 0, 0).of(0.9, 0.1, logps) == pytest.approx(0.75)
    assert Chance(0, 1, 0, 0, 0).of(0.9, 0.1, logps) == pytest.approx(0.9)
    assert Chance(0, 0, 2, 0, 0).of(0.9, 0.2, logps) == pytest.approx(1 / 17)
    assert Chance(0, 0, 0, 0.5, 0).of(0.9, 0.1, logps) == pytest.approx(1 / (1 + math.exp(3)))
    assert Chance(0, 0, 0, 0, 2).of(0.9, 0.1, logps) == pytest.approx(1 / (1 + math.exp(3)))


def test_what_is_more_likely_to_the_models_has_the_higher_chance():
    chance = Chance(1.0, 0.4, 0.2, 0.1, 2.0)
    assert chance.of(0.7, 0.5, [-0.1] * 12) > chance.of(0.7, 0.5, [-0.4] * 12) > chance.of(0.6, 0.5, [-0.4] * 12)


def test_a_hopeless_reply_ends_in_a_number():
    assert EVEN.of(0.0, 0.0, [-700.0]) == 0.5
    assert Chance(0, 1, 1, 1, 1).of(0.0, 0.0, [-5000.0]) == 0.0
