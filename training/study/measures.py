"""What every run of a study writes to the same unseen statements, scored by scorers and by held-out judges.

One greedy reply to each statement, decoded alike for all methods. What a run wrote and how it was scored is kept in
`out/study`, under a digest of adapters, weights, scorers and statements, so that a report only measures what is new.
Left out: sampled replies, and reading.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from emorl.ensemble import EnsembleDecoder, LlamaBackbone, StackedLora
from emorl.ensemble.device import chosen_device
from emorl.ensemble.lora import Adapter, load_adapter, merge
from emorl.models.base import ensure_base
from emorl.models.manifest import file_sha256
from emorl.models.template import END, prompt_text
from emorl.reflecting.tokenizer import SharedTokenizer, mask_of
from emorl.scoring.score_cache import ScoreCache
from training.baselines.soups import soup
from training.checkpoints import write_json
from training.evaluate import measure, reply_writer
from training.study.runs import Run

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measured:
    """A run with what it wrote.

    Attributes:
        run: The run.
        replies: One reply a statement, N.
        columns: Values of each reply: every scorer as "NAME ship" or "NAME judge", and the measures without a model.
    """

    run: Run
    replies: Sequence[str]
    columns: Mapping[str, Sequence[float]]


class Bench:
    """Writes replies for runs; the base is loaded once with the warm start and once without, when they are needed."""

    def __init__(self, warm_start: Path, max_tokens: int) -> None:
        """Args: the folder of the warm start, and the longest reply."""
        self.warm_start, self.max_tokens = warm_start, max_tokens
        self._backbones: dict[bool, tuple[LlamaBackbone, Adapter]] = {}
        self._tokenizer: SharedTokenizer | None = None

    def write(self, run: Run, statements: Sequence[str]) -> list[str]:
        """One greedy reply a statement."""
        from transformers import AutoTokenizer

        if self._tokenizer is None:
            self._tokenizer = SharedTokenizer(AutoTokenizer.from_pretrained(ensure_base()))
        backbone, nothing = self._backbone(run.method != "base")
        adapters = [load_adapter(folder) for folder in run.folders] or [nothing]
        weights = list(run.weights) or [0.0]
        if run.method == "soup":
            adapters, weights = [soup(adapters, weights)], [1.0]
        end = self._tokenizer.plain.convert_tokens_to_ids(END)
        mask = mask_of(self._tokenizer.plain, len(backbone.head))
        decoder = EnsembleDecoder(backbone, StackedLora(adapters), [end], mask)
        return reply_writer(decoder, self._tokenizer, prompt_text, self.max_tokens)(statements, weights)

    def _backbone(self, warm: bool) -> tuple[LlamaBackbone, Adapter]:
        """The base, and an adapter for it that changes nothing."""
        from transformers import AutoModelForCausalLM

        if warm not in self._backbones:
            model = AutoModelForCausalLM.from_pretrained(ensure_base(), dtype=torch.float32)
            if warm:
                merge(model, load_adapter(self.warm_start))
            self._backbones[warm] = LlamaBackbone(model.to(chosen_device()), torch.float32), unchanged(model)
        return self._backbones[warm]


def unchanged(model: LlamaForCausalLM) -> Adapter:
    """An adapter of a model's last layer that changes nothing."""
    layer, config = model.config.num_hidden_layers - 1, model.config
    factors = torch.zeros(1, config.intermediate_size), torch.zeros(config.hidden_size, 1)
    return Adapter("nothing", 1, 1.0, {(layer, "mlp.down_proj"): factors}, sha256="")


def digest_of(run: Run, statements: Sequence[str], scorers: Mapping[str, str], bench: Bench) -> str:
    """What a measurement depends on, as one hash."""
    files = [bench.warm_start, *run.folders] if run.method != "base" else []
    hashes = [file_sha256(folder / "adapter_model.safetensors") for folder in files]
    text = json.dumps([run.method, hashes, run.weights, bench.max_tokens, dict(scorers), list(statements)])
    return hashlib.sha256(text.encode()).hexdigest()


def measure_run(
    run: Run, statements: Sequence[str], cache: ScoreCache, scorers: Mapping[str, str], bench: Bench, folder: Path
) -> Measured:
    """What a run writes, and its scores; read from `folder` if it was measured before.

    Args:
        run: The run.
        statements: N statements that nothing was trained on or chosen by.
        cache: All scorers by name and role.
        scorers: What identifies each of them, for the digest.
        bench: Writes the replies.
        folder: Where measurements are kept.
    """
    path, digest = folder / f"{run.name}.json", digest_of(run, statements, scorers, bench)
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept.get("digest") == digest:
            return Measured(run, kept["replies"], kept["columns"])
    log.info("measuring %s", run.name)
    replies = bench.write(run, statements)
    columns = measure(statements, replies, cache)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, {"digest": digest, "replies": replies, "columns": columns})
    return Measured(run, replies, columns)
