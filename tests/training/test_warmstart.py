"""What the warm start learns from, and what its learning curve is measured on."""

from __future__ import annotations

from tests.training.texts import NOUNS, corpora_with, own, ranked
from training.warmstart import WarmStartConfig, in_share, lessons, unseen_reflections


def test_lessons_hold_their_shares_of_empathic_and_affirming_reflections():
    statements = [f"statement {n}" for n in range(4000)]
    assert abs(sum(in_share(s, "empathic", 0.35) for s in statements) / 4000 - 0.35) < 0.03
    assert not any(in_share(s, "empathic", 0.0) for s in statements) and all(in_share(s, "x", 1.0) for s in statements)
    first = own(NOUNS[0])
    corpora = corpora_with([first, own(NOUNS[1], "test")], [ranked(NOUNS[2])])
    pair = (ranked(NOUNS[2]).prompt, (*ranked(NOUNS[2]).high, *ranked(NOUNS[2]).medium))
    for empathic, affirming, replies in (
        (1.0, 1.0, first.replies),
        (0.0, 0.0, (first.simple, first.complex)),
        (1.0, 0.0, (first.simple, first.complex, first.empathic)),
    ):
        config = WarmStartConfig(empathic_share=empathic, affirming_share=affirming, pair_repeats=2)
        assert lessons(corpora, "train", config) == [(first.statement, replies), pair, pair]
    none = corpora_with([own(NOUNS[3], affirming=False)])
    (lesson,) = lessons(none, "train", WarmStartConfig(empathic_share=0.0, affirming_share=1.0))
    assert len(lesson[1]) == 2  # no affirming reflection, none learnt
    assert lessons(corpora, "train", WarmStartConfig(max_words=3)) == []


def test_the_curve_is_measured_on_reflections_of_validation_statements():
    corpora = corpora_with([own(noun, "validation") for noun in NOUNS[:3]], [ranked(NOUNS[4], "validation")])
    found = unseen_reflections(corpora, most=2)
    assert found == {
        "own": [(own(n).statement, own(n).replies) for n in NOUNS[:2]],
        "pair": [(ranked(NOUNS[4]).prompt, ranked(NOUNS[4]).high)],
    }
