"""Log-probabilities of rollouts, with every prompt and the shared trunk computed once.

The k rollouts of a prompt are laid out as one sequence, prompt then rollouts, under a mask that lets a rollout see the
prompt and itself only (positions restart after the prompt): exact, and the prompt is not repeated k times. The layers
below the first adapted one carry no gradient and are the same for policy and reference, so their output is kept
between the two passes. Left out: encoder-decoders, packing of different prompts into one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.utils.rnn import pad_sequence

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM


@dataclass
class Layout:
    """Where the tokens of N rollouts of G prompts stand in G packed sequences of length L; on the CPU.

    Attributes:
        ids: (G, L) token ids, right-padded.
        positions: (G, L) positions for the rotary embedding.
        mask: (G, 1, L, L), True where a token attends.
        where: For each rollout token: (group, index of the token before it, row, column, id), (M, 5).
        shape: (N, C) of the result.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    where: torch.Tensor
    shape: tuple[int, int]


def lay_out(input_ids: torch.Tensor, attention_mask: torch.Tensor, completion_length: int) -> Layout:
    """Pack rollouts that share a prompt.

    Args:
        input_ids: (N, P + C), prompts left-padded, completions right-padded; on any device.
        attention_mask: (N, P + C).
        completion_length: C.
    """
    input_ids, attention_mask = input_ids.cpu(), attention_mask.cpu()
    split = input_ids.shape[1] - completion_length
    groups: dict[tuple[int, ...], list[int]] = {}
    for row in range(input_ids.shape[0]):
        prompt = input_ids[row, :split][attention_mask[row, :split].bool()]
        groups.setdefault(tuple(prompt.tolist()), []).append(row)
    ids, positions, segments, where = [], [], [], []
    for index, (start, rows) in enumerate(groups.items()):
        tokens, place, segment = list(start), list(range(len(start))), [0] * len(start)
        for number, row in enumerate(rows, 1):
            kept = attention_mask[row, split:].bool()
            completion = input_ids[row, split:][kept].tolist()
            for column, token in enumerate(completion):
                before = len(tokens) - 1 if column else len(start) - 1
                where.append((index, before, row, column, token))
                tokens.append(token)
                place.append(len(start) + column)
                segment.append(number)
        ids.append(torch.tensor(tokens))
        positions.append(torch.tensor(place))
        segments.append(torch.tensor(segment))
    packed = pad_sequence(ids, batch_first=True)
    segment_ids = pad_sequence(segments, batch_first=True, padding_value=-1)
    same = segment_ids[:, :, None] == segment_ids[:, None, :]
    prompt_key = (segment_ids == 0)[:, None, :]
    causal = torch.ones(packed.shape[1], packed.shape[1], dtype=torch.bool).tril()
    mask = ((same | prompt_key) & causal)[:, None]
    return Layout(
        packed,
        pad_sequence(positions, batch_first=True),
        mask,
        torch.tensor(where),
        (input_ids.shape[0], completion_length),
    )


class SharedPass:
    """Runs trunk and adapted layers of a transformers Llama (PEFT inside) over packed rollouts."""

    def __init__(self, model: LlamaForCausalLM, first_layer: int, temperature: float = 1.0) -> None:
        """Args: the `LlamaForCausalLM` inside the PEFT model, its first adapted layer, and what divides its logits."""
        self.model, self.first_layer, self.temperature = model, first_layer, temperature

    @property
    def device(self) -> torch.device:
        """Where the model lies: a trainer may have moved it since."""
        found: torch.device = self.model.model.embed_tokens.weight.device
        return found

    @torch.no_grad()
    def trunk(self, layout: Layout) -> torch.Tensor:
        """Hidden states below the first adapted layer, (G, L, D), without gradient."""
        return self._run(self.model.model.embed_tokens(layout.ids.to(self.device)), layout, 0, self.first_layer)

    def logps(self, layout: Layout, trunk: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probability and entropy (no gradient) of every rollout token, each (N, C), 0 at padding."""
        hidden = self._run(trunk, layout, self.first_layer, len(self.model.model.layers))
        group, before, row, column, token = layout.where.T.to(self.device)
        states = self.model.model.norm(hidden[group, before])  # (M, D)
        logits = self.model.lm_head(states).float() / self.temperature
        total = logits.logsumexp(-1)
        chosen = logits.gather(-1, token[:, None])[:, 0] - total
        with torch.no_grad():
            entropy = total - (logits.softmax(-1) * logits).sum(-1)
        empty = torch.zeros(layout.shape, device=self.device)
        return empty.index_put((row, column), chosen), empty.index_put((row, column), entropy.detach())

    def _run(self, hidden: torch.Tensor, layout: Layout, first: int, last: int) -> torch.Tensor:
        inner = self.model.model
        positions, mask = layout.positions.to(hidden.device), layout.mask.to(hidden.device)
        rotary = inner.rotary_emb(hidden, positions)
        for layer in inner.layers[first:last]:
            out = layer(hidden, attention_mask=mask, position_ids=positions, position_embeddings=rotary)
            hidden = out[0] if isinstance(out, tuple) else out
        return hidden
