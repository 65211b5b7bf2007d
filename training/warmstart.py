"""Supervised warm start: teaches the base what a reflection is, with TRL's `SFTTrainer`.

Trains one LoRA adapter on our own reflections and PAIR's (both Apache-2.0; AnnoMI only measures transfer); the loss
counts the reply and its end token only. The adapter is later merged into the base, and every objective is trained on
and for that sum. Of our four kinds simple and complex reflections are always learnt from, empathic and affirming ones
for a share of the statements: they begin alike, so that a greedy model trained on all of them names a feeling to
everybody. The replies to one statement are packed behind it, so that the statement is read once. The learning rate
stays constant and then falls to zero (warm-up, stable, decay), which makes the losses during the first pass a learning
curve over the amount of data. bf16 products where the processor has them. Left out: hyper-parameter search.

    python -m training warmstart --config training/configs/default.yaml
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import torch

from emorl.ensemble.device import CPU, chosen_device
from emorl.errors import ConfigError
from emorl.models.packing import collate
from emorl.scoring.language_model import rows_of
from training.data import Corpora, mentions_self_harm, warmstart_examples

if TYPE_CHECKING:
    from transformers import TrainerControl, TrainerState, TrainingArguments

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CURVE = (0.1, 0.25, 0.5, 1.0)
"""Shares of the first pass after which the losses on unseen reflections are measured."""


@dataclass(frozen=True)
class WarmStartConfig:
    """Settings of the warm start.

    Attributes:
        epochs: Passes over the statements.
        rank: LoRA rank on all linear layers of every layer; alpha is twice that.
        shipped_rank: Rank it is brought to for the models folder, by singular value decomposition.
        learning_rate: Peak learning rate.
        decay: Share of the steps over which it falls to zero at the end.
        batch: Statements a step, each with all its replies.
        max_words: Longest statement used, in words.
        empathic_share: Share of our statements whose empathic reflection is learnt from.
        affirming_share: The same for affirming ones.
        pair_repeats: How often each of PAIR's prompts occurs in one pass.
        seed: Seed of weights and order.
        limit: At most so many statements (smoke runs), or None for all.
    """

    epochs: float = 2.0
    rank: int = 32
    shipped_rank: int = 16
    learning_rate: float = 4e-4
    decay: float = 0.3
    batch: int = 10
    max_words: int = 130
    empathic_share: float = 0.35
    affirming_share: float = 0.15
    pair_repeats: int = 2
    seed: int = 1
    limit: int | None = None


def in_share(statement: str, kind: str, share: float) -> bool:
    """Whether a statement is among the share whose reflection of a kind is learnt from; by its text alone."""
    digest = hashlib.sha256(f"{kind}\n{statement}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def lessons(corpora: Corpora, split: str, config: WarmStartConfig) -> list[tuple[str, tuple[str, ...]]]:
    """Statements with the replies to learn from, PAIR's prompts as often as `pair_repeats` says."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for own in corpora.own:
        if own.split == split:
            replies = [own.simple, own.complex]
            replies += [own.empathic] * in_share(own.statement, "empathic", config.empathic_share)
            replies += [own.affirming] * in_share(own.statement, "affirming", config.affirming_share)
            found.append((own.statement, tuple(filter(None, replies))))
    pair = [(p.prompt, (*p.high, *p.medium)) for p in corpora.pair if p.split == split]
    found += pair * config.pair_repeats
    return [
        (statement, replies)
        for statement, replies in found
        if len(statement.split()) <= config.max_words and not mentions_self_harm(statement)
    ]


def unseen_reflections(corpora: Corpora, most: int = 40) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Validation statements with people's reflections, by corpus; what the learning curve is measured on."""
    found: dict[str, dict[str, list[str]]] = {}
    for example in warmstart_examples(corpora, "validation"):
        found.setdefault(example.corpus, {}).setdefault(example.prompt, []).append(example.reply)
    return {corpus: [(s, tuple(r)) for s, r in list(pairs.items())[:most]] for corpus, pairs in found.items()}


