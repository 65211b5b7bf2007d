"""Trains the automatic scorers: cross-encoders from all-MiniLM-L6-v2 with a LoRA adapter and a head.

All learn graded replies by margin ranking within a statement (Min et al. 2022), plus the soft target itself; what the
grades are and where the replies come from is in `training.grades`. Every epoch draws new counter-examples.

Of the stage `scorers` only the held-out judge of fluency is trained here: fluency ships as a perplexity
(`emorl.scoring.fluency`), and faithfulness, reflection and empathy share a scorer (`training.language_model`).

    python -m training scorers --config training/configs/default.yaml
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import torch
from torch.nn import functional as F
from torch.utils.data import Dataset

from emorl.ensemble.device import CPU, chosen_device
from emorl.errors import ConfigError
from emorl.scoring.cross_encoder import encode, minilm_folder
from training.data import Corpora
from training.grades.empathy import empathy_groups
from training.grades.faithfulness import faithfulness_groups
from training.grades.fluency import fluency_groups
from training.grades.graded import Graded, Sources
from training.grades.reflection import reflection_groups
from training.sources import sources_of

if TYPE_CHECKING:
    from peft import PeftModel

LORA_RANK = 16
CHUNK = 12  # pairs encoded together, sorted by length
GROUPS: dict[str, Callable[[Sources, random.Random], list[list[Graded]]]] = {
    "faithfulness": faithfulness_groups,
    "reflection": reflection_groups,
    "empathy": empathy_groups,
    "fluency": fluency_groups,
}


@dataclass(frozen=True)
class ScorerRun:
    """What one scorer is trained on and with.

    Attributes:
        objective: "faithfulness", "reflection", "empathy" or (judge only) "fluency".
        role: "ship" (used as reward) or "judge" (held out).
        seed: Seed of weights, order and counter-examples.
        epochs: Passes over the data.
        learning_rate: Peak learning rate, linear decay.
        limit: At most so many statements (smoke runs), or None.
    """

    objective: str
    role: str
    seed: int
    epochs: float
    learning_rate: float = 6e-4
    limit: int | None = None


class GradedPairs(TypedDict):
    """N replies to several statements.

    Attributes:
        chunks: What the model is called with, some replies at a time.
        targets: (N,), grades in [0, 1].
        group: (N,), which statement a reply belongs to.
    """

    chunks: list[dict[str, torch.Tensor]]
    targets: torch.Tensor
    group: torch.Tensor


class RedrawnDataset(Dataset[list[Graded]]):
    """One item = one statement with its graded replies; counter-examples and broken copies are redrawn every epoch."""

    def __init__(self, objective: str, sources: Sources, seed: int, limit: int | None) -> None:
        self.rng = random.Random(seed)
        self.make: Callable[[random.Random], list[list[Graded]]] = lambda rng: GROUPS[objective](sources, rng)
        self.groups = self.make(self.rng)[:limit]
        self.seen, self.limit = 0, limit

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> list[Graded]:
        self.seen += 1
        if self.seen > len(self.groups):  # a new epoch
            self.groups, self.seen = self.make(self.rng)[: self.limit], 1
        return self.groups[index % len(self.groups)]  # a draw may be shorter than the first


def ranking_loss(logits: torch.Tensor, targets: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Soft-target cross-entropy plus margin ranking, within each statement and across the batch.

    Args:
        logits: (N, 1), one a reply.
        targets: (N,), grades in [0, 1].
        group: (N,), which statement a reply belongs to.

    Returns:
        Scalar. The margin of a pair is 0.8 of the difference of its grades (PAIR's margin ranking loss on sigmoid
        scores, with margins that grow with the distance between grades). Pairs across statements make replies of equal
        length but different grade meet, which pairs within a statement of PAIR hardly ever do.
    """
    logit = logits[:, 0]
    gap = targets[:, None] - targets[None, :]
    score = logit.sigmoid()
    hinge = F.relu(0.8 * gap - (score[:, None] - score[None, :]))
    within = (group[:, None] == group[None, :]) & (gap > 0.05)
    across = gap > 0.3
    ranking = (hinge * within).sum() / within.sum().clamp(min=1) + (hinge * across).sum() / across.sum().clamp(min=1)
    return F.binary_cross_entropy_with_logits(logit, targets) + 4.0 * ranking


def build_model(seed: int) -> PeftModel:
    """MiniLM with a fresh head and rank-16 LoRA on every linear layer of the encoder; pooler and head are trained."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(seed)
    base = AutoModelForSequenceClassification.from_pretrained(
        minilm_folder(), num_labels=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )  # drawing dropout masks takes a quarter of the time on a CPU; fresh counter-examples regularise instead
    config = LoraConfig(
        task_type="SEQ_CLS",
        r=LORA_RANK,
        lora_alpha=2 * LORA_RANK,
        lora_dropout=0.0,
        target_modules=["query", "key", "value", "dense"],
        exclude_modules=r".*pooler.*",
        modules_to_save=["pooler", "classifier"],
    )
    return get_peft_model(base, config)


def train_scorer(run: ScorerRun, corpora: Corpora, out: Path) -> Path:
    """Train one scorer and write adapter, head and `scorer.json` to `out`.

    Raises:
        ConfigError: The corpora hold nothing to train this objective on.
        CorpusError: The labelled replies or the hollow ones are missing or broken.
    """
    from transformers import AutoTokenizer, Trainer, TrainingArguments

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder())
    sources = sources_of(corpora, run.role)
    data, batch = RedrawnDataset(run.objective, sources, run.seed, run.limit), 8
    if not len(data):
        raise ConfigError.of(
            f"no graded replies for the scorer of {run.objective}",
            "statements with reflections",
            "name a folder with corpora",
        )

    def collate(groups: list[list[Graded]]) -> GradedPairs:
        flat = [(g, i) for i, group in enumerate(groups) for g in group]
        flat.sort(key=lambda item: len(item[0].statement) + len(item[0].reply))  # little padding in a chunk
        parts = [flat[start : start + CHUNK] for start in range(0, len(flat), CHUNK)]
        return {
            "chunks": [dict(encode(tokenizer, [g.statement for g, _ in p], [g.reply for g, _ in p])) for p in parts],
            "targets": torch.tensor([g.grade for g, _ in flat]),
            "group": torch.tensor([i for _, i in flat]),
        }

    class ScorerTrainer(Trainer):
        def compute_loss(self, model: PeftModel, inputs: GradedPairs, *_: object, **__: object) -> torch.Tensor:
            targets, group = inputs["targets"], inputs["group"]
            logits = torch.cat([model(**chunk).logits for chunk in inputs["chunks"]])
            return ranking_loss(logits, targets, group)

    model = build_model(run.seed)
    steps = max(1, round(run.epochs * len(data) / batch))
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        max_steps=steps,
        per_device_train_batch_size=batch,
        learning_rate=run.learning_rate,
        warmup_steps=max(1, steps // 15),
        lr_scheduler_type="linear",
        weight_decay=0.01,
        max_grad_norm=1.0,
        seed=run.seed,
        use_cpu=chosen_device() == CPU,
        save_strategy="no",
        logging_steps=10,
        report_to="none",
        remove_unused_columns=False,
    )
    ScorerTrainer(model=model, args=arguments, train_dataset=data, data_collator=collate).train()
    out.mkdir(parents=True, exist_ok=True)
    model.eval().save_pretrained(str(out))
    card = {
        "objective": run.objective,
        "role": run.role,
        "seed": run.seed,
        "steps": steps,
        "statements": len(data),
    }
    (out / "scorer.json").write_text(json.dumps(card, indent=1) + "\n")
    return out
