"""Fluency by hand, and a loop below the same text once."""

from __future__ import annotations

import math

import pytest
import torch

from emorl.models.base import ensure_base
from emorl.models.template import END, prompt_text
from emorl.scoring.fluency import MIDDLE, WIDTH, FluencyScorer

ONCE = "You miss the old garden."
LOOP = " ".join([ONCE] * 3)


class Surprised(FluencyScorer):
    """The same surprisal for every reply."""

    def __init__(self, nats: float) -> None:
        self.nats = nats

    def surprisal(self, statements, replies):
        return torch.full((len(replies),), self.nats)


@pytest.mark.parametrize(("nats", "expected"), [(MIDDLE, 0.5), (MIDDLE + WIDTH, 1 / (1 + math.e)), (0.0, 0.99535)])
def test_the_curve_by_hand(nats: float, expected: float) -> None:
    assert Surprised(nats).score(["s"], [ONCE])[0].item() == pytest.approx(expected, abs=1e-4)


def test_repetition_takes_its_share() -> None:
    scores = Surprised(MIDDLE).score(["s"] * 3, ["a b c d", "a b a b", ONCE]).tolist()
    assert scores == pytest.approx([0.5, 0.5 * 2 / 3, 0.5])  # of ab, ba, ab one is old
    # 15 words, 14 bigrams: 4 within and 1 between the sentences are new
    assert Surprised(MIDDLE).score(["s"], [LOOP])[0].item() == pytest.approx(0.5 * 5 / 14)


def test_a_loop_scores_lower_than_the_same_text_once_though_the_base_expects_it() -> None:
    scorer = FluencyScorer(ensure_base(progress=False), prompt_text, END)
    statement = ["We sold the house, and I keep thinking of the garden."] * 2
    once, loop = scorer.surprisal(statement, [ONCE, LOOP]).tolist()
    assert loop < once
    first, second = scorer.score(statement, [ONCE, LOOP]).tolist()
    assert second < first