def fast_bf16() -> bool:
    """Whether bf16 numbers are multiplied faster than float32 ones: on a GPU, or with AVX-512 BF16 or AMX."""
    return chosen_device() != CPU or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def train_warmstart(
    config: WarmStartConfig,
    corpora: Corpora,
    base: Path,
    out: Path,
    start: Path | None = None,
    more: Sequence[tuple[str, tuple[str, ...]]] = (),
) -> Path:
    """Train the warm start and write its PEFT folder to `out`; resumes from its last checkpoint there.

    Args:
        config: Settings.
        corpora: Where the lessons come from.
        base: Folder of the base model.
        out: Folder for the adapter, checkpoints, `warmstart.json` and `curve.json`.
        start: Adapter to go on from, or None for a new one.
        more: Further statements with replies to learn from (best-of-n rounds).

    Raises:
        ConfigError: There is nothing to train on.
    """
    from datasets import Dataset
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    tokenizer = AutoTokenizer.from_pretrained(base)
    learnt = [*lessons(corpora, "train", config)[: config.limit], *more]
    if not learnt:
        raise ConfigError.of(
            "no statements for the warm start",
            f"some of at most {config.max_words} words",
            "raise max_words or name a folder with corpora",
        )
    unseen = unseen_reflections(corpora)

    def rows(pairs: Sequence[tuple[str, tuple[str, ...]]]) -> Dataset:
        return Dataset.from_list(rows_of(tokenizer, pairs))

    steps = max(1, round(config.epochs * len(learnt) / config.batch))
    curve: list[dict[str, float]] = []

    class Curve(TrainerCallback):
        """Asks for the losses after each share of the first pass and at the end."""

        marks = {max(1, round(share * len(learnt) / config.batch)) for share in CURVE} | {steps}

        def on_step_end(
            self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
        ) -> None:
            control.should_evaluate = state.global_step in self.marks

        def on_evaluate(
            self,
            args: TrainingArguments,
            state: TrainerState,
            control: TrainerControl,
            metrics: dict[str, float],
            **_: object,
        ) -> None:
            losses = {name[5:-5]: value for name, value in metrics.items() if name.endswith("_loss")}
            seen = state.global_step * config.batch
            if curve and curve[-1]["statements"] == seen:
                curve[-1] |= losses
            else:
                curve.append({"statements": seen, **losses})
            (out / "curve.json").write_text(json.dumps(curve, indent=1) + "\n")

    arguments = SFTConfig(
        output_dir=str(out / "checkpoints"),
        max_steps=steps,
        learning_rate=config.learning_rate,
        per_device_train_batch_size=config.batch,
        per_device_eval_batch_size=config.batch,
        lr_scheduler_type="warmup_stable_decay",
        warmup_steps=min(20, steps // 4),
        lr_scheduler_kwargs={"num_decay_steps": round(config.decay * steps), "decay_type": "linear"},
        weight_decay=0.0,
        max_grad_norm=1.0,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        train_sampling_strategy="group_by_length",
        use_cpu=chosen_device() == CPU,
        bf16=fast_bf16(),
        gradient_checkpointing=False,
        logging_steps=10,
        save_steps=50,
        save_total_limit=1,
        report_to="none",
        eval_strategy="steps" if unseen else "no",
        eval_steps=1_000_000,
        seed=config.seed,
    )
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    settings = LoraConfig(task_type="CAUSAL_LM", r=config.rank, lora_alpha=2 * config.rank, target_modules=PROJECTIONS)
    torch.manual_seed(config.seed)
    policy = PeftModel.from_pretrained(model, start, is_trainable=True) if start else get_peft_model(model, settings)
    out.mkdir(parents=True, exist_ok=True)
    trainer = SFTTrainer(
        model=policy,
        args=arguments,
        processing_class=tokenizer,
        data_collator=collate,
        train_dataset=rows(learnt),
        eval_dataset={name: rows(pairs) for name, pairs in unseen.items()} or None,
        callbacks=[Curve()] if unseen else [],
    )
    if unseen:
        trainer.evaluate()
    trainer.train(resume_from_checkpoint=any((out / "checkpoints").glob("checkpoint-*")))
    trainer.model.save_pretrained(str(out))
    runtime = [entry["train_runtime"] for entry in trainer.state.log_history if "train_runtime" in entry]
    card = {
        "statements": len(learnt),
        "replies": sum(len(r) for _, r in learnt),
        "steps": trainer.state.global_step,
        "seed": config.seed,
        "curve": curve,
        "seconds": runtime[-1] if runtime else None,
    }
    (out / "warmstart.json").write_text(json.dumps(card, indent=1) + "\n")
    return out
