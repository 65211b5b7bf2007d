"""Rollouts from the live policy, written by our own engine instead of `generate`.

The frozen base (with its warm start) is taken over once; the adapter under training is read from the PEFT model before
every batch. Prompts that repeat share their prefill and finished rows leave the batch.

The decoder's mask (no run of three tokens twice) is off here. RLOO's gradient is on-policy only if a rollout is drawn
from the very distribution whose log-probability is differentiated, and `logps` computes the plain softmax of the
policy. A masked draw comes from a softmax renormalised over the allowed tokens: its log-probabilities would differ
wherever something is forbidden, and a policy that repeats itself would never be shown, nor punished for, doing so.
Validation replies are unmasked too, so that they speak of the same policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, Request, StackedLora
from emorl.ensemble.lora import KEY, Adapter
from emorl.ensemble.mask import nothing

if TYPE_CHECKING:
    from peft import PeftModel


def live_adapter(model: PeftModel, name: str = "default") -> Adapter:
    """The adapter under training, copied out of a PEFT model."""
    settings = model.peft_config[name]
    pairs: dict[tuple[int, str], dict[str, torch.Tensor]] = {}
    for key, value in model.named_parameters():
        if match := KEY.match(key):
            pairs.setdefault((int(match[2]), match[3]), {})[match[4]] = value.detach().float().to("cpu", copy=True)
    factors = {target: (pair["A"], pair["B"]) for target, pair in pairs.items()}
    return Adapter(name, settings.r, settings.lora_alpha / settings.r, factors, sha256="")


class RolloutWriter:
    """Samples or greedily writes replies with the policy's current adapter."""

    def __init__(self, policy: PeftModel, end_tokens: Sequence[int], max_tokens: int) -> None:
        """Take over the frozen base weights of a PEFT policy (LoRA of the same layout throughout).

        Args:
            policy: PEFT model over a `LlamaForCausalLM`, on the device that it stays on.
            end_tokens: Token ids that end a reply.
            max_tokens: Most tokens of a reply.
        """
        self.policy, self.end_tokens, self.max_tokens = policy, list(end_tokens), max_tokens
        self.backbone = LlamaBackbone(policy.get_base_model(), torch.float32)

    def write(
        self, prompts: Sequence[Sequence[int]], temperature: float, seed: int, adapted: bool = True
    ) -> list[list[int]]:
        """Token ids of one reply a prompt, the end token included where it was written.

        Args:
            prompts: N prompts.
            temperature: 0 for greedy.
            seed: Reply i is sampled with seed + i.
            adapted: False writes with the reference (the warm start) instead.
        """
        decoder = EnsembleDecoder(
            self.backbone, StackedLora([live_adapter(self.policy)], base_row=not adapted), self.end_tokens, nothing
        )
        weight = [1.0 if adapted else 0.0]
        requests = [
            Request(prompt, weight, 1.0, temperature, seed + i, self.max_tokens) for i, prompt in enumerate(prompts)
        ]
        return [result.tokens for result in decoder.decode(requests)]
