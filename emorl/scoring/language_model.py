"""A scorer made of the language model itself: base and warm start, a LoRA adapter, a linear head for each objective.

It reads the statement in the prompt template, followed by the reply. A head turns the state of the reply's end token
into one logit, and the score is its sigmoid. How likely the reply is to this very model are two more inputs of the
head: a model that has learnt to reflect finds what the client said likely, and inventions less so. All replies to one
statement are packed into one row (`emorl.models.packing`), and one pass gives the scores for all L objectives.

A scorer on disk is a folder with a PEFT adapter, `head.safetensors` (weight (L, H), bias (L,), likelihood (L, 2)) and
`scorer.json`. There `backbone` names the base, `base` is its hash where it is not the published one, `objectives`
names the heads, and `stands_on` says what it was trained on: "base", "warm start", or "own warm start" where its folder
holds another one than the models folder, in `warmstart`. Left out: training (`training.language_model`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file

from emorl.errors import AssetError
from emorl.models.packing import collate, ends, pack, reply_logps
from emorl.models.stored import open_stored
from emorl.models.template import END, prompt_text
from emorl.scoring.folder import REMEDY, beside, check_head, check_scorer

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerBase

FILES = ("scorer.json", "adapter_config.json", "adapter_model.safetensors", "head.safetensors")
OWN = "own warm start"
MAX_TOKENS = 2048  # of a batch of rows, padding included


def backbone(base: Path, warm_start: Path | None) -> LlamaForCausalLM:
    """The base in float32, with the warm start merged: what a scorer of this kind is trained on."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model: LlamaForCausalLM = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if warm_start is not None:
        model = PeftModel.from_pretrained(model, str(warm_start)).merge_and_unload()
    return model


def rows_of(
    tokenizer: PreTrainedTokenizerBase, groups: Sequence[tuple[str, Sequence[str]]]
) -> list[dict[str, list[int]]]:
    """One packed row for each statement with its replies."""
    return [
        pack(tokenizer(prompt_text(statement)).input_ids, [tokenizer(reply + END).input_ids for reply in replies])
        for statement, replies in groups
    ]


def end_features(model: LlamaForCausalLM, rows: Sequence[dict[str, list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the heads see of every reply, in the order of rows and replies.

    Args:
        model: The decoder with its vocabulary head.
        rows: Packed rows.

    Returns:
        States of the end token, (N, H), and likelihood, (N, 2): nats a token, and tens of nats of the whole reply. No
        gradient flows through the likelihood.
    """
    inputs = {name: tensor.to(model.lm_head.weight.device) for name, tensor in collate(rows).items()}
    labels = inputs.pop("labels")
    states: torch.Tensor = model.model(**inputs, use_cache=False).last_hidden_state
    with torch.no_grad():
        total, lengths = reply_logps(states.detach(), labels, model.lm_head)
    return states[ends(rows)], torch.stack([total / lengths, total / 10], dim=-1)


def batches(lengths: Sequence[int], budget: int = MAX_TOKENS) -> list[list[int]]:
    """Rows of similar length that are read together: at most `budget` tokens with padding, but at least one row."""
    found: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if found and lengths[index] * (len(found[-1]) + 1) <= budget:
            found[-1].append(index)
        else:
            found.append([index])
    return found


class LanguageModelScorer:
    """Scores pairs for several objectives; deterministic, and replies to the same statement share its pass.

    Attributes:
        objectives: Names of the L heads.
    """

    def __init__(
        self, folder: Path, base: Path, warm_start: Path | None = None, model: LlamaForCausalLM | None = None
    ) -> None:
        """Load adapter and heads; the adapter stands beside the weights of the base, as does the warm start.

        Args:
            folder: A folder written by `training.language_model`.
            base: Folder of the base model.
            warm_start: Folder of the warm start that the scorer was trained on, or None.
            model: The base model itself, from `open_stored`, so that its weights are shared; opened by default.

        Raises:
            AssetError: The folder lacks `scorer.json`, the adapter or the heads, or one of them cannot be used.
        """
        from transformers import AutoTokenizer

        objectives = check_scorer(folder, FILES).get("objectives")
        if not isinstance(objectives, list) or not all(isinstance(name, str) for name in objectives):
            raise AssetError.of(
                f"{folder / 'scorer.json'} with the objectives {objectives!r:.60}", "a list of names", REMEDY
            )
        self.objectives: tuple[str, ...] = tuple(objectives)
        self.model = beside(model or open_stored(base), folder, warm_start)
        self.head = load_file(folder / "head.safetensors")
        check_head(folder, self.head, len(self.objectives), self.model.config.hidden_size)
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        self._last: tuple[tuple[tuple[str, ...], tuple[str, ...]], torch.Tensor] | None = None

    @torch.inference_mode()
    def scores(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        """Scores in [0, 1], (B, L), float32; those of the last call are remembered.

        Args:
            statements: B client statements.
            replies: B replies, one for each statement.
        """
        asked = tuple(statements), tuple(replies)
        if self._last is not None and self._last[0] == asked:
            return self._last[1]
        members: dict[str, list[int]] = {}
        for index, statement in enumerate(statements):
            members.setdefault(statement, []).append(index)
        rows = rows_of(self.tokenizer, [(s, [replies[i] for i in indices]) for s, indices in members.items()])
        order = list(members.values())
        scores = torch.empty(len(replies), len(self.objectives))
        for batch in batches([len(row["input_ids"]) for row in rows]):
            states, likelihood = end_features(self.model, [rows[i] for i in batch])
            logits = states @ self.head["weight"].T + likelihood @ self.head["likelihood"].T + self.head["bias"]
            scores[[index for i in batch for index in order[i]]] = logits.sigmoid()
        self._last = asked, scores
        return scores

    def objective(self, name: str) -> OneObjective:
        """The scorer of one objective.

        Raises:
            AssetError: There is no such head.
        """
        if name not in self.objectives:
            raise AssetError.of(
                f"a scorer without a head for {name}",
                f"one of {', '.join(self.objectives)}",
                "name another scorer in the manifest",
            )
        return OneObjective(self, self.objectives.index(name))


@dataclass(frozen=True)
class OneObjective:
    """One head of a scorer of several objectives."""

    whole: LanguageModelScorer
    column: int

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        """Scores in [0, 1], (B,), float32."""
        return self.whole.scores(statements, replies)[:, self.column]
