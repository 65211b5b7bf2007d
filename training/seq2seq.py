"""Reinforcement learning of one objective on an encoder-decoder such as T5, as the paper has it.

The same estimator as `training.objectives`: k sampled replies a prompt, the advantage of each against a baseline, a
real KL penalty to the model without its adapter. The source is padded on the right, the ids that were sampled are
scored as they are, and the end of the sequence is part of the loss. Rollouts come from transformers' `generate`,
without dropout.
`paper` turns two things back into what the released code does: its KL term has no gradient and no value, and its mean
contains the reply itself. A run around it is `training.seq2seq_run`. Left out: what else that code does differently
(docs/study.md), and the serving side.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import torch
from transformers import T5ForConditionalGeneration
from trl import RLOOTrainer

from training.checkpoints import Account

BASELINES = ("leave-one-out", "greedy")


@dataclass(frozen=True)
class Seq2SeqConfig:
    """Settings of the runs on an encoder-decoder.

    Attributes:
        base: Folder of a T5 with its tokenizer, or null for none.
        steps: Updates; each is one on `prompts` x `samples` replies.
        prompts: Prompts a step.
        samples: k, replies a prompt.
        max_source: Longest prompt in tokens; what is beyond is cut off, but for the end of the sequence.
        max_tokens: Longest reply.
        max_words: Longest statement used as a prompt, in words.
        suffix: What follows the statement in the source.
        temperature: Of the samples and of the distribution that is learnt.
        beta: Weight of the sequence KL to the model without its adapter, in reward units a nat.
        baseline: What a reward is compared with: "leave-one-out", the mean of the other replies, or "greedy", the
            reward of the greedy reply.
        paper: The KL without effect and the mean that contains the reply itself, as in the released code.
        learning_rate: Constant.
        rank: LoRA rank.
        alpha: LoRA alpha.
        validate_every: Steps between validations.
        validation: Validation statements.
        save_every: Steps between checkpoints.
        seed: Seed of everything.
    """

    base: Path | None = None
    steps: int = 160
    prompts: int = 16
    samples: int = 3
    max_source: int = 128
    max_tokens: int = 64
    max_words: int = 160
    suffix: str = " [SEP] "
    temperature: float = 1.0
    beta: float = 0.05
    baseline: str = "leave-one-out"
    paper: bool = False
    learning_rate: float = 1e-4
    rank: int = 8
    alpha: int = 32
    validate_every: int = 10
    validation: int = 24
    save_every: int = 20
    seed: int = 1


class Seq2SeqSCSTTrainer(RLOOTrainer):
    """`RLOOTrainer` for an encoder-decoder."""

    def prepare(self, config: Seq2SeqConfig, account: Account) -> None:
        """Attach the settings; call once after construction."""
        self.config, self.account = config, account
        self._passes: list[torch.Tensor] = []

    @torch.no_grad()
    def write(self, prompts: Sequence[Sequence[int]], sampled: bool) -> list[list[int]]:
        """One reply a prompt, sampled or greedy, with the end of the sequence where it was written."""
        device, model = self.accelerator.device, self.accelerator.unwrap_model(self.model)
        source, mask = right_padded([self._cut(ids) for ids in prompts], self._tokenizer.pad_token_id)
        sampling = {"do_sample": True, "temperature": self.config.temperature, "top_k": 0, "top_p": 1.0}
        written = model.generate(
            input_ids=source.to(device),
            attention_mask=mask.to(device),
            max_new_tokens=self.config.max_tokens,
            decoder_start_token_id=model.config.decoder_start_token_id,
            eos_token_id=self.eos_token_ids,
            pad_token_id=self._tokenizer.pad_token_id,
            **(sampling if sampled else {"do_sample": False}),
        )
        return [up_to_end(row, self.eos_token_ids) for row in written[:, 1:].tolist()]  # without the start

    def greedy(self, statements: Sequence[str]) -> list[list[int]]:
        """The ids of a greedy reply to each statement."""
        return self.write(self._tokenizer([s + self.config.suffix for s in statements]).input_ids, sampled=False)

    def ended(self, reply: Sequence[int]) -> bool:
        """Whether a reply ended by itself."""
        return reply[-1] in self.eos_token_ids

    def _cut(self, prompt: Sequence[int]) -> list[int]:
        """A prompt of at most `max_source` tokens; its last one, the end of the source, stays."""
        most = self.config.max_source
        return list(prompt) if len(prompt) <= most else [*prompt[: most - 1], prompt[-1]]

    def _generate_single_turn(
        self, prompt_ids: list[list[int]], images: object, multimodal_fields: object
    ) -> list[list[int]]:
        written = self.write(prompt_ids, sampled=True)
        self.account.rollouts += len(written)
        self.account.data_points += len(written) // self.num_generations
        self.account.tokens += sum(map(len, written))
        return written

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        **_: object,
    ) -> tuple[torch.Tensor, torch.Tensor | None, None]:
        """Log-probabilities of the replies' own ids, which follow on prompts that TRL has padded on the left."""
        split = input_ids.shape[1] - logits_to_keep
        kept = attention_mask[:, :split].bool()
        rows = [row[keep].tolist() for row, keep in zip(input_ids[:, :split], kept, strict=True)]
        source, mask = right_padded([self._cut(row) for row in rows], self._tokenizer.pad_token_id)
        reply, written = input_ids[:, split:], attention_mask[:, split:]
        start = self.accelerator.unwrap_model(self.model).config.decoder_start_token_id
        logits = model(
            input_ids=source.to(reply.device),
            attention_mask=mask.to(reply.device),
            decoder_input_ids=torch.cat([torch.full_like(reply[:, :1], start), reply[:, :-1]], 1),
        ).logits.float()
        logits = logits / self.config.temperature  # (N, C, V)
        total = logits.logsumexp(-1)
        logps = (logits.gather(-1, reply[..., None])[..., 0] - total) * written
        if not torch.is_grad_enabled():
            self._passes.append(logps)
        if not compute_entropy:
            return logps, None, None
        with torch.no_grad():
            entropies = (total - (logits.softmax(-1) * logits).sum(-1)) * written
        return logps, entropies, None

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._passes = []
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        k = self.num_generations
        if self.config.paper:
            batch["advantages"] = batch["advantages"] * (k - 1) / k  # r - mean of all, from r - mean of the others
        elif self.config.baseline == "greedy":
            batch["advantages"] = self._against_greedy(inputs)
        return batch

    def _calculate_rewards(
        self, inputs: list[dict[str, Any]], prompts: list[str], completions: list[str], completion_ids_list: object
    ) -> torch.Tensor:
        found: torch.Tensor = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        self._rewards = found
        return found

    def _against_greedy(self, inputs: list[dict[str, Any]]) -> torch.Tensor:
        """Advantages over the greedy reply: (r_j - β KL_j) - R(greedy)."""
        k, weights = self.num_generations, self.reward_weights.to(self._rewards.device)
        sampled: torch.Tensor = (self._rewards * weights).sum(1)
        if self.beta:
            policy, reference = self._passes
            sampled = sampled - self.beta * (policy - reference).sum(1)
        firsts = inputs[::k]  # the k replies of a prompt stand one after the other
        prompts = [row["prompt"] for row in firsts]
        written = self.write(self._tokenizer(prompts).input_ids, sampled=False)
        self.account.tokens += sum(map(len, written))
        texts = self._tokenizer.batch_decode(written, skip_special_tokens=True)
        greedy: torch.Tensor = (super()._calculate_rewards(firsts, prompts, texts, written) * weights).sum(1)
        return sampled - greedy.repeat_interleave(k)


def right_padded(rows: Sequence[Sequence[int]], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, (N, S) each, padded on the right.

    Example:
        >>> ids, mask = right_padded([[5], [6, 7]], filler=0)
        >>> ids.tolist(), mask.tolist()
        ([[5, 0], [6, 7]], [[1, 0], [1, 1]])
    """
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])
    return ids, torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])


def up_to_end(tokens: Sequence[int], ends: Sequence[int]) -> list[int]:
    """The tokens up to the first that ends a sequence, which is kept.

    Example:
        >>> up_to_end([5, 1, 0, 0], ends=[1]), up_to_end([5, 6], ends=[1])
        ([5, 1], [5, 6])
    """
    last = next((place for place, token in enumerate(tokens) if token in ends), len(tokens) - 1)
    return list(tokens[: last + 1])


def without_dropout(model: T5ForConditionalGeneration) -> T5ForConditionalGeneration:
    """The model, whose dropout is off for good; T5's attention has one that is no module, which TRL leaves on."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0
    return model
