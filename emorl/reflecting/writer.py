"""What writes and scores: the object that everything else in the service is built on.

It owns the ensemble of one models folder with its scheduler, the tokenizer, the scorers and the memory of the last
replies. What several threads ask for at the same time is written as one batch, and nobody waits here while somebody
else's reply is being scored. Left out: reflections with their reasons, atlases and choices, which are made from it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path

from emorl.ensemble import Decoded, EnsembleDecoder, LlamaBackbone, Request, Scheduler, Setting, StackedLora
from emorl.ensemble.architecture import check_config, read_config
from emorl.ensemble.device import CPU, chosen_device
from emorl.ensemble.lora import load_adapter
from emorl.ensemble.products import supports_float16
from emorl.ensemble.setting import objective_indices
from emorl.errors import StatementError
from emorl.heap import give_back
from emorl.models.folder import open_folder
from emorl.models.manifest import Manifest
from emorl.models.stored import open_stored
from emorl.models.template import MAX_PROMPT, check_statement, prompt_text
from emorl.reflecting.memory import Memory
from emorl.reflecting.reflection import Objective, ReplyScores
from emorl.reflecting.scorers import Scorers
from emorl.reflecting.tokenizer import SharedTokenizer, end_token, mask_of

MAX_TOKENS = 64
"""Maximum number of tokens of a reply, the end token included."""


def default_precision() -> str:
    """float16 weights with float32 sums where the processor has such products (x86), otherwise float32.

    That halves the memory traffic, and the replies differ from those of float32 no more often than float32's differ
    between batches. bfloat16 is no faster for one user and much less exact (docs/cost.md has the figures).
    """
    return "float16" if supports_float16() else "float32"


class Writer:
    """Writes, reads and scores with the models of one folder; safe to use from several threads.

    Attributes:
        manifest: Of the models folder.
        objectives: K objectives, in slider order.
        decoder: The ensemble.
        scheduler: Writes everybody's requests as one batch.
        tokenizer: Text to token ids and back.
        scorers: The scorers.
        memory: The last greedy replies.
    """

    def __init__(
        self, manifest: Manifest, decoder: EnsembleDecoder, tokenizer: SharedTokenizer, scorers: Scorers
    ) -> None:
        """Args: see the attributes; `load` reads them from a models folder."""
        self.manifest, self.decoder, self.tokenizer, self.scorers = manifest, decoder, tokenizer, scorers
        self.objectives = tuple(Objective(o.name, o.label, o.help) for o in manifest.objectives)
        self.scheduler, self.memory = Scheduler(decoder), Memory()

    @classmethod
    def load(
        cls, models: Path | None = None, dtype: str | None = None, progress: bool = False, scored: bool = True
    ) -> Writer:
        """Load a models folder and its base.

        Args:
            models: Models folder; `$EMORL_MODELS` or the shipped one by default.
            dtype: A key of `PRECISIONS`; the best for this processor by default.
            progress: Whether to show progress while the base is fetched for the first time.
            scored: Whether to load the scorers too; nothing can be scored without them.

        Raises:
            AssetError: The base or the models folder cannot be found, or a scorer is missing.
            ManifestError: The models folder is inconsistent, or was made for another base or prompt template.
            AdapterMismatch: An adapter cannot be mixed exactly, or was trained on another base or warm start.
            BackboneError: The base's architecture or tokenizer cannot be used.
            SettingsError: `EMORL_DEVICE` asks for a device that there is not.
        """
        from transformers import AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()  # it would report heads as missing that come with the adapters
        logging.disable_progress_bar()
        manifest, base = open_folder(models, progress)
        plain = AutoTokenizer.from_pretrained(base)
        warm = load_adapter(manifest.warm_start, manifest.base_sha256) if manifest.warm_start else None
        adapters = [load_adapter(o.adapter, manifest.base_id, o.name) for o in manifest.objectives]
        check_config(read_config(base))  # before the weights are opened
        model = open_stored(base)  # for the engine, which packs its own weights, and for all scorers
        precision, device = dtype or default_precision(), chosen_device()
        if device == CPU:
            backbone = LlamaBackbone(model, precision, warm)
        else:  # the scorers stay on the CPU
            backbone = LlamaBackbone.from_pretrained(base, warm, precision, device)
        decoder = EnsembleDecoder(
            backbone, StackedLora(adapters), [end_token(plain)], mask_of(plain, len(backbone.head))
        )
        scorers = Scorers.load(manifest, base, model) if scored else Scorers({})
        give_back()  # what reading and converting the weights took
        return cls(manifest, decoder, SharedTokenizer(plain), scorers)

    @property
    def names(self) -> list[str]:
        """Names of the K objectives, in slider order."""
        return [objective.name for objective in self.objectives]

    def setting(
        self, weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0, seed: int = 0
    ) -> Setting:
        """A checked setting from weights by name; see `Setting.of`.

        Raises:
            WeightError: An objective is unknown, or a value is not a number or is out of range.
        """
        return Setting.of(self.names, weights, strength, temperature, seed)

    def objective_indices(self, names: Iterable[str]) -> list[int]:
        """The index of each named objective, in slider order.

        Raises:
            WeightError: An objective is unknown.
        """
        return objective_indices(self.names, names)

    def prompt(self, statement: str) -> list[int]:
        """Token ids of the prompt for a statement.

        Raises:
            StatementError: It is empty or too long, in characters or in tokens: while a prompt is read, nobody else's
                reply goes on.
        """
        return self.ids(prompt_text(check_statement(statement)), "statement")

    def ids(self, text: str, kind: str) -> list[int]:
        """Token ids of a text that somebody typed; messages call it by its kind.

        Raises:
            StatementError: It has too many tokens.
        """
        tokens = self.tokenizer.ids(text)
        if len(tokens) > MAX_PROMPT:
            raise StatementError.of(
                f"a {kind} of {len(tokens)} tokens, because of signs that are rare in English",
                f"at most {MAX_PROMPT}",
                "shorten it, or use fewer emoji and special signs",
            )
        return tokens

    def request(self, prompt: list[int], setting: Setting) -> Request:
        """A request to the engine."""
        return Request(prompt, setting.weights, setting.strength, setting.temperature, setting.seed, MAX_TOKENS)

    def write(
        self,
        requests: Sequence[Request],
        keep_states: bool = False,
        keep_cache: bool = False,
        partial: Mapping[int, Decoded] | None = None,
    ) -> Generator[list[Decoded]]:
        """Write requests in one batch with everybody else's; see `Scheduler.stream`."""
        return self.scheduler.stream(requests, keep_states, keep_cache, partial)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens say."""
        return self.tokenizer.text(tokens)

    def scores(self, statement: str, replies: Sequence[str]) -> dict[str, list[float]]:
        """Scores of replies, 0 to 1, by objective."""
        return self.scorers.scores(statement, replies)

    def score_replies(self, statement: str, replies: Sequence[str]) -> dict[str, ReplyScores]:
        """Scores and faithfulness of each distinct reply."""
        return self.scorers.score_replies(statement, replies)
