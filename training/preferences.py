"""What readers preferred: the warm start learns from its own replies, each read one by one, and from mended ones.

To one statement there are several replies with a utility: what a counsellor would say counts most, what the client
did not say nothing. The policy's log-ratio to the warm start it began as, times beta, is its implicit reward (DPO,
Rafailov et al. 2023, arXiv 2305.18290, eq. 7). Every better reply is ranked above every worse one to the same
statement, weighted by the distance of their utilities. The replies that would be said are imitated as well, so that
good replies do not lose likelihood together with bad ones (Pang et al. 2024, arXiv 2404.19733, eq. 1). All replies to
a statement are packed behind it and read once. TRL's `DPOTrainer` takes pairs: eight replies have up to 28, which is
56 rows. Left out: rewards by a scorer (`training.rounds`, `training.objectives`).

    python -m training preferences --config training/configs/default.yaml
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import torch
from torch.nn import functional as F

from emorl.ensemble.device import CPU, chosen_device
from emorl.errors import ConfigError
from emorl.models.packing import collate, reply_logps
from emorl.scoring.language_model import rows_of
from training.data import Corpora, LabelledReply
from training.data.labels import SAID, WRITTEN
from training.warmstart import WarmStartConfig, fast_bf16, lessons

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import LlamaForCausalLM


@dataclass(frozen=True)
class PreferencesConfig:
    """Settings of learning from read replies.

    Attributes:
        epochs: Passes over the statements; 0 leaves the warm start as it is.
        learning_rate: Peak learning rate, linear decay.
        beta: Weight of the log-ratio to the first warm start.
        imitation: Weight of the loss on replies that would be said, in nats a token.
        lessons: Statements of the warm start's own lessons that are imitated too.
        batch: Statements a step, each with all its replies.
        replies: Most replies a statement, half of them the best and half the worst.
        max_words: Longest statement used, in words.
        seed: Seed of the choice and the order.
        limit: At most so many statements with read replies (smoke runs), or None.
    """

    epochs: float = 1.0
    learning_rate: float = 2e-4
    beta: float = 0.1
    imitation: float = 0.3
    lessons: int = 600
    batch: int = 8
    replies: int = 6
    max_words: int = 90
    seed: int = 1
    limit: int | None = None


@dataclass(frozen=True)
class Preferred:
    """A statement with N replies and the utility in [0, 1] of each."""

    statement: str
    replies: tuple[str, ...]
    utilities: tuple[float, ...]


class PreferenceBatch(TypedDict):
    """N replies to several statements.

    Attributes:
        rows: Packed rows, one a statement; see `emorl.models.packing.collate`.
        utilities: (N,), in [0, 1].
        group: (N,), which statement a reply belongs to.
        reference: (N,), log-probability of each reply under the warm start, in nats.
    """

    rows: dict[str, torch.Tensor]
    utilities: torch.Tensor
    group: torch.Tensor
    reference: torch.Tensor


def preferred(labels: Sequence[LabelledReply], split: str, config: PreferencesConfig) -> list[Preferred]:
    """Statements of a split that have a better and a worse read reply, in random order.

    What people wrote is left out: the policy would not write it.
    """
    rng = random.Random(config.seed)
    found: dict[str, dict[str, float]] = {}
    for label in labels:
        if label.split == split and label.source not in WRITTEN and len(label.statement.split()) <= config.max_words:
            found.setdefault(label.statement, {})[label.reply] = label.utility
    groups = []
    for statement, replies in found.items():
        if len(set(replies.values())) > 1:
            chosen = best_and_worst(replies, config.replies, rng)
            groups.append(Preferred(statement, tuple(chosen), tuple(replies[reply] for reply in chosen)))
    rng.shuffle(groups)
    return groups[: config.limit]


def best_and_worst(replies: Mapping[str, float], most: int, rng: random.Random) -> list[str]:
    """At most so many replies, half of them the best and half the worst; among equals by chance."""
    order = sorted(replies)
    rng.shuffle(order)
    order.sort(key=lambda reply: -replies[reply])
    return order if len(order) <= most else order[: -(-most // 2)] + order[len(order) - most // 2 :]


def imitated(corpora: Corpora, warm: WarmStartConfig, config: PreferencesConfig) -> list[Preferred]:
    """Some of the warm start's own lessons: all of their replies would be said."""
    own = lessons(corpora, "train", warm)
    random.Random(config.seed).shuffle(own)
    own = [(s, replies) for s, replies in own if len(s.split()) <= config.max_words][: config.lessons]
    return [Preferred(s, replies, (1.0,) * len(replies)) for s, replies in own]


