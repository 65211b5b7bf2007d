"""Supervised warm start: teaches the base what a reflection is, with TRL's `SFTTrainer`.

Trains one LoRA adapter on PAIR's high-quality reflections, filtered AnnoMI and our own statements (each with three or
four reflections); the loss counts the reply and its end token only. The adapter is later merged into the
base, and every objective is trained on and for that sum. The replies to one statement are packed behind it, so that
the statement is read once. float32 on CPUs: without bf16 hardware a bf16 product is several times slower. Left out:
hyper-parameter search.

    python -m training warmstart --config training/configs/default.yaml
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import torch
from torch.nn.utils.rnn import pad_sequence

from emorl.template import END, prompt_text
from training.data import Corpora, Example, warmstart_examples

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class WarmStartConfig:
    """Settings of the warm start.

    Attributes:
        epochs: Passes over the pairs.
        rank: LoRA rank on all linear layers of every layer.
        learning_rate: Peak, with cosine decay.
        batch: Statements a step, each with all its replies.
        max_words: Longest statement used, in words; longer ones cost most and teach least.
        seed: Seed of weights and order.
        limit: At most so many pairs (smoke runs), or None for all.
    """

    epochs: float = 2.0
    rank: int = 16
    learning_rate: float = 5e-4
    batch: int = 4
    max_words: int = 60
    seed: int = 1
    limit: int | None = None


def pack(prompt: list[int], replies: list[list[int]]) -> dict[str, list[int]]:
    """One row of a prompt and all replies to it, each of which sees the prompt and itself only.

    The last prompt token is repeated before every reply: it is what predicts the reply's first token. Exact: every
    token has the same context and position as in a row of its own.

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
    """Right-padded tensors (B, T) and the mask (B, 1, T, T), True where a token may look."""
    columns = {
        name: pad_sequence([torch.tensor(row[name]) for row in rows], batch_first=True, padding_value=filler)
        for name, filler in (("input_ids", 0), ("labels", -100), ("position_ids", 0), ("segments", -1))
    }
    segments = columns.pop("segments")
    same = segments[:, :, None] == segments[:, None, :]
    causal = torch.ones(segments.shape[1], segments.shape[1], dtype=torch.bool).tril()
    columns["attention_mask"] = ((same | (segments == 0)[:, None, :]) & causal)[:, None]
    return columns


def train_warmstart(config: WarmStartConfig, corpora: Corpora, base: Path, out: Path) -> Path:
    """Train the warm start and write its PEFT folder to `out`.

    Raises:
        ValueError: There are no pairs to train on.
    """
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    tokenizer = AutoTokenizer.from_pretrained(base)
    examples = [e for e in warmstart_examples(corpora, "train") if len(e.prompt.split()) <= config.max_words]
    examples = examples[: config.limit]
    if not examples:
        raise ValueError("no pairs for the warm start")
    unseen = warmstart_examples(corpora, "validation")[:64]

    def rows(pairs: list[Example]) -> Dataset:
        replies: dict[str, list[str]] = {}
        for pair in pairs:
            replies.setdefault(pair.prompt, []).append(pair.reply)
        return Dataset.from_list([
            pack(tokenizer(prompt_text(prompt)).input_ids, [tokenizer(r + END).input_ids for r in texts])
            for prompt, texts in replies.items()
        ])  # fmt: skip

    arguments = SFTConfig(
        output_dir=str(out / "checkpoints"), num_train_epochs=config.epochs, learning_rate=config.learning_rate,
        per_device_train_batch_size=config.batch, per_device_eval_batch_size=config.batch,
        lr_scheduler_type="cosine", warmup_steps=8, weight_decay=0.01, max_grad_norm=1.0,
        dataset_kwargs={"skip_prepare_dataset": True}, remove_unused_columns=False,
        train_sampling_strategy="group_by_length", use_cpu=not torch.cuda.is_available(), bf16=False,
        gradient_checkpointing=False, logging_steps=5, save_steps=25, save_total_limit=1, report_to="none",
        eval_strategy="steps", eval_steps=1_000_000, seed=config.seed,
    )  # fmt: skip
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
        args=arguments,
        processing_class=tokenizer,
        data_collator=collate,
        train_dataset=rows(examples),
        eval_dataset=rows(unseen) if unseen else None,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM", r=config.rank, lora_alpha=2 * config.rank, target_modules=PROJECTIONS
        ),
    )
    before = trainer.evaluate()["eval_loss"] if unseen else None
    resume = any((out / "checkpoints").glob("checkpoint-*"))
    trainer.train(resume_from_checkpoint=resume)
    after = trainer.evaluate()["eval_loss"] if unseen else None
    trainer.model.save_pretrained(str(out))
    card = {"pairs": len(examples), "steps": trainer.state.global_step, "seed": config.seed,
            "unseen_loss_before": before, "unseen_loss_after": after,
            "seconds": trainer.state.log_history[-2].get("train_runtime")}  # fmt: skip
    (out / "warmstart.json").write_text(json.dumps(card, indent=1) + "\n")
    return out
