"""The one object app and command line talk to: statement and weights in, reflection with its reasons out.

It loads base, warm start, adapters and scorers of a models folder, writes the reflection beside the base's own reply in
one batch, scores both and explains every token. It remembers the last few replies only, for moved weights; what several
threads ask for at once is written together. What comes out is in `reflection.py`, the best of several candidates in
`choosing.py`, the atlas beside other work in `mapping.py`, replies without an objective in `variants.py`. Left out:
crisis checks and storage, which the callers do first and after.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from emorl.assets import BASE_SHA256, ensure_base, models_dir
from emorl.choosing import write_best
from emorl.contract import check_candidates
from emorl.ensemble import Decoded, EnsembleDecoder, LlamaBackbone, Request, Scheduler, StackedLora, shares
from emorl.ensemble.lora import load_adapter
from emorl.ensemble.products import halves
from emorl.ensemble.rewrite import remix
from emorl.errors import ManifestError, WeightError
from emorl.explain import Explanation, Variants, explain_reply
from emorl.explain.contributions import explain_tokens
from emorl.manifest import Manifest, read_manifest
from emorl.mapping import MAX_STEPS, chart
from emorl.reflection import Candidate, Draft, Judged, Objective, Reflection, TokenExplanation, Trace
from emorl.scoring.cross_encoder import CrossEncoderScorer
from emorl.scoring.fluency import FluencyScorer
from emorl.template import END, MAX_STATEMENT, TEMPLATE, check_statement, prompt_text
from emorl.variants import write_variants

__all__ = [
    "MAX_STATEMENT", "Candidate", "Draft", "Objective", "Reflection", "Reflector", "TokenExplanation", "Trace",
]  # fmt: skip

MAX_TOKENS = 64
REMEMBERED = 4
"""Last greedy replies whose states and caches stay in memory, so that moved weights do not write them anew."""


def default_precision() -> str:
    """float16 weights with float32 sums where the processor has such products (x86), else float32.

    Half the memory to read of float32, and replies that differ from float32's as rarely as those of float32 in another
    batch; bfloat16 is no faster for one user and much less exact (docs/cost.md has the figures).
    """
    return "float16" if halves() else "float32"


class Reflector:
    """Base, adapters and scorers of one models folder."""

    def __init__(self, manifest: Manifest, base: Path, precision: str) -> None:
        """Load everything; see `load`."""
        from transformers import AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()  # its load reports speak of heads that the adapters bring
        logging.disable_progress_bar()
        if manifest.template != TEMPLATE:
            raise ManifestError(
                f"The models in {manifest.folder} were trained with another prompt template: expected this version's; "
                "train them again."
            )
        self.manifest = manifest
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        warm = load_adapter(manifest.warm_start, manifest.base_sha256) if manifest.warm_start else None
        adapters = [load_adapter(o.adapter, manifest.base_id, o.name) for o in manifest.objectives]
        backbone = LlamaBackbone.from_pretrained(base, warm, precision)
        end = self.tokenizer.convert_tokens_to_ids(END)
        self.decoder = EnsembleDecoder(backbone, StackedLora(adapters), [end])
        self.scheduler = Scheduler(self.decoder)
        self._last: list[tuple[Request, Decoded, Decoded]] = []  # with the base's own reply, the latest last
        self._one_at_a_time = threading.Lock()  # fast tokenizers may not be used by two threads at once
        self.objectives = tuple(Objective(o.name, o.label, o.help, o.sha256) for o in manifest.objectives)
        self.presets = manifest.presets
        fluency = None
        self.scorers: dict[str, CrossEncoderScorer | FluencyScorer] = {}
        for entry in manifest.objectives:
            if isinstance(entry.scorer, Path):
                self.scorers[entry.name] = CrossEncoderScorer(entry.scorer)
            else:
                fluency = fluency or FluencyScorer(base, prompt_text, END)
                self.scorers[entry.name] = fluency
        self.faithfulness = CrossEncoderScorer(manifest.faithfulness) if manifest.faithfulness else None

    @classmethod
    def load(cls, models: Path | None = None, dtype: str | None = None, progress: bool = False) -> Reflector:
        """Load a models folder on the base it names.

        Args:
            models: Models folder; `$EMORL_MODELS` or the shipped one by default.
            dtype: A key of `PRECISIONS`; what suits the processor by default.
            progress: Show progress while the base is fetched for the first time.

        Raises:
            AssetError: The base or the models folder cannot be found.
            ManifestError: The models folder is inconsistent.
            AdapterMismatch: An adapter cannot be mixed exactly.
        """
        manifest = read_manifest(models_dir(models))
        base = ensure_base(progress=progress)
        if manifest.base_sha256 != BASE_SHA256 and not os.environ.get("EMORL_BASE"):
            raise ManifestError(
                f"The models in {manifest.folder} need the base {manifest.base_sha256[:12]}: expected "
                f"{BASE_SHA256[:12]}; name that base's folder in EMORL_BASE."
            )
        return cls(manifest, base, dtype or default_precision())

    def raw_weights(self, weights: Mapping[str, float]) -> list[float]:
        """K raw weights in slider order; unnamed objectives get 0.

        Raises:
            WeightError: An unknown objective.
        """
        names = [o.name for o in self.objectives]
        if unknown := sorted(set(weights) - set(names)):
            raise WeightError(f"Weights name {', '.join(unknown)}: expected {', '.join(names)}; check the spelling.")
        return [float(weights.get(name, 0.0)) for name in names]

    def reflect(
        self, statement: str, weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0,
        seed: int = 0, explain: bool = True,
    ) -> Reflection:  # fmt: skip
        """Write one reflection to its end; see `stream`."""
        *_, last = self.stream(statement, weights, strength, temperature, seed, explain)
        assert isinstance(last, Reflection)
        return last

    def stream(
        self, statement: str, weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0,
        seed: int = 0, explain: bool = True,
    ) -> Generator[Draft | Reflection]:  # fmt: skip
        """Write a reflection token by token; closing the iterator stops at the next step.

        Args:
            statement: What the client said, 1 to 600 characters.
            weights: Raw weights by objective; all zero gives the base's own reply.
            strength: s; 1 is the plain ensemble.
            temperature: 0 for greedy.
            seed: Seed of sampling.
            explain: Explain every token.

        Yields:
            A `Draft` after each token, then one `Reflection`.

        Raises:
            StatementError: An empty or overlong statement.
            WeightError: Bad weights, strength or temperature.
            BusyError: Too many others are waiting.
        """
        setting = {"weights": weights, "strength": strength, "temperature": temperature, "seed": seed}
        with closing(self.side_by_side(statement, [setting], explain)) as steps:
            for (step,) in steps:
                yield step

    def side_by_side(
        self, statement: str, settings: Sequence[Mapping[str, Any]], explain: bool = True
    ) -> Generator[tuple[Draft, ...] | tuple[Reflection, ...]]:
        """Write one statement with several settings at once, as rows of one batch; equal rows are written once.

        Args:
            statement: What the client said, 1 to 600 characters.
            settings: For each reflection `weights` and, where they differ from the defaults of `stream`, `strength`,
                `temperature` and `seed`.
            explain: Explain every token.

        Yields:
            A `Draft` for each setting after each step, then a `Reflection` for each.

        Raises:
            StatementError: An empty or overlong statement.
            WeightError: Bad weights, strength or temperature.
            BusyError: Too many others are waiting.
        """
        text = check_statement(statement)
        prompt = self.token_ids(prompt_text(text))
        requests: list[Request] = []
        places: list[tuple[int, int]] = []  # of each setting's reply, and of the base's own reply beside it
        for setting in settings:
            own = self._request(prompt, **setting)
            base = self.base_request(own)
            for row in (own, base):
                if row not in requests:
                    requests.append(row)
            places.append((requests.index(own), requests.index(base)))
        lone = len(settings) == 1  # what is remembered for moved weights is the last reply written by itself
        greedy = lone and requests[0].temperature == 0
        begun = self._taken_over(requests) if greedy else {}
        results: list[Decoded] = []
        shown: list[int] = []
        with closing(self.scheduler.stream(requests, explain or greedy, greedy, begun)) as steps:
            for results in steps:
                lengths = [len(results[own].tokens) for own, _ in places]
                if lengths != shown:
                    shown = lengths
                    yield tuple(Draft(self.text(results[own].tokens)) for own, _ in places)
        if greedy:
            with self._one_at_a_time:
                self._last = [pair for pair in self._last if pair[0].prompt != prompt][1 - REMEMBERED :]
                self._last.append((requests[0], results[0], replace(results[-1], cache=None)))
        judged = self.judge(text, [self.text(result.tokens) for result in results])
        written = [self.finish(text, requests[own], results[own], results[base], judged, explain)
                   for own, base in places]  # fmt: skip
        reused = len(begun[0].tokens) if begun else 0
        yield tuple(replace(reflection, reused=reused) for reflection in written)

    def best_of(
        self, statement: str, count: int, weights: Mapping[str, float], strength: float = 1.0,
        temperature: float = 0.0, seed: int = 0, explain: bool = True, atlas: Mapping[str, Any] | None = None,
    ) -> Reflection:  # fmt: skip
        """The best of several reflections; see `stream_best`."""
        *_, last = self.stream_best(statement, count, weights, strength, temperature, seed, explain, atlas)
        assert isinstance(last, Reflection)
        return last

    def stream_best(
        self, statement: str, count: int, weights: Mapping[str, float], strength: float = 1.0,
        temperature: float = 0.0, seed: int = 0, explain: bool = True, atlas: Mapping[str, Any] | None = None,
    ) -> Generator[Draft | Reflection]:  # fmt: skip
        """Write several candidates as rows of one batch and give the best by its scores (see `choosing`).

        Args:
            statement: What the client said, 1 to 600 characters.
            count: Candidates, 1 to 16.
            weights: Raw weights by objective; their shares also weigh the scores.
            strength: s; 1 is the plain ensemble.
            temperature: Of the samples; 0 stands for .7.
            seed: Seed of the first sample, the next one has the next seed.
            explain: Explain every token of the chosen one.
            atlas: The statement's atlas, as `atlas` yields it: its reflections are candidates too.

        Yields:
            A `Draft` of the greedy candidate after each step, then the chosen `Reflection` with its candidates.

        Raises:
            StatementError: An empty or overlong statement.
            WeightError: Bad weights, strength or temperature.
            EmorlError: A bad number of candidates.
            BusyError: Too many others are waiting.
        """
        check_candidates(count)
        text = check_statement(statement)
        own = self._request(self.token_ids(prompt_text(text)), weights, strength, temperature, seed)
        yield from write_best(self, text, own, count, explain, atlas)

    def base_request(self, own: Request) -> Request:
        """The request of the base's own reply beside a reflection; the same one where no adapter has a say."""
        mixed = any(own.weights) and own.strength > 0
        return replace(own, weights=[0.0] * len(own.weights), strength=1.0) if mixed else own

    def _request(
        self, prompt: list[int], weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0,
        seed: int = 0,
    ) -> Request:  # fmt: skip
        """One sequence; strength and weights are checked where it is written."""
        if not math.isfinite(temperature) or not 0 <= temperature <= 2:
            raise WeightError(f"Temperature is {temperature}: expected 0 to 2; 0 always takes the best word.")
        return Request(prompt, self.raw_weights(weights), strength, temperature, seed, MAX_TOKENS)

    def _taken_over(self, requests: list[Request]) -> dict[int, Decoded]:
        """What the last reply to the same prompt tells about these greedy requests: nothing of it is written anew."""
        with self._one_at_a_time:
            found = next((pair for pair in self._last if pair[0].prompt == requests[0].prompt), None)
        if found is None or requests[0].temperature:
            return {}
        old, written, base = found
        begun = {0: remix(self.decoder, old, written, requests[0])}
        begun[0] = replace(begun[0], kept=list(begun[0].kept))
        if len(requests) > 1:
            begun[1] = base
        return begun

    def _piece(self, token: int) -> str:
        with self._one_at_a_time:
            return self.tokenizer.decode([token])

    def atlas(
        self, statement: str, strength: float = 1.0, objectives: Sequence[str] | None = None,
        max_steps: int = MAX_STEPS, min_area: float = 1e-4,
    ) -> Generator[dict[str, Any] | None]:  # fmt: skip
        """Every greedy reflection the weights can reach, found while nobody else's is being written.

        Args:
            statement: What the client said, 1 to 600 characters.
            strength: s.
            objectives: Names of one to four to span; the others stay at weight 0. All by default.
            max_steps: Most prefixes sent through the experts; what is open then stays open.
            min_area: Pieces with a smaller share of the weights are given up.

        Yields:
            The atlas so far: the fields of `atlas --json`, `strength`, `open` (share still being written or given up)
            and `finished`; scores come with the last. None while it waits for others. Closing it stops there.

        Raises:
            StatementError: An empty or overlong statement.
            WeightError: Unknown objectives or a bad strength.
            EmorlError: Too many objectives, a bad budget or minimum area.
        """
        yield from chart(self, statement, strength, objectives, max_steps, min_area, MAX_TOKENS)

    def token_ids(self, prompt: str) -> list[int]:
        """Token ids of a prompt; safe from any thread."""
        with self._one_at_a_time:
            return list(self.tokenizer(prompt).input_ids)

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens say; safe from any thread."""
        with self._one_at_a_time:
            return self.tokenizer.decode(list(tokens), skip_special_tokens=True).strip()

    def scores(self, statement: str, replies: Sequence[str]) -> dict[str, list[float]]:
        """Scores of replies, 0 to 1, by objective; safe from any thread."""
        with self._one_at_a_time:
            found = {name: scorer.score([statement] * len(replies), list(replies))
                     for name, scorer in self.scorers.items()}  # fmt: skip
        return {name: [float(value) for value in values] for name, values in found.items()}

    def judge(self, statement: str, replies: Sequence[str]) -> dict[str, Judged]:
        """Scores and faithfulness of each different reply; safe from any thread."""
        texts = list(dict.fromkeys(replies))
        scores = self.scores(statement, texts)
        faithful: list[float] | list[None] = [None] * len(texts)
        if self.faithfulness is not None:
            with self._one_at_a_time:
                faithful = self.faithfulness.score([statement] * len(texts), texts).tolist()
        return {text: Judged({name: values[i] for name, values in scores.items()}, faithful[i])
                for i, text in enumerate(texts)}  # fmt: skip

    def finish(
        self, statement: str, request: Request, own: Decoded, base: Decoded, judged: Mapping[str, Judged], explain: bool
    ) -> Reflection:
        """Put together what was written, and explain it.

        Args:
            statement: What the client said.
            request: What wrote the reflection.
            own: Its result, with states if it is to be explained.
            base: The base's own reply.
            judged: Scores of both texts.
            explain: Explain every token.
        """
        names, share = [o.name for o in self.objectives], shares(request.weights)
        reply, base_reply = self.text(own.tokens), self.text(base.tokens)
        tokens: list[TokenExplanation] = []
        if explain:
            backbone = self.decoder.backbone
            facts = explain_tokens(own.tokens, own.states, share, request.strength, backbone.head, backbone.scale,
                                   self.decoder.mask)  # fmt: skip
            for fact in facts:
                if fact.token in self.decoder.end_tokens:
                    continue
                word, foil = self._piece(fact.token), self._piece(fact.foil)
                parts = dict(zip(["base", *names], fact.contributions, strict=True))
                intervals = dict(zip(names, fact.unchanged, strict=True))
                tokens.append(TokenExplanation(word, fact.token, foil, fact.margin, parts, intervals))
        return Reflection(
            statement=statement,
            reflection=reply,
            base_reflection=base_reply,
            weights=dict(zip(names, share, strict=True)),
            strength=request.strength,
            temperature=request.temperature,
            seed=request.seed,
            scores=judged[reply].scores,
            base_scores=judged[base_reply].scores,
            tokens=tuple(tokens),
            timing={"prefill_ms": round(own.prefill_ms, 1), "decode_ms": round(own.decode_ms, 1),
                    "tokens": len(own.tokens)},  # fmt: skip
            model={"base": "SmolLM2-135M-Instruct" if self.manifest.base_sha256 == BASE_SHA256 else "custom",
                   "base_sha256": self.manifest.base_sha256,
                   "adapters": {o.name: o.adapter_sha256 for o in self.objectives}},  # fmt: skip
            stopped=not own.ended,
            faithfulness=judged[reply].faithfulness,
            trace=Trace(tuple(own.tokens), own.states) if explain else None,
        )

    def explain(self, reflection: Reflection) -> Explanation:
        """Everything there is to say about a reflection, from the states that wrote it; nothing is written anew.

        Raises:
            ValueError: It was written with `explain=False`.
        """
        if reflection.trace is None:
            raise ValueError("expected a reflection written with explain=True")
        backbone, trace = self.decoder.backbone, reflection.trace
        return explain_reply(
            trace.tokens, trace.states, reflection.weights, reflection.strength, backbone.head, self._piece,
            self.decoder.end_tokens, {o.name: o.label.lower() for o in self.objectives}, backbone.scale,
            reflection.temperature, self.decoder.mask,
        )  # fmt: skip

    def variants(self, reflection: Reflection, every: bool = False) -> Variants:
        """What is written without each objective or, if `every`, by every coalition of them; see `write_variants`."""
        return write_variants(self, reflection, every, MAX_TOKENS)
