"""Packs a statement and all replies to it into one row, so that the statement is read only once.

Every reply attends to the statement and itself only, at the positions that it would have in a separate row, so packing
is exact. Training and scoring use it. Left out: decoding, which has a cache (`emorl.ensemble.cache`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch.nn.utils.rnn import pad_sequence


def pack(prompt: list[int], replies: list[list[int]]) -> dict[str, list[int]]:
    """One row of a prompt and all replies to it, each of which attends to the prompt and itself only.

    The last prompt token is repeated before every reply, because it predicts the reply's first token. Every token has
    the same context and position as in a separate row.

    Args:
        prompt: Token ids, at least one.
        replies: Token ids of each reply, the end token included.

    Returns:
        `input_ids`, `labels` (-100 outside replies), `position_ids` and `segments` (0 in the prompt, then 1, 2, ...).
    """
    shared = prompt[:-1]
    ids, labels = list(shared), [-100] * len(shared)
    positions, segments = list(range(len(shared))), [0] * len(shared)
    for number, reply in enumerate(replies, 1):
        ids += [prompt[-1], *reply]
        labels += [-100, *reply]
        positions += range(len(shared), len(shared) + 1 + len(reply))
        segments += [number] * (1 + len(reply))
    return {"input_ids": ids, "labels": labels, "position_ids": positions, "segments": segments}


def collate(rows: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """Right-padded tensors, (B, T), and the attention mask, (B, 1, T, T), True where a token attends."""
    columns = {
        name: pad_sequence([torch.tensor(row[name]) for row in rows], batch_first=True, padding_value=filler)
        for name, filler in (("input_ids", 0), ("labels", -100), ("position_ids", 0), ("segments", -1))
    }
    segments = columns.pop("segments")
    same = segments[:, :, None] == segments[:, None, :]
    causal = torch.ones(segments.shape[1], segments.shape[1], dtype=torch.bool).tril()
    columns["attention_mask"] = ((same | (segments == 0)[:, None, :]) & causal)[:, None]
    return columns


def ends(rows: Sequence[dict[str, list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Row and column of the last token of every reply, (N,) each, in the order of rows and replies."""
    row_of: list[int] = []
    position: list[int] = []
    for index, row in enumerate(rows):
        last = {segment: at for at, segment in enumerate(row["segments"]) if segment > 0}
        row_of += [index] * len(last)
        position += last.values()
    return torch.tensor(row_of), torch.tensor(position)


def reply_logps(
    states: torch.Tensor, labels: torch.Tensor, head: Callable[[torch.Tensor], torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability of every packed reply, and its length, in the order of rows and replies.

    Args:
        states: (B, T, H), last hidden states of collated rows.
        labels: (B, T), from `collate`.
        head: The vocabulary head, (M, H) to (M, V).

    Returns:
        Nats, (N,), float32, and tokens, (N,); the end token counts.
    """
    target = labels[:, 1:]
    counted = target != -100
    opens = counted & (labels[:, :-1] == -100)  # the token before a reply is never counted
    number = (opens.flatten().cumsum(0) - 1)[counted.flatten()]
    logits = head(states[:, :-1][counted]).float()
    chosen = logits.gather(-1, target[counted][:, None])[:, 0] - logits.logsumexp(-1)
    total = chosen.new_zeros(int(opens.sum())).index_add(0, number, chosen)
    return total, torch.bincount(number, minlength=len(total))
