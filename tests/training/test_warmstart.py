"""Packing the replies to one statement changes no token's prediction."""

from __future__ import annotations

import torch

from tests.training.texts import NOUNS, corpora_with, own, ranked
from training.warmstart import WarmStartConfig, collate, in_share, lessons, pack, unseen_reflections

PROMPT, REPLIES = [5, 6, 7, 8], [[9, 10, 2], [11, 12, 13, 14, 2]]


def test_a_row_by_hand():
    row = pack([5, 6], [[7, 2], [8]])
    assert row == {
        "input_ids": [5, 6, 7, 2, 6, 8],  # the last prompt token stands before every reply
        "labels": [-100, -100, 7, 2, -100, 8],
        "position_ids": [0, 1, 2, 3, 1, 2],
        "segments": [0, 1, 1, 1, 2, 2],
    }
    mask = collate([row])["attention_mask"][0, 0]
    assert mask[5].tolist() == [True, False, False, False, True, True]
    assert mask[3].tolist() == [True, True, True, True, False, False]


def test_packed_predictions_equal_those_of_single_rows(tiny_llama):
    batch = collate([pack(PROMPT, REPLIES), pack(PROMPT[:2], REPLIES[:1])])
    with torch.no_grad():
        logits = tiny_llama(**{k: v for k, v in batch.items() if k != "labels"}).logits.log_softmax(-1)
        labels = batch["labels"][:, 1:]
        chosen = logits[:, :-1].gather(-1, labels.clamp(min=0)[..., None])[..., 0]
        expected = [_alone(tiny_llama, PROMPT, reply) for reply in REPLIES]
        torch.testing.assert_close(chosen[0][labels[0] >= 0], torch.cat(expected), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            chosen[1][labels[1] >= 0], _alone(tiny_llama, PROMPT[:2], REPLIES[0]), atol=1e-5, rtol=1e-5
        )


def _alone(model, prompt: list[int], reply: list[int]) -> torch.Tensor:
    logits = model(torch.tensor([prompt + reply])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
    return logits.gather(-1, torch.tensor(reply)[:, None])[:, 0]


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
