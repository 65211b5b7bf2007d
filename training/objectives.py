"""Reinforcement learning of one objective: k-sample self-critical training on TRL's `RLOOTrainer`.

For each prompt k replies are sampled; the advantage of a reply is its reward minus the mean of the others (leave-one-
out, k/(k-1) times the paper's). The reward is that objective's score alone, or its logarithm, plus the guards' penalty
and a real KL penalty to the warm start (in the reference code the KL term has no effect). The end token is part of the
loss. Four things differ from plain `RLOOTrainer`, none of them the estimator: rollouts come from our engine,
prompts and the shared trunk are computed once (`training.logps`), the policy's pass is reused for the loss, and runs
stop by the paper's rule, by a guard or at the step limit (`training.validation`). A run can be resumed and then
reports the whole of itself (`training.checkpoints`). Left out: how several rewards are weighted in one run
(`training.baselines`).

    python -m training objectives --config training/configs/default.yaml [--resume] [--anew]
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import torch
from datasets import Dataset
from peft import LoraConfig
from peft.tuners.tuners_utils import BaseTunerLayer
from transformers import AutoTokenizer, LlamaForCausalLM, TrainerCallback
from trl import RLOOConfig, RLOOTrainer

from emorl.ensemble.device import CPU, chosen_device
from emorl.errors import ConfigError
from emorl.models.template import END, prompt_text
from emorl.scoring.scorer import Score
from training.beginning import learn_ranking
from training.checkpoints import Account, check_one_process, go_on_or_begin
from training.guards import Measures, penalties, runaway
from training.logps import Layout, SharedPass, lay_out
from training.preferences import Preferred
from training.rollouts import RolloutWriter
from training.validation import Validation, chosen_statements
from training.warmstart import PROJECTIONS

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ObjectiveConfig:
    """Settings of one run.

    Attributes:
        steps: Step limit; a step is one update on `prompts` x `samples` rollouts.
        prompts: Prompts a step (the paper's data points).
        samples: k, rollouts a prompt.
        max_tokens: Longest rollout.
        max_words: Longest statement used as a prompt, in words.
        temperature: Of the samples, and of the distribution that is learnt: all logits are divided by it. Below 1 the
            samples are nearer to the greedy reply, which is the one that is shown.
        beta: Weight of the sequence KL to the warm start, in reward units a nat.
        learning_rate: Constant after a short warm-up.
        rank: LoRA rank.
        alpha: LoRA alpha.
        first_layer: First adapted layer; the layers below stay the shared trunk.
        ranking: Passes over the read replies that the run begins with (`training.beginning`); 0 for none.
        reward: "log" for the log of the score, "plain" for the score.
        faithfulness_drop: How far the mean faithfulness of validations may fall below the warm start's before a guard
            ends the run, from 0 to 1.
        validate_every: Steps between validations.
        validation: Validation statements.
        save_every: Steps between checkpoints.
        seed: Seed of everything.
        scorer: What rewards the run: folder of a trained scorer, or a function as `package.module:function`; None for
            the run's own scorer, which only our three objectives have.
        judge: Its held-out judge, named in the same way; None for the run's own, if there is one.
        label: Name on the slider, or None for our own.
        help: The sentence under it, or None for our own.
    """

    steps: int = 60
    prompts: int = 8
    samples: int = 4
    max_tokens: int = 40
    max_words: int = 40
    temperature: float = 1.0
    beta: float = 0.03
    learning_rate: float = 1e-3
    rank: int = 8
    alpha: int = 16
    first_layer: int = 18
    ranking: float = 0.0
    reward: str = "log"
    faithfulness_drop: float = 0.05
    validate_every: int = 10
    validation: int = 24
    save_every: int = 20
    seed: int = 1
    scorer: str | None = None
    judge: str | None = None
    label: str | None = None
    help: str | None = None


class SelfCriticalTrainer(RLOOTrainer):
    """`RLOOTrainer` with our engine for rollouts and shared passes for log-probabilities."""

    def prepare(self, config: ObjectiveConfig, end_token: int, account: Account) -> None:
        """Attach engine and shared pass; call once after construction."""
        self.account, self.config = account, config
        self.end_token = end_token
        self.writer = RolloutWriter(self.model, [end_token], config.max_tokens)
        self.shared = SharedPass(self.model.get_base_model(), config.first_layer, config.temperature)
        self.lora_layer = next(m for m in self.model.modules() if isinstance(m, BaseTunerLayer))
        self._ids: torch.Tensor | None = None
        self._layout: Layout | None = None
        self._trunk = torch.empty(0)
        self._pass: tuple[torch.Tensor, torch.Tensor] | None = None

    def greedy(self, statements: Sequence[str]) -> list[list[int]]:
        """The ids of a greedy reply to each statement."""
        prompts = [self.processing_class(prompt_text(s)).input_ids for s in statements]
        return self.writer.write(prompts, 0.0, 0)

    def ended(self, reply: Sequence[int]) -> bool:
        """Whether a reply ended by itself."""
        return reply[-1] == self.end_token

    def _generate_single_turn(
        self, prompt_ids: list[list[int]], images: object, multimodal_fields: object
    ) -> list[list[int]]:
        seed = self.config.seed * 1_000_003 + self.state.global_step * 1009
        written = self.writer.write(prompt_ids, self.config.temperature, seed)
        self.account.rollouts += len(written)
        self.account.data_points += len({tuple(p) for p in prompt_ids})
        self.account.tokens += sum(map(len, written))
        return written

    def _get_per_token_logps_and_entropies(
        self,
        model: object,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        **_: object,
    ) -> tuple[torch.Tensor, torch.Tensor | None, None]:
        if torch.is_grad_enabled():  # the loss: the same rollouts in another order
            assert self._pass is not None and self._ids is not None
            logps, entropies = self._pass
            index = {row.tobytes(): i for i, row in enumerate(self._ids.cpu().numpy())}
            order = torch.tensor([index[row.tobytes()] for row in input_ids.cpu().numpy()], device=logps.device)
            self._pass = None
            return logps[order], entropies[order], None
        if self._ids is not input_ids:
            self._ids, self._layout = input_ids, lay_out(input_ids, attention_mask, logits_to_keep)
            self._trunk = self.shared.trunk(self._layout)
        assert self._layout is not None
        if self.lora_layer.disable_adapters:  # the reference
            logps, entropies = self.shared.logps(self._layout, self._trunk)
        else:  # the policy: at one update a batch its "old" pass is the pass of the loss
            with torch.enable_grad():
                self._pass = self.shared.logps(self._layout, self._trunk)
            logps, entropies = self._pass[0].detach(), self._pass[1]
        return logps, entropies if compute_entropy else None, None


class GuardedValidation(Validation):
    """Validation that ends a run which runs away."""

    def fault(self, start: Measures, now: Measures) -> str | None:
        """What the guards say."""
        return runaway(start, now, self.trainer.config.faithfulness_drop)


@dataclass(frozen=True)
class Mixture:
    """Several rewards in one run, which learns their weighted sum (`training.baselines`).

    Attributes:
        parts: Scores by name.
        trainer: Class of the trainer.
        callback: Makes the callback that moves `trainer.reward_weights`, one weight a part and a last one for the
            guards, from the trainer and the checkpoint that the run goes on from, or None.
    """

    parts: Mapping[str, Score]
    trainer: type[SelfCriticalTrainer]
    callback: Callable[[SelfCriticalTrainer, Path | None], TrainerCallback]


def train_objective(
    config: ObjectiveConfig,
    model: LlamaForCausalLM,
    base: Path,
    prompts: list[str],
    unseen: list[str],
    score: Score,
    judge: Score | None,
    out: Path,
    resume: bool = False,
    faithfulness: Score | None = None,
    anew: bool = False,
    ranked: Sequence[Preferred] = (),
    mixture: Mixture | None = None,
) -> Account:
    """Train one adapter; the best validated one that did not run away lies in `out/best`.

    Args:
        config: Settings.
        model: The base with its warm start merged, float32.
        base: Folder of the base, for the tokenizer.
        prompts: Training statements.
        unseen: Validation statements, never trained on.
        score: The objective's shipping scorer, the only reward unless there is a mixture; measures the validations.
        judge: Its held-out judge, measured but never rewarded, or None.
        out: Folder for checkpoints, logs and the adapter.
        resume: Continue from the last whole checkpoint in `out`; otherwise what lies there is removed.
        faithfulness: Measured by itself beside the reward, or None.
        anew: Begin from nothing where `resume` would be refused.
        ranked: Read replies to learn from first.
        mixture: Several rewards in the place of the score, or None.

    Returns:
        What the whole run cost; also written to `out/account.json`, with its settings.

    Raises:
        ConfigError: Too few statements are short enough for a prompt, the base has no layer to adapt, the run to resume
            has other settings, or several processes were started for one run.
    """
    check_one_process("start it alone, several runs with --workers")
    usable, ordered, digest = chosen_statements(config, prompts, unseen)
    layers = model.config.num_hidden_layers
    if config.first_layer >= layers:
        raise ConfigError.of(f"first_layer {config.first_layer}", f"at most {layers - 1} on this base", "lower it")
    found = go_on_or_begin(out, config, digest, resume, anew)
    tokenizer = AutoTokenizer.from_pretrained(base)
    end_token = tokenizer.convert_tokens_to_ids(END)
    earlier = found[1] if found else None
    account = earlier.account if earlier else Account()
    random.Random(config.seed).shuffle(usable)
    dataset = Dataset.from_list([{"prompt": prompt_text(p), "statement": p} for p in usable])

    def reward(name: str, own: Score) -> Callable[..., list[float]]:
        def objective(prompts: object, completions: list[str], statement: list[str], **_: object) -> list[float]:
            values = own(statement, [c.strip() for c in completions])
            account.scorer_calls += len(completions)
            return (values.clamp(1e-4, 0.9999).log() if config.reward == "log" else values).tolist()

        objective.__name__ = name  # under which the trainer logs it
        return objective

    def guard(
        prompts: object, completions: list[str], completion_ids: list[list[int]], statement: list[str], **_: object
    ) -> list[float]:
        return penalties(statement, completions, [ids[-1] == end_token for ids in completion_ids])

    arguments = RLOOConfig(
        output_dir=str(out / "checkpoints"),
        max_steps=config.steps,
        learning_rate=config.learning_rate,
        per_device_train_batch_size=config.prompts * config.samples,
        num_generations=config.samples,
        max_completion_length=config.max_tokens,
        temperature=config.temperature,
        beta=config.beta,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=min(4, config.steps),
        max_grad_norm=1.0,
        weight_decay=0.0,
        use_cpu=chosen_device() == CPU,
        bf16=False,
        gradient_checkpointing=False,
        save_steps=config.save_every,
        save_total_limit=2,  # the one before stays whole while one is written
        logging_steps=5,
        report_to="none",
        seed=config.seed,
    )
    parts = mixture.parts if mixture else {"objective": score}
    trainer = (mixture.trainer if mixture else SelfCriticalTrainer)(
        model=model,
        reward_funcs=[*(reward(name, own) for name, own in parts.items()), guard],
        args=arguments,
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=config.rank,
            lora_alpha=config.alpha,
            target_modules=PROJECTIONS,
            layers_to_transform=list(range(config.first_layer, layers)),
        ),
    )
    trainer.prepare(config, end_token, account)
    if mixture:
        trainer.add_callback(mixture.callback(trainer, found[0] if found else None))  # before the record is written
    validation = GuardedValidation(trainer, ordered, score, out, digest, earlier, judge, faithfulness)
    trainer.add_callback(validation)
    if ranked and config.ranking and earlier is None:
        validation.begin(0)  # the guards compare with the warm start
        log.info("%s learns the ranking of read replies to %d statements", out.name, len(ranked))
        learn_ranking(trainer.model, tokenizer, ranked, config.ranking)
    return validation.train(found[0] if found else None)
