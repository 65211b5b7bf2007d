"""One run of a baseline: the trainer of the objectives, with several rewards and a callback that weights them.

Everything but the reward is as in an objective's run: warm start, adapter, prompts, rollouts, KL, guards, checkpoints.
The callback sets `trainer.reward_weights` before every update; where the weighting learns from validations, it samples
one reply to each validation statement every `every` updates, as DynaOpt does, and scores it with every reward. What the
weighting has learnt is saved in each checkpoint. Left out: the stage around it (`stage`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from emorl.models.template import prompt_text
from emorl.scoring.scorer import Score
from training.baselines.weightings import Weighting
from training.checkpoints import write_json
from training.objectives import Mixture, SelfCriticalTrainer

STATE = "weighting.json"


class Weights(TrainerCallback):
    """Moves the weights of the rewards, and keeps what the weighting has learnt with the checkpoints."""

    def __init__(
        self,
        trainer: SelfCriticalTrainer,
        weighting: Weighting,
        parts: Mapping[str, Score],
        statements: Sequence[str],
        every: int,
        checkpoint: Path | None = None,
    ) -> None:
        """Take the trainer, and go on from a checkpoint where there is one."""
        self.trainer, self.weighting, self.parts = trainer, weighting, parts
        self.statements, self.every = list(statements), every
        self.moves: list[dict[str, Any]] = []
        if checkpoint is not None:
            kept = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
            self.moves = kept["moves"]
            weighting.restore(kept["state"])

    def place(self, step: int) -> None:
        """Set the weights of the next update; the guards count in full."""
        weights = self.weighting.weights(step)
        self.trainer.reward_weights = torch.tensor([*weights, 1.0])
        if not self.moves or self.moves[-1]["weights"] != weights:
            self.moves.append({"step": step, "weights": weights})

    def sampled_scores(self, step: int) -> list[list[float]]:
        """The scores of one sampled reply a statement, by reward."""
        trainer, tokenizer = self.trainer, self.trainer.processing_class
        prompts = [tokenizer(prompt_text(statement)).input_ids for statement in self.statements]
        seed = trainer.config.seed * 1_000_003 + step * 1009 + 500_009  # apart from those of the rollouts
        written = trainer.writer.write(prompts, trainer.config.temperature, seed)
        replies = [tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in written]
        trainer.account.scorer_calls += len(replies) * len(self.parts)
        trainer.account.tokens += sum(map(len, written))
        return [score(self.statements, replies).clamp(1e-4, 0.9999).tolist() for score in self.parts.values()]

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Weights of the first update."""
        self.place(state.global_step)
        self._keep(Path(str(args.output_dir)).parent)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Learn from a validation when it is time, and set the weights of the next update."""
        if self.weighting.validates and state.global_step % self.every == 0:
            self.weighting.learn(self.sampled_scores(state.global_step))
        self.place(state.global_step)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:
        """Keep what has been learnt with the checkpoint."""
        self._keep(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}")

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Keep all moves beside the run's logs."""
        self._keep(Path(str(args.output_dir)).parent)

    def _keep(self, folder: Path) -> None:
        write_json(folder / STATE, {"state": self.weighting.state(), "moves": self.moves})


class NormalisingTrainer(SelfCriticalTrainer):
    """Every reward is normalised by itself among the rollouts of a prompt before the rewards are added."""

    def _calculate_rewards(
        self, inputs: object, prompts: object, completions: object, completion_ids_list: object
    ) -> torch.Tensor:
        rewards: torch.Tensor = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        return torch.cat([normalised(rewards[:, :-1], self.num_generations), rewards[:, -1:]], 1)  # the last: guards


def normalised(rewards: torch.Tensor, samples: int) -> torch.Tensor:
    """Rewards of equal spread: (r - mean) / std among the k rollouts of a prompt, times the mean std.

    GDPO (arXiv 2601.05242) normalises like this and then all advantages once more. The last factor, one number for
    the batch, takes the place of that: the rewards stay as large as they were, so that KL penalty and guards count as
    they do for every other method.

    Args:
        rewards: (N, K), the rollouts of a prompt one after the other.
        samples: k.

    Returns:
        (N, K).

    Example:
        One prompt with two rollouts; the second reward differs ten times as much as the first.

        >>> normalised(torch.tensor([[0.0, 0.0], [1.0, 10.0]]), 2).round(decimals=2)
        tensor([[-2.7500, -2.7500],
                [ 2.7500,  2.7500]])
    """
    groups = rewards.view(-1, samples, rewards.shape[1])  # (prompts, k, K)
    spread = groups.std(1, keepdim=True)
    return ((groups - groups.mean(1, keepdim=True)) / (spread + 1e-4) * spread.mean()).view_as(rewards)


def mixture_of(
    parts: Mapping[str, Score],
    weighting: Weighting,
    statements: Sequence[str],
    every: int,
    trainer: type[SelfCriticalTrainer] = SelfCriticalTrainer,
) -> Mixture:
    """What `train_objective` needs for several rewards under a weighting.

    Args:
        parts: The rewards by objective.
        weighting: Decides their weights.
        statements: Validation statements that the weighting learns from.
        every: Updates between its validations.
        trainer: Class of the trainer.
    """
    return Mixture(
        parts, trainer, lambda made, checkpoint: Weights(made, weighting, parts, statements, every, checkpoint)
    )


def mean_of(parts: Mapping[str, Score]) -> Score:
    """The mean of several scores, each of equal weight."""
    return lambda statements, replies: torch.stack([score(statements, replies) for score in parts.values()]).mean(0)
