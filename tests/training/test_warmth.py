"""The empathy scorer's counter-examples: warmth that fits is graded above warmth that does not."""

from __future__ import annotations

import random

import pytest

from training.data import load_corpora
from training.scorer_report import warmth_report
from training.warmth import GLAD, READ_AS_GLAD, READ_AS_SAD, SORRY, empathy_groups


@pytest.fixture(scope="module")
def own():
    return load_corpora(None)


def test_grades_follow_the_feeling(own):
    by_text = {o.statement: o for o in own.own if o.split == "train"}
    graded = [g for group in empathy_groups(own, "train", random.Random(1), (0, 1), 2) for g in group]
    kinds = {g.kind for g in graded}
    assert kinds == {"warm", "warm to another", "half fits", "simple", "formula", "wrong feeling"}
    for g in graded:
        o = by_text[g.statement]
        if g.kind == "warm":
            assert g.grade == 2 and g.reply == o.warm
        elif g.kind == "formula":
            assert g.grade == 1 and g.reply in (GLAD if o.feeling == "good" else SORRY)
        else:
            assert g.grade == 0 and g.reply != o.warm
        if g.kind == "wrong feeling":
            assert o.feeling != "mixed"
            assert g.reply in (SORRY + READ_AS_SAD if o.feeling == "good" else GLAD + READ_AS_GLAD)


def test_folds_do_not_overlap_and_draws_follow_the_seed(own):
    def statements(fold: int) -> set[str]:
        return {g.statement for group in empathy_groups(own, "train", random.Random(1), (fold,), 2) for g in group}

    assert statements(0) and statements(1) and not statements(0) & statements(1)
    assert empathy_groups(own, "train", random.Random(3)) == empathy_groups(own, "train", random.Random(3))
    assert empathy_groups(own, "train", random.Random(3)) != empathy_groups(own, "train", random.Random(4))


def test_the_report_catches_a_scorer_that_is_glad_about_everything(own):
    import torch

    def glad(statements, replies):
        return torch.tensor([float("glad" in r.lower() or "happy" in r.lower()) for r in replies])

    def knows(statements, replies):
        warm = {o.statement: o.warm for o in own.own}
        return torch.tensor([float(warm[s] == r) for s, r in zip(statements, replies, strict=True)])

    assert warmth_report(glad, own)["own warm>wrong feeling"] < 0.5
    assert set(warmth_report(knows, own).values()) == {1.0}
