"""Trains one scorer of several objectives out of the language model: base and warm start frozen, LoRA and heads learn.

The graded replies are those of the single objectives (`training.grades.combined`), learnt by cross-entropy and by
ranking the replies to one statement. Against the readers it tells true replies from false ones far better than MiniLM
of the same labels (docs/results.md). The scorer stands on a warm start, so that is trained first. Training can go on
from an earlier scorer, as it does when new labels have been read. bf16 products where the processor has them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional as F
from torch.utils.data import Dataset

from emorl.ensemble.device import CPU, chosen_device
from emorl.errors import ConfigError
from emorl.models.base import BASE_SHA256, base_sha256, ensure_base
from emorl.models.own_base import base_name
from emorl.scoring.language_model import backbone, batches, end_features, rows_of
from training.grades.combined import GROUPS, MultiGraded, combined_groups
from training.grades.graded import Sources
from training.warmstart import PROJECTIONS, fast_bf16

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

RANK, FIRST_LAYER = 16, 6  # the layers below stay as they are
OBJECTIVES = tuple(GROUPS)
LIKELIHOOD = (1.0, 0.5)
"""First weights of the two likelihood inputs, about those of a logistic regression on read replies."""
LIKELIHOOD_RATE = 20
"""Their learning rate over that of everything else: nats are small beside 576 states."""


@dataclass(frozen=True)
class SharedScorerConfig:
    """Settings of the scorer of several objectives.

    Attributes:
        epochs: Passes over the statements.
        learning_rate: Peak learning rate, linear decay.
        batch: Statements a step, each with all its replies.
        unread_share: Share of the statements without a read reply that a pass uses.
        replies: Most replies a statement.
        start: Folder of an earlier scorer to go on from, or None.
    """

    epochs: float = 2.0
    learning_rate: float = 3e-4
    batch: int = 12
    unread_share: float = 0.2
    replies: int = 5
    start: Path | None = None


class GradedBatch(TypedDict):
    """N replies to several statements.

    Attributes:
        chunks: Packed rows that are read together.
        targets: (N, L), grades in [0, 1]; nan where the grade is not known.
        group: (N,), which statement a reply belongs to.
    """

    chunks: list[list[dict[str, list[int]]]]
    targets: torch.Tensor
    group: torch.Tensor


class Redrawn(Dataset[list[MultiGraded]]):
    """One item = one statement with its graded replies; counter-examples are redrawn every epoch."""

    def __init__(self, sources: Sources, config: SharedScorerConfig, seed: int, limit: int | None) -> None:
        rng = random.Random(seed)
        self.draw: Callable[[], list[list[MultiGraded]]] = lambda: combined_groups(
            sources, rng, config.unread_share, config.replies
        )[:limit]
        self.groups, self.seen = self.draw(), 0

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> list[MultiGraded]:
        self.seen += 1
        if self.seen > len(self.groups):  # a new epoch
            self.groups, self.seen = self.draw(), 1
        return self.groups[index % len(self.groups)]  # a draw may be shorter than the first


def ranked_loss(logits: torch.Tensor, targets: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Cross-entropy on the grades plus logistic ranking of the replies to one statement, weighted by their distance.

    Args:
        logits: (N,), one a reply.
        targets: (N,), grades in [0, 1]; nan where the grade is not known.
        group: (N,), which statement a reply belongs to.

    Returns:
        Scalar; 0 where no grade is known.
    """
    known = ~targets.isnan()
    if not known.any():
        return logits.sum() * 0.0
    logits, targets, group = logits[known], targets[known], group[known]
    gap = targets[:, None] - targets[None, :]
    better = (group[:, None] == group[None, :]) & (gap > 0.05)
    ranking = (F.softplus(logits[None, :] - logits[:, None]) * gap * better).sum() / better.sum().clamp(min=1)
    return F.binary_cross_entropy_with_logits(logits, targets) + ranking


