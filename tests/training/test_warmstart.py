"""Packing the replies to one statement changes no token's prediction."""

from __future__ import annotations

import torch

from training.warmstart import collate, pack

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