def policy_logps(model: LlamaForCausalLM, rows: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability of every packed reply in nats, and its length in tokens, (N,) each, in the order of the rows.

    Args:
        model: The decoder, LoRA inside.
        rows: From `collate`: (B, T) each, the mask (B, 1, T, T).
    """
    rows = {name: tensor.to(model.lm_head.weight.device) for name, tensor in rows.items()}
    states = model.model(
        input_ids=rows["input_ids"], attention_mask=rows["attention_mask"], position_ids=rows["position_ids"]
    ).last_hidden_state
    return reply_logps(states, rows["labels"], model.lm_head)


def preference_loss(rewards: torch.Tensor, utilities: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Logistic ranking of the replies to one statement, weighted by the distance of their utilities.

    Args:
        rewards: (N,), implicit rewards: beta times the log-ratio.
        utilities: (N,), in [0, 1].
        group: (N,), which statement a reply belongs to.

    Returns:
        Scalar, weighted mean over the pairs; 0 where no reply is better than another.
    """
    gap = utilities[:, None] - utilities[None, :]
    gap = gap.clamp(min=0) * (group[:, None] == group[None, :])
    return (F.softplus(rewards[None, :] - rewards[:, None]) * gap).sum() / gap.sum().clamp(min=1e-6)


class PreferencePolicy(torch.nn.Module):
    """The policy with its loss, as a `Trainer` wants it."""

    def __init__(self, policy: PeftModel, beta: float, imitation: float) -> None:
        """Args: a PEFT model of the warm start, trainable; the two weights of the loss."""
        super().__init__()
        self.policy: PeftModel = policy
        self.beta, self.imitation = beta, imitation

    def forward(
        self, rows: dict[str, torch.Tensor], utilities: torch.Tensor, group: torch.Tensor, reference: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """The loss of one `PreferenceBatch`."""
        logps, lengths = policy_logps(self.policy.base_model.model, rows)
        rewards = self.beta * (logps - reference)
        said = utilities >= SAID
        imitation = -logps[said].sum() / lengths[said].sum().clamp(min=1)
        return {"loss": preference_loss(rewards, utilities, group) + self.imitation * imitation}


def _length(item: Preferred) -> int:
    """Characters of a packed row, so that batches hold rows of about one length."""
    return len(item.statement) + sum(map(len, item.replies))


@torch.no_grad()
def ranked_rightly(policy: PeftModel, batches: Sequence[PreferenceBatch]) -> float | None:
    """Share of the pairs of unequal replies that the policy's log-ratio ranks rightly; None without pairs."""
    right = pairs = 0
    for batch in batches:
        with torch.autocast(chosen_device().type, torch.bfloat16, enabled=fast_bf16()):
            logps, _ = policy_logps(policy.base_model.model, batch["rows"])
        ratio, group, utilities = logps.cpu() - batch["reference"], batch["group"], batch["utilities"]
        better = (group[:, None] == group[None, :]) & (utilities[:, None] > utilities[None, :])
        right += int((ratio[:, None] > ratio[None, :])[better].sum())
        pairs += int(better.sum())
    return right / pairs if pairs else None


def train_preferences(
    config: PreferencesConfig,
    warm: WarmStartConfig,
    corpora: Corpora,
    labels: Sequence[LabelledReply],
    base: Path,
    start: Path,
    out: Path,
) -> Path:
    """Let a warm start learn from read replies and write its PEFT folder to `out`.

    Args:
        config: Settings.
        warm: Settings of the warm start, for its lessons.
        corpora: Where the lessons come from.
        labels: Read replies; those of the training split are learnt from, those of the validation split measured on.
        base: Folder of the base model.
        start: The warm start's adapter.
        out: Folder for the adapter and `preferences.json`.

    Raises:
        ConfigError: No statement has a better and a worse reply.
    """
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

    tokenizer = AutoTokenizer.from_pretrained(base)
    learnt, unseen = preferred(labels, "train", config), preferred(labels, "validation", config)
    if not learnt:
        raise ConfigError(
            f"Got {len(labels)} read replies and no statement of at most {config.max_words} words with a better and a "
            "worse one: expected some; read more replies or raise max_words."
        )
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).to(chosen_device())
    policy = PeftModel.from_pretrained(model, str(start), is_trainable=True)

    items = sorted([*learnt, *imitated(corpora, warm, config)], key=_length)
    batches = [items[i : i + config.batch] for i in range(0, len(items), config.batch)]

    def measured(groups: Sequence[Sequence[Preferred]]) -> list[PreferenceBatch]:
        """Batches with the log-probabilities under the warm start as it is now."""
        found: list[PreferenceBatch] = []
        for group in groups:
            rows = collate(rows_of(tokenizer, [(item.statement, item.replies) for item in group]))
            with torch.no_grad(), torch.autocast(chosen_device().type, torch.bfloat16, enabled=fast_bf16()):
                reference, _ = policy_logps(policy.base_model.model, rows)
            found.append(
                {
                    "rows": rows,
                    "utilities": torch.tensor([u for item in group for u in item.utilities]),
                    "group": torch.tensor([n for n, item in enumerate(group) for _ in item.utilities]),
                    "reference": reference.cpu(),  # as all of the batch; the trainer moves it
                }
            )
        return found

    checks = measured([unseen[i : i + config.batch] for i in range(0, len(unseen), config.batch)])
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        max_steps=max(1, round(config.epochs * len(batches))),
        per_device_train_batch_size=1,  # a batch is an item of the data set
        per_device_eval_batch_size=1,
        learning_rate=config.learning_rate,
        warmup_steps=min(15, len(batches) // 4),
        lr_scheduler_type="linear",
        weight_decay=0.0,
        max_grad_norm=1.0,
        seed=config.seed,
        bf16=fast_bf16(),
        use_cpu=chosen_device() == CPU,
        save_strategy="no",
        logging_steps=10,
        report_to="none",
        remove_unused_columns=False,
    )
    torch.manual_seed(config.seed)
    trainer = Trainer(
        model=PreferencePolicy(policy, config.beta, config.imitation),
        args=arguments,
        train_dataset=measured(batches),
        data_collator=lambda chosen: chosen[0],
    )
    trainer.train()
    out.mkdir(parents=True, exist_ok=True)
    policy.save_pretrained(str(out))
    card = {
        "statements": len(learnt),
        "replies": sum(len(i.replies) for i in learnt),
        "lessons": len(items) - len(learnt),
        "steps": trainer.state.global_step,
        "seed": config.seed,
        "ranked_rightly": ranked_rightly(policy, checks),
    }
    (out / "preferences.json").write_text(json.dumps(card, indent=1) + "\n")
    return out
