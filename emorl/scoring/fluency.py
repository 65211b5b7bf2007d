"""Fluency: how predictable the reply's tokens are, given the statement, under the frozen base without any adapter.

With n reply tokens y (the end token included) after the prompt x, the mean surprisal is
ν = -(1/n) Σ_t log p(y_t | x, y_<t) in nats, and the score is

    fluency = (1 - ρ) / (1 + exp((ν - MIDDLE) / WIDTH)),

where ρ is the share of the reply's bigrams that occurred in it before: a language model predicts a loop well, but a
listener is put off by it. Without repetition the score is 0.5 at a perplexity of e^MIDDLE. Only the reply counts: the
reference code takes statement and reply together, which rewards copying the statement. The curve is flat at both ends,
so copying and formulas gain little. The score says how predictable a reply is, not how good: people's reflections are
less predictable to the model (ν about 4.0 on our own data) than its own greedy replies (about 1.8), and score lower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from emorl.models.stored import open_stored
from emorl.scoring.metrics import repetition
from emorl.scoring.widened import widened

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

MIDDLE, WIDTH = 3.22, 0.6  # nats; a score of 0.5 at a perplexity of 25, as with the paper's (50 - ppl) / 50


class FluencyScorer:
    """Scores pairs of statement and reply with a causal language model; deterministic."""

    def __init__(
        self, base: Path, prompt_text: Callable[[str], str], end: str, model: LlamaForCausalLM | None = None
    ) -> None:
        """Open the frozen base, which computes in float32.

        Args:
            base: Folder of the causal model.
            prompt_text: From a statement to the prompt.
            end: The end token, which counts as the reply's last.
            model: The causal model itself, from `open_stored`, so that its weights are shared; opened by default.
        """
        from transformers import AutoTokenizer

        self.model = widened(model or open_stored(base))
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        self.prompt_text, self.end = prompt_text, end

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        """Scores in [0, 1], shape (B,), float32."""
        fresh = torch.tensor([1 - repetition(reply) for reply in replies])
        return torch.sigmoid((MIDDLE - self.surprisal(statements, replies)) / WIDTH) * fresh

    @torch.inference_mode()
    def surprisal(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        """Mean surprisal ν in nats per token, (B,); replies to the same statement share its prefill."""
        from transformers import DynamicCache

        result = torch.empty(len(replies))
        for statement in dict.fromkeys(statements):
            rows = [i for i, s in enumerate(statements) if s == statement]
            prompt = self.tokenizer(self.prompt_text(statement), return_tensors="pt").input_ids
            cache = DynamicCache()
            first = self.model(prompt, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
            cache.batch_repeat_interleave(len(rows))
            texts = [self.tokenizer(replies[i] + self.end).input_ids for i in rows]
            longest = max(map(len, texts))
            ids = torch.zeros(len(rows), longest, dtype=torch.long)
            for row, text in enumerate(texts):
                ids[row, : len(text)] = torch.tensor(text)
            logits = first.expand(len(rows), -1, -1)
            if longest > 1:  # right padding: a token never attends to what comes after it
                rest = self.model(ids[:, :-1], past_key_values=cache, use_cache=True).logits
                logits = torch.cat([logits, rest], 1)
            chosen = logits.gather(-1, ids[..., None])[..., 0] - logits.logsumexp(-1)  # (rows, T)
            for row, index in enumerate(rows):
                result[index] = -chosen[row, : len(texts[row])].mean()
        return result
