"""Packing the replies to one statement changes no token's prediction, and finds each reply's end."""

from __future__ import annotations

import torch

from emorl.models.packing import collate, ends, pack

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


def test_rows_of_different_lengths_are_padded_on_the_right_and_padding_is_seen_by_nobody():
    long, short = pack(PROMPT, REPLIES), pack([5, 6], [[7, 2]])
    batch = collate([long, short])
    assert batch["input_ids"].shape == (2, 3 + 4 + 6) and "segments" not in batch
    assert batch["input_ids"][1].tolist() == [5, 6, 7, 2] + [0] * 9
    assert batch["labels"][1].tolist() == [-100, -100, 7, 2] + [-100] * 9
    assert not batch["attention_mask"][1, 0, :4, 4:].any()


def test_the_ends_by_hand():
    row_of, position = ends([pack([5, 6], [[7, 2], [8]]), pack([5], [[9, 9, 2]])])
    assert row_of.tolist() == [0, 0, 1] and position.tolist() == [3, 5, 3]


def test_ends_find_the_end_token_of_every_reply_in_the_order_of_rows_and_replies():
    replies = [[*range(10, 10 + length), 2] for length in (3, 0, 5, 1)]  # a reply may be its end token alone
    rows = [pack(PROMPT, replies[:3]), pack(PROMPT[:1], replies[3:])]
    batch = collate(rows)
    row_of, position = ends(rows)
    assert row_of.tolist() == [0, 0, 0, 1]
    assert batch["input_ids"][row_of, position].tolist() == [2] * 4
    before = batch["input_ids"][row_of, position - 1].tolist()
    assert before == [12, PROMPT[-1], 14, 10]