class ScoredStack(torch.nn.Module):
    """The decoder stack with LoRA and L heads on the state of each reply's end token."""

    def __init__(self, model: LlamaForCausalLM, start: Path | None) -> None:
        """Fresh LoRA and heads of zeros but for the likelihood, or those of an earlier scorer."""
        from peft import LoraConfig, PeftModel, get_peft_model

        super().__init__()
        self.head = torch.nn.Linear(model.config.hidden_size, len(OBJECTIVES))
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        self.likelihood = torch.nn.Parameter(torch.tensor(LIKELIHOOD).repeat(len(OBJECTIVES), 1))
        if start is None:
            settings = LoraConfig(
                task_type="CAUSAL_LM",
                r=RANK,
                lora_alpha=2 * RANK,
                target_modules=PROJECTIONS,
                layers_to_transform=list(
                    range(min(FIRST_LAYER, model.config.num_hidden_layers - 1), model.config.num_hidden_layers)
                ),
            )
            self.lora = get_peft_model(model, settings)
            return
        self.lora = PeftModel.from_pretrained(model, str(start), is_trainable=True)
        before = load_file(start / "head.safetensors")
        names = json.loads((start / "scorer.json").read_text())["objectives"]
        with torch.no_grad():
            for row, name in enumerate(OBJECTIVES):
                if name in names:
                    self.head.weight[row] = before["weight"][names.index(name)]
                    self.head.bias[row] = before["bias"][names.index(name)]
                    self.likelihood[row] = before["likelihood"][names.index(name)]

    def forward(
        self, chunks: list[list[dict[str, list[int]]]], targets: torch.Tensor, group: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """The loss, summed over objectives; `targets` (N, L)."""
        parts = [end_features(self.lora.base_model.model, rows) for rows in chunks]
        states, likelihood = (torch.cat(part) for part in zip(*parts, strict=True))
        logits = self.head(states).float() + likelihood @ self.likelihood.T
        return {
            "loss": torch.stack([ranked_loss(logits[:, i], targets[:, i], group) for i in range(len(OBJECTIVES))]).sum()
        }


def train_shared_scorer(
    config: SharedScorerConfig,
    sources: Sources,
    role: str,
    seed: int,
    out: Path,
    warm_start: Path | None,
    limit: int | None = None,
) -> Path:
    """Train one scorer and write adapter, `head.safetensors` and `scorer.json` to `out`.

    Args:
        config: Settings.
        sources: Where graded replies come from.
        role: "ship" or "judge"; kept in the card.
        seed: Seed of weights, order and counter-examples.
        out: Folder to write.
        warm_start: Folder of the warm start to stand on, or None for the plain base.
        limit: At most so many statements (smoke runs), or None.

    Raises:
        ConfigError: The sources hold nothing to train on.
    """
    from transformers import AutoTokenizer, Trainer, TrainingArguments

    base = ensure_base()
    tokenizer = AutoTokenizer.from_pretrained(base)
    data = Redrawn(sources, config, seed, limit)
    if not len(data):
        raise ConfigError(
            f"No graded replies for the {role} scorer: expected read replies, or other statements of the corpora; "
            "raise unread_share or name a folder with corpora."
        )

    def gather(groups: list[list[MultiGraded]]) -> GradedBatch:
        rows = rows_of(tokenizer, [(group[0].statement, [g.reply for g in group]) for group in groups])
        chunks = batches([len(row["input_ids"]) for row in rows])
        order = [index for chunk in chunks for index in chunk]
        grades = [[g.grades.get(name, float("nan")) for name in OBJECTIVES] for i in order for g in groups[i]]
        return {
            "chunks": [[rows[i] for i in chunk] for chunk in chunks],
            "targets": torch.tensor(grades),
            "group": torch.tensor([i for i in order for _ in groups[i]]),
        }

    torch.manual_seed(seed)
    model = ScoredStack(backbone(base, warm_start), config.start)
    steps = max(1, round(config.epochs * len(data) / config.batch))
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        max_steps=steps,
        per_device_train_batch_size=config.batch,
        learning_rate=config.learning_rate,
        warmup_steps=min(20, steps // 4),
        lr_scheduler_type="linear",
        max_grad_norm=1.0,
        seed=seed,
        bf16=fast_bf16(),
        use_cpu=chosen_device() == CPU,
        save_strategy="no",
        logging_steps=10,
        report_to="none",
        remove_unused_columns=False,
    )
    slow = [value for name, value in model.named_parameters() if value.requires_grad and name != "likelihood"]
    optimizer = torch.optim.AdamW(
        [
            {"params": slow, "lr": config.learning_rate, "weight_decay": 0.01},
            {"params": [model.likelihood], "lr": LIKELIHOOD_RATE * config.learning_rate, "weight_decay": 0.0},
        ]
    )
    trainer = Trainer(
        model=model, args=arguments, train_dataset=data, data_collator=gather, optimizers=(optimizer, None)
    )
    trainer.train()
    out.mkdir(parents=True, exist_ok=True)
    model.lora.save_pretrained(str(out))
    head = {**model.head.state_dict(), "likelihood": model.likelihood}
    save_file({name: value.detach().float().contiguous() for name, value in head.items()}, out / "head.safetensors")
    digest = base_sha256(base)
    card = {
        "objectives": list(OBJECTIVES),
        "role": role,
        "backbone": base_name(base, digest),
        **({} if digest == BASE_SHA256 else {"base": digest}),
        "seed": seed,
        "steps": steps,
        "statements": len(data),
        "continued": config.start is not None,
        "stands_on": "base" if warm_start is None else "warm start",
    }
    (out / "scorer.json").write_text(json.dumps(card, indent=1) + "\n")
    return out
