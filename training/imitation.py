"""What an objective's run begins with: the adapter imitates read replies that are good at the objective.

A warm start that stays close to the words samples hardly any reply that names a feeling, so reinforcement learning has
nothing to reward. The lessons are replies of our own models that a reader found faithful, well formed and of the
highest grade in this objective (`data/faithfulness.jsonl`). All replies to a statement are packed behind it. Left out:
objectives without a read grade (fluency), which begin from nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from emorl.models.packing import collate, reply_logps
from emorl.scoring.language_model import rows_of
from training.data import LabelledReply
from training.warmstart import fast_bf16

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase

HIGHEST = 2
BATCH = 8
LEARNING_RATE = 1e-3


def imitation_lessons(objective: str, labels: Sequence[LabelledReply]) -> dict[str, tuple[str, ...]]:
    """Training statements with the replies that an objective's run imitates; none for an objective without grades."""
    found: dict[str, list[str]] = {}
    for label in labels:
        grade = {"reflection": label.depth, "empathy": label.empathy}.get(objective)
        if grade == HIGHEST and label.faithful == HIGHEST and label.well_formed and label.split == "train":
            found.setdefault(label.statement, []).append(label.reply)
    return {statement: tuple(dict.fromkeys(replies)) for statement, replies in found.items()}


def imitate(
    policy: PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    lessons: Mapping[str, tuple[str, ...]],
    passes: float,
    seed: int,
) -> int:
    """Train the adapter on the lessons, in place: mean surprisal of the replies, AdamW, linear decay.

    Args:
        policy: A PEFT model with the adapter to be trained.
        tokenizer: The base's.
        lessons: From `imitation_lessons`.
        passes: Passes over the statements.
        seed: Of the order.

    Returns:
        Updates.
    """
    rng, model = random.Random(seed), policy.get_base_model()
    order: list[str] = []
    while len(order) < passes * len(lessons):
        order += rng.sample(sorted(lessons), len(lessons))
    order = order[: round(passes * len(lessons))]
    steps = -(-len(order) // BATCH)
    optimizer = torch.optim.AdamW([p for p in policy.parameters() if p.requires_grad], LEARNING_RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / max(1, steps))
    for step in range(steps):
        chosen = order[step * BATCH : (step + 1) * BATCH]
        rows = collate(rows_of(tokenizer, [(statement, lessons[statement]) for statement in chosen]))
        labels = rows.pop("labels")
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bf16()):
            states = model.model(**rows, use_cache=False).last_hidden_state
            logps, lengths = reply_logps(states, labels, model.lm_head)
        optimizer.zero_grad()
        torch.autograd.backward(-logps.sum() / lengths.sum())
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return steps
