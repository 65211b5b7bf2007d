"""What every run of reinforcement learning does beside its updates: validate, keep the best adapter, write checkpoints.

`training.objectives` and `training.seq2seq_run` share it. Every n updates the policy writes greedy replies to held-out
statements; the run's own score, averaged over them, decides which adapter is the best and when the run has converged.
A run goes on from a checkpoint exactly where it was: transformers restores adapter, optimizer and random state and
skips the prompts that were used, `training.checkpoints` the rest. Left out: guards, which `training.objectives` adds.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from emorl.errors import ConfigError
from emorl.scoring.scorer import Score
from training.checkpoints import Account, Progress, best_score, keep_best, log_lengths, plain, record, write_json
from training.guards import Measures, converged

log = logging.getLogger(__name__)


class RunSettings(Protocol):
    """Settings that decide which statements a run sees."""

    @property
    def prompts(self) -> int:
        """Prompts a step."""

    @property
    def max_words(self) -> int:
        """Longest statement used as a prompt, in words."""

    @property
    def validation(self) -> int:
        """Validation statements."""


class ValidatedTrainer(Protocol):
    """A trainer that can be validated: transformers' own parts, its settings, and greedy replies."""

    account: Account
    config: Any
    model: Any
    processing_class: Any
    state: Any

    def greedy(self, statements: Sequence[str]) -> list[list[int]]:
        """The ids of a greedy reply to each statement."""

    def ended(self, reply: Sequence[int]) -> bool:
        """Whether a reply ended by itself."""

    def train(self, *, resume_from_checkpoint: str | None) -> object:
        """Train up to the step limit."""


def chosen_statements(
    config: RunSettings, prompts: Sequence[str], unseen: Sequence[str]
) -> tuple[list[str], list[str], str]:
    """Prompts that are short enough, each once; validation statements; and a hash of both, which tells runs apart.

    Args:
        config: The run's settings.
        prompts: Training statements.
        unseen: Statements that are never trained on.

    Raises:
        ConfigError: Too few statements are short enough for a single step.
    """
    usable = sorted({p for p in prompts if len(p.split()) <= config.max_words})
    if not usable:
        raise ConfigError.of(
            f"no prompts among {len(prompts)} statements",
            f"some of at most {config.max_words} words",
            "raise max_words",
        )
    if len(usable) < config.prompts:  # the trainer would end without an update
        raise ConfigError.of(
            f"{len(usable)} statements of at most {config.max_words} words",
            f"at least the {config.prompts} prompts of a step",
            "lower prompts or raise max_words",
        )
    ordered = sorted(unseen, key=lambda s: random.Random(s).random())[: config.validation]
    return usable, ordered, hashlib.sha256(json.dumps([usable, ordered]).encode()).hexdigest()


class Validation(TrainerCallback):
    """Validates, logs samples, keeps the best adapter, writes down how far the run is and ends it when it converged."""

    def __init__(
        self,
        trainer: ValidatedTrainer,
        statements: Sequence[str],
        score: Score,
        out: Path,
        digest: str = "",
        earlier: Progress | None = None,
        judge: Score | None = None,
        faithfulness: Score | None = None,
    ) -> None:
        """Take the trainer, and what the run was at a checkpoint where it goes on from one."""
        self.trainer, self.statements, self.score, self.out = trainer, statements, score, out
        self.digest, self.judge, self.faithfulness = digest, judge, faithfulness
        self.means: list[float] = earlier.means if earlier else []
        self.start: Measures | None = earlier.start if earlier else None
        self.best = best_score(out)
        self.began = time.time() - trainer.account.seconds

    def validate(self, step: int) -> Measures:
        """Greedy replies to the validation statements, measured and logged."""
        trainer = self.trainer
        written = trainer.greedy(self.statements)
        replies = [trainer.processing_class.decode(ids, skip_special_tokens=True).strip() for ids in written]
        scores = self.score(self.statements, replies).tolist()
        judged = self.judge(self.statements, replies).tolist() if self.judge else None
        trainer.account.scorer_calls += len(replies)
        trainer.account.tokens += sum(map(len, written))
        faithful = self.faithfulness(self.statements, replies).tolist() if self.faithfulness else None
        ended = [trainer.ended(ids) for ids in written]
        now = Measures.of(self.statements, replies, ended, scores, judged, faithful)
        with (self.out / "validation.jsonl").open("a") as file:
            file.write(json.dumps({"step": step, **asdict(now)}) + "\n")
        with (self.out / "samples.txt").open("a") as file:
            for statement, reply, value in list(zip(self.statements, replies, scores, strict=True))[:6]:
                file.write(f"[{step}] {value:.3f} | {statement}\n        -> {reply}\n")
        log.info("step %d: %s", step, ", ".join(f"{k} {v:.3f}" for k, v in asdict(now).items()))
        return now

    def begin(self, step: int) -> None:
        """Take what the policy writes now for the start that later validations are compared with."""
        self.start = self.validate(step)
        self.means.append(self.start.score)

    def fault(self, start: Measures, now: Measures) -> str | None:
        """Why the run must end at once and its adapter is not kept, or None; nothing here."""
        return None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measure the start, unless the run goes on; then the prompts go on in the order that they would have had."""
        loader = kwargs["train_dataloader"]
        for _ in range(state.global_step // len(loader)):  # TRL draws an order for each pass, one after the other
            next(iter(loader.batch_sampler.sampler))
        if self.start is None:
            self.begin(state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Validate every n steps; stop when converged or at fault."""
        if state.global_step % self.trainer.config.validate_every and state.global_step < args.max_steps:
            return
        now = self.validate(state.global_step)
        self.means.append(now.score)
        assert self.start is not None
        reason = self.fault(self.start, now)
        if reason:
            self.trainer.account.stopped = f"guard: {reason}"
            control.should_training_stop = True
        elif now.score > self.best:
            self.best = now.score
            training = {"settings": plain(self.trainer.config), "step": state.global_step, "score": now.score}
            keep_best(self.out, self.trainer.model.save_pretrained, training)
        if converged(self.means):
            self.trainer.account.stopped = "converged"
            control.should_training_stop = True

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:
        """Write the record of a checkpoint that has just been saved."""
        assert self.start is not None
        account = self.spent(state.global_step)
        settings = plain(self.trainer.config)
        progress = Progress(settings, self.digest, account, self.start, self.means, log_lengths(self.out))
        record(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}", progress)

    def spent(self, steps: int) -> Account:
        """The account after these steps."""
        account = self.trainer.account
        account.seconds, account.steps = time.time() - self.began, steps
        return account

    def train(self, checkpoint: Path | None) -> Account:
        """Train up to the step limit, from a checkpoint or from nothing, and write down what the whole run cost."""
        account = self.trainer.account
        if account.steps < self.trainer.config.steps:
            self.trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
            account = self.spent(self.trainer.state.global_step)
        write_json(self.out / "account.json", {"settings": plain(self.trainer.config), **asdict(account)})
        return account
