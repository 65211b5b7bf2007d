"""A run of one objective on an encoder-decoder: `training.seq2seq` with validation, checkpoints and resuming.

They are those of the objectives' runs (`training.validation`, `training.checkpoints`), the paper's rule for stopping
among them. Left out: guards. Theirs compare with a warm start that writes reflections already; a T5 without one has
yet to learn how, and what its replies are like at the start is nothing to hold on to.

    python -m training seq2seq --config paper-t5-base [--objective NAME] [--resume] [--anew]
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from datasets import Dataset
from peft import LoraConfig
from transformers import PreTrainedTokenizerBase, T5ForConditionalGeneration
from trl import RLOOConfig

from emorl.ensemble.device import CPU, chosen_device
from emorl.scoring.scorer import Score
from training.checkpoints import Account, check_one_process, go_on_or_begin
from training.seq2seq import Seq2SeqConfig, Seq2SeqSCSTTrainer, without_dropout
from training.validation import Validation, chosen_statements

MODULES = ["q", "k", "v", "o", "wi", "wo", "wi_0", "wi_1"]
"""T5's projections, those of its gated variants included; in encoder, decoder and cross-attention."""


def make_trainer(
    config: Seq2SeqConfig,
    model: T5ForConditionalGeneration,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    score: Score,
    out: Path,
    account: Account,
) -> Seq2SeqSCSTTrainer:
    """A trainer whose reward is the log of a score, as in the paper.

    Args:
        config: Settings.
        model: A T5; it gets a fresh adapter and loses its dropout, or rollouts and loss would be of different policies.
        tokenizer: Its tokenizer.
        prompts: Training statements that are short enough.
        score: Rewards a statement's reply.
        out: Folder for what the trainer writes.
        account: What the run has cost so far; it is counted on.
    """
    order = list(prompts)
    random.Random(config.seed).shuffle(order)

    def objective(prompts: object, completions: list[str], statement: list[str], **_: object) -> list[float]:
        account.scorer_calls += len(completions)
        return score(statement, [text.strip() for text in completions]).clamp(1e-4, 0.9999).log().tolist()

    arguments = RLOOConfig(
        output_dir=str(out / "checkpoints"),
        max_steps=config.steps,
        learning_rate=config.learning_rate,
        per_device_train_batch_size=config.prompts * config.samples,
        num_generations=config.samples,
        max_completion_length=config.max_tokens,
        temperature=config.temperature,
        beta=0.0 if config.paper else config.beta,  # the paper's KL has neither gradient nor value
        lr_scheduler_type="constant",
        max_grad_norm=2.0,
        weight_decay=0.01,
        use_cpu=chosen_device() == CPU,
        bf16=False,
        gradient_checkpointing=False,
        save_steps=config.save_every,
        save_total_limit=2,  # the one before stays whole while one is written
        logging_steps=10,
        report_to="none",
        seed=config.seed,
    )
    names = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    trainer = Seq2SeqSCSTTrainer(
        model=without_dropout(model),
        reward_funcs=[objective],
        args=arguments,
        train_dataset=Dataset.from_list([{"prompt": s + config.suffix, "statement": s} for s in order]),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            task_type="SEQ_2_SEQ_LM",
            r=config.rank,
            lora_alpha=config.alpha,
            target_modules=[name for name in MODULES if name in names],
        ),
    )
    trainer.prepare(config, account)
    return trainer


def train_seq2seq(
    config: Seq2SeqConfig,
    model: T5ForConditionalGeneration,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    unseen: Sequence[str],
    score: Score,
    out: Path,
    resume: bool = False,
    anew: bool = False,
) -> Account:
    """Train one adapter; the best validated one lies in `out/best`, the last one in the last of `out/checkpoints`.

    Args:
        config: Settings.
        model: A T5, as `make_trainer` takes it.
        tokenizer: Its tokenizer.
        prompts: Training statements.
        unseen: Validation statements, never trained on.
        score: The objective's scorer, which rewards the run and measures the validations.
        out: Folder for checkpoints, logs and the adapter.
        resume: Continue from the last whole checkpoint in `out`; otherwise what lies there is removed.
        anew: Begin from nothing where `resume` would be refused.

    Returns:
        What the whole run cost; also written to `out/account.json`, with its settings.

    Raises:
        ConfigError: Too few statements are short enough, the run to resume has other settings or statements, or several
            processes were started for one run.
    """
    check_one_process("start it alone")
    usable, ordered, digest = chosen_statements(config, prompts, unseen)
    checkpoint, earlier = go_on_or_begin(out, config, digest, resume, anew) or (None, None)
    account = earlier.account if earlier else Account()
    trainer = make_trainer(config, model, tokenizer, usable, score, out, account)
    validation = Validation(trainer, ordered, score, out, digest, earlier)
    trainer.add_callback(validation)
    return validation.train(checkpoint)
