"""What every run of a study writes to the same unseen statements, scored by scorers and by held-out judges.

One reply to each statement, decoded alike for all methods: the greedy one, or the best of that and several samples.
What a run wrote and how it was scored is kept in `out/study`, under a digest of adapters, weights, scorers and
statements, and of an arm's strength and candidates, so that a report only measures what is new. Left out: which of the
candidates is the best (`best_of`), and reading.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
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
from emorl.scoring.metrics import words
from emorl.scoring.score_cache import ScoreCache
from training.baselines.soups import soup_decoder
from training.checkpoints import write_json
from training.evaluate import measure, reply_writer
from training.search.settings import Aim
from training.study.best_of import Chooser
from training.study.runs import Run

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

log = logging.getLogger(__name__)

DECODED = "decoded_words"
"""Words of all candidates of a statement; a measurement of greedy replies has no such column, as theirs are `words`."""


@dataclass(frozen=True)
class Measured:
    """A run with what it wrote.

    Attributes:
        run: The run.
        replies: One reply a statement, N; the best where there were several.
        columns: Values of each reply: every scorer as "NAME ship" or "NAME judge", and the measures without a model.
    """

    run: Run
    replies: Sequence[str]
    columns: Mapping[str, Sequence[float]]


class Bench:
    """Writes replies for runs; the base is loaded once with the warm start and once without, when they are needed."""

    def __init__(self, warm_start: Path, max_tokens: int, temperature: float = 0.0) -> None:
        """Args: the folder of the warm start, the longest reply, and the temperature of samples."""
        self.warm_start, self.max_tokens, self.temperature = warm_start, max_tokens, temperature
        self._backbones: dict[bool, tuple[LlamaBackbone, Adapter]] = {}

    @cached_property
    def tokenizer(self) -> SharedTokenizer:
        """The base's."""
        from transformers import AutoTokenizer

        return SharedTokenizer(AutoTokenizer.from_pretrained(ensure_base()))

    def decoder(self, run: Run) -> EnsembleDecoder:
        """A decoder with the adapters of a run side by side, also where they become a soup."""
        backbone, nothing = self._backbone(run.method != "base")
        adapters = [load_adapter(folder) for folder in run.folders] or [nothing]
        end = self.tokenizer.plain.convert_tokens_to_ids(END)
        mask = mask_of(self.tokenizer.plain, len(backbone.head))
        return EnsembleDecoder(backbone, StackedLora(adapters), [end], mask)

    def write(self, run: Run, statements: Sequence[str]) -> list[list[str]]:
        """The candidates of each statement: the greedy reply, then samples, `run.best_of` in all."""
        decoder, weights = self.decoder(run), list(run.weights) or [0.0]
        if run.method == "soup":
            decoder, weights = soup_decoder(decoder, weights, run.strength), [1.0]
        write, samples = reply_writer(decoder, self.tokenizer, prompt_text, self.max_tokens), run.best_of - 1
        greedy = write(statements, weights, strength=run.strength)
        every = [statement for statement in statements for _ in range(samples)]  # side by side: they share a prefill
        drawn = write(every, weights, self.temperature, run.strength)
        return [[reply, *drawn[i * samples : (i + 1) * samples]] for i, reply in enumerate(greedy)]

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


def digest_of(run: Run, statements: Sequence[str], scorers: Mapping[str, str], bench: Bench, aim: Aim) -> str:
    """What a measurement depends on, as one hash; the best of several is chosen by the aim."""
    parts = [run.method, adapter_hashes(run, bench), run.weights, bench.max_tokens, dict(scorers), list(statements)]
    if run.strength != 1 or run.best_of > 1:
        parts.append(run.strength)
    if run.best_of > 1:
        parts += [run.best_of, bench.temperature, asdict(aim)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def adapter_hashes(run: Run, bench: Bench) -> list[str]:
    """The hashes of all adapters that a run stands on, that of the warm start first."""
    files = [bench.warm_start, *run.folders] if run.method != "base" else []
    return [file_sha256(folder / "adapter_model.safetensors") for folder in files]


def measure_run(
    run: Run,
    statements: Sequence[str],
    cache: ScoreCache,
    scorers: Mapping[str, str],
    bench: Bench,
    folder: Path,
    chooser: Chooser,
) -> Measured:
    """What a run writes, and its scores; read from `folder` if it was measured before.

    Args:
        run: The run.
        statements: N statements that nothing was trained on or chosen by.
        cache: All scorers by name and role.
        scorers: What identifies each of them, for the digest.
        bench: Writes the replies.
        folder: Where measurements are kept.
        chooser: Chooses where a run writes several candidates.
    """
    path, digest = folder / f"{run.name}.json", digest_of(run, statements, scorers, bench, chooser.aim)
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept.get("digest") == digest:
            return Measured(run, kept["replies"], kept["columns"])
    log.info("measuring %s", run.name)
    candidates = bench.write(run, statements)
    several = run.best_of > 1
    replies = chooser.choose(statements, candidates) if several else [reply for [reply] in candidates]
    columns = measure(statements, replies, cache)
    if several:
        columns[DECODED] = [float(sum(len(words(reply)) for reply in own)) for own in candidates]
    folder.mkdir(parents=True, exist_ok=True)
    record = {"digest": digest, "replies": replies, "columns": columns}
    write_json(path, {**record, **({"candidates": candidates} if several else {})})
    return Measured(run, replies, columns)
