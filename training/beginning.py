"""What an objective's run begins with: read replies to one statement, ranked by this objective's grade.

A warm start that stays close to the words samples hardly any reply that names a feeling or goes deeper, so
reinforcement learning has nothing to reward. Readers have graded thousands of its replies (`data/faithfulness.jsonl`).
A reply is worth what its grade says, if it is faithful and well formed; otherwise hardly anything. The fresh adapter
learns to rank them as the warm start did (`training.preferences`), with the warm start as the reference, and to write
the best ones. Nobody has graded affirmation, so its run ranks what was written for it: our own affirming reflection
above a simple and a complex one to the same statement. Left out: other objectives without a read grade, which begin
from nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from emorl.models.packing import collate
from emorl.scoring.language_model import rows_of
from training.data import LabelledReply, OwnStatement
from training.preferences import Preferred, best_and_worst, policy_logps, preference_loss
from training.warmstart import fast_bf16

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase

WORTH = (0.4, 0.7, 1.0)
"""Of a faithful, well-formed reply, by its grade."""
POOR = 0.2
"""The most that any other reply is worth."""
BATCH = 8
REPLIES = 6
LEARNING_RATE = 1e-3
BETA = 0.1
IMITATION = 0.3


def worth(objective: str, label: LabelledReply) -> float | None:
    """What a read reply is worth to an objective, in [0, 1]; None where its grade is not known."""
    grades = {"reflection": label.depth, "empathy": label.empathy}
    if objective == "fluency" and label.well_formed is not None:
        grades["fluency"] = 2 * label.well_formed
    grade = grades.get(objective)
    if grade is None:
        return None
    if label.faithful < 2 or label.well_formed is False:
        return POOR if label.faithful else 0.0
    return WORTH[grade]


def ranked_replies(objective: str, labels: Sequence[LabelledReply], max_words: int, seed: int) -> list[Preferred]:
    """Training statements with replies of different worth, in random order; none for an objective without grades.

    Args:
        objective: Its name.
        labels: Replies that were read.
        max_words: Longest statement used, in words.
        seed: Of the order and of the choice among replies of the same worth.
    """
    rng, found = random.Random(seed), dict[str, dict[str, float]]()
    for label in labels:
        value = worth(objective, label)
        if value is not None and label.split == "train" and len(label.statement.split()) <= max_words:
            found.setdefault(label.statement, {})[label.reply] = value
    ranked = []
    for statement, replies in found.items():
        if len(set(replies.values())) > 1:
            chosen = best_and_worst(replies, REPLIES, rng)
            ranked.append(Preferred(statement, tuple(chosen), tuple(replies[reply] for reply in chosen)))
    rng.shuffle(ranked)
    return ranked


def written_replies(objective: str, own: Sequence[OwnStatement], max_words: int, seed: int) -> list[Preferred]:
    """Training statements with our own affirming reflection, the best, and two plain ones; none for other objectives.

    Args:
        objective: Its name.
        own: Our own statements with their reflections.
        max_words: Longest statement used, in words.
        seed: Of the order.
    """
    if objective != "affirmation":
        return []
    utilities = (WORTH[-1], WORTH[0], WORTH[0])
    ranked = [
        Preferred(o.statement, (o.affirming, o.simple, o.complex), utilities)
        for o in own
        if o.split == "train" and o.affirming and len(o.statement.split()) <= max_words
    ]
    random.Random(seed).shuffle(ranked)
    return ranked


def learn_ranking(
    policy: PeftModel, tokenizer: PreTrainedTokenizerBase, ranked: Sequence[Preferred], passes: float
) -> int:
    """Train the adapter on ranked replies, in place: AdamW, linear decay.

    Args:
        policy: A PEFT model with the adapter to be trained; without it, it is the reference.
        tokenizer: The base's.
        ranked: From `ranked_replies`.
        passes: Passes over the statements; after half a pass, half of them were used.

    Returns:
        Updates.
    """
    model = policy.get_base_model()
    count = round(passes * len(ranked))
    order = [ranked[index % len(ranked)] for index in range(count)]
    steps = -(-count // BATCH)
    optimizer = torch.optim.AdamW([p for p in policy.parameters() if p.requires_grad], LEARNING_RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / max(1, steps))
    for step in range(steps):
        chosen = order[step * BATCH : (step + 1) * BATCH]
        rows = collate(rows_of(tokenizer, [(item.statement, item.replies) for item in chosen]))
        utilities = torch.tensor([u for item in chosen for u in item.utilities])
        group = torch.tensor([n for n, item in enumerate(chosen) for _ in item.utilities])
        with torch.autocast(model.lm_head.weight.device.type, torch.bfloat16, enabled=fast_bf16()):
            with torch.no_grad(), policy.disable_adapter():
                reference, _ = policy_logps(model, rows)
            logps, lengths = policy_logps(model, rows)
        logps, lengths, reference = logps.cpu(), lengths.cpu(), reference.cpu()  # a few numbers a reply
        best = utilities == WORTH[-1]
        surprisal = -logps[best].sum() / lengths[best].sum().clamp(min=1)
        optimizer.zero_grad()
        torch.autograd.backward(preference_loss(BETA * (logps - reference), utilities, group) + IMITATION * surprisal)
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return steps
