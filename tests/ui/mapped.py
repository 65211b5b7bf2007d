"""A reflector of a toy language that is mixed and mapped for real: its experts' logits come from a seeded table.

What it writes is the argmax of the mixed logits over what the mask allows; its reasons and its atlas come from the
app's own code. So where the page answers a slider by itself, the answer can be held to what this reflector writes for
the same weights.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch

from emorl.ensemble import Setting
from emorl.ensemble.mask import forbid, no_run_twice
from emorl.ensemble.setting import objective_indices
from emorl.ensemble.weights import shares
from emorl.explain import Explanation, explain_reply
from emorl.explain.contributions import explain_tokens
from emorl.reflecting.best_of import plan, total
from emorl.reflecting.reflection import (
    Candidate,
    Draft,
    Objective,
    Reflection,
    ReplyScores,
    StatementAtlas,
    TokenExplanation,
    Trace,
    named_weights,
)
from emorl.reflecting.regions import BESIDE_OTHERS, MAX_STEPS, Pace, grow_regions
from tests.atlas.scripted import ScriptedDecoder
from tests.ui.scripted import MODEL, Interface

WORDS = ("<end>", "You", "feel", "tired", "torn", "and", "alone", "part", "of", "it", "matters", "still")
LENGTH = 7
NAMES = ("reflection", "empathy", "fluency", "warmth", "brevity", "clarity")


class Idle:
    """A scheduler with nothing to write, until told otherwise."""

    def __init__(self) -> None:
        self.jobs = (0, 0)

    def load(self) -> tuple[int, int]:
        return self.jobs


class MappedReflector(Interface):
    """K experts over twelve words; counts the maps that were begun and closed before their end."""

    objectives: tuple[Objective, ...]
    presets: dict[str, dict[str, float]]

    def __init__(
        self,
        count: int = 3,
        delay_s: float = 0.0,
        step_s: float = 0.0,
        seed: int = 5,
        length: int = LENGTH,
        faithfulness: float | None = None,
    ) -> None:
        self.faithfulness = faithfulness  # of every text, unless `checked` says otherwise
        self.delay_s, self.step_s, self.seed, self.length = delay_s, step_s, seed, length
        self.started = self.maps = self.maps_closed = 0
        self.hold_map = threading.Event()  # set: the map goes on
        self.hold_at: int | None = None  # regions found when the map is held up
        self.scheduler = Idle()
        self._experts = cache(self._draw)
        self.decoder: Any = ScriptedDecoder(self._experts, count, len(WORDS), [0])
        self.objectives = tuple(
            Objective(name, name.capitalize(), f"Says more of {name}. Example: so.") for name in NAMES[:count]
        )
        even = {name: 1.0 for name in NAMES[:count]}
        self.presets = {
            "balanced": {name: 0.5 for name in even},
            **{name: {other: float(other == name) for other in even} for name in even},
            "base": dict.fromkeys(even, 0.0),
        }

    def _draw(self, words: tuple[int, ...]) -> list[list[float]]:
        rng = random.Random(f"{self.seed} {words}")
        logits = [[rng.gauss(0, 2) for _ in WORDS] for _ in self.decoder.lora.adapters]
        for row in logits:
            row[0] = 3.0 if len(words) >= self.length else -9.0
            for word in words[-1:]:
                row[word] -= 9.0
        return logits

    @property
    def names(self) -> list[str]:
        return [objective.name for objective in self.objectives]

    def setting(
        self, weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0, seed: int = 0
    ) -> Setting:
        return Setting.of(self.names, weights, strength, temperature, seed)

    def objective_indices(self, names: Iterable[str]) -> list[int]:
        return objective_indices(self.names, names)

    def prompt(self, statement: str) -> list[int]:
        return [1]

    def text(self, tokens: Sequence[int]) -> str:
        return " ".join(WORDS[token] for token in tokens if token) + "."

    def scores(self, statement: str, replies: Sequence[str]) -> dict[str, list[float]]:
        return {objective.name: [len(reply) % 10 / 10 for reply in replies] for objective in self.objectives}

    def checked(self, reply: str) -> tuple[float | None, float | None]:
        """Faithfulness of a reply, and whether a counsellor would say it."""
        return self.faithfulness, None

    def score_replies(self, statement: str, replies: Sequence[str]) -> dict[str, ReplyScores]:
        texts = list(dict.fromkeys(replies))
        scores = self.scores(statement, texts)
        return {
            text: ReplyScores({name: values[i] for name, values in scores.items()}, *self.checked(text))
            for i, text in enumerate(texts)
        }

    def write(self, weights: Sequence[float], strength: float = 1.0) -> tuple[list[int], list[torch.Tensor]]:
        """Greedy token ids, and the states (K+1, V) of every step; with the identity as head states are logits."""
        share, tokens, states = torch.tensor(shares(weights)), list[int](), []
        while not tokens or (tokens[-1] and len(tokens) < 64):
            experts = torch.tensor(self._experts(tuple(tokens)))
            base = torch.linspace(0, 1e-3, len(WORDS)) - (torch.arange(len(WORDS)) == 0).float()
            base = base + 4 * float(len(tokens) >= 3) * (torch.arange(len(WORDS)) == 0)
            base = torch.where(share.sum() == 0, base, torch.zeros_like(base))
            states.append(torch.cat([base[None], experts]))
            mixed = base + strength * (share[:, None] * (experts - base)).sum(0)
            tokens.append(int(forbid(mixed[None], [no_run_twice(tokens)]).argmax()))
        return tokens, states

    def written(self, setting: Setting) -> tuple[list[int], list[torch.Tensor]]:
        """As `write`; where words are sampled, what other weights write, which the seed draws."""
        if not setting.temperature:
            return self.write(setting.weights, setting.strength)
        drawn = random.Random(setting.seed)
        return self.write([drawn.random() for _ in setting.weights], setting.strength)

    def stream(self, statement: str, setting: Setting, explain: bool = True) -> Generator[Draft | Reflection]:
        self.started += 1
        tokens, states = self.written(setting)
        for end in range(1, len(tokens)):
            time.sleep(self.delay_s)
            yield Draft(self.text(tokens[:end]))
        names = self.names
        reply, base = self.text(tokens), self.text(self.write([0.0] * len(names))[0])
        (faithful, said), (base_faithful, base_said) = self.checked(reply), self.checked(base)
        facts = explain_tokens(tokens, torch.stack(states), setting.weights, setting.strength, torch.eye(len(WORDS)))
        yield Reflection(
            statement=statement,
            reflection=reply,
            base_reflection=base,
            objectives=tuple(names),
            setting=setting,
            scores=dict.fromkeys(names, 0.5),
            base_scores=dict.fromkeys(names, 0.25),
            tokens=tuple(
                TokenExplanation(
                    f" {WORDS[fact.token]}{'.' * (index == len(tokens) - 2)}",
                    fact.token,
                    " " + WORDS[fact.foil],
                    fact.margin,
                    dict(zip(["base", *names], fact.contributions, strict=True)),
                    dict(zip(names, fact.unchanged, strict=True)),
                )
                for index, fact in enumerate(facts)
                if fact.token
            ),
            timing={"prefill_ms": 1.0, "decode_ms": 2.0, "tokens": len(tokens)},
            model=MODEL,
            stopped=False,
            faithfulness=faithful,
            would_say=said,
            base_faithfulness=base_faithful,
            base_would_say=base_said,
            trace=Trace(tuple(tokens), torch.stack(states)),
        )

    def stream_best(
        self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: StatementAtlas | None = None
    ) -> Generator[Draft | Reflection]:
        """The plan and the totals are the engine's own; a text's scores go by its length."""
        planned, shares = plan(setting, count, self.names, atlas), named_weights(self.names, setting)
        *drafts, _ = self.stream(statement, planned[0][1])
        yield from drafts
        found: dict[str, Candidate] = {}
        for made, own in planned:
            text = self.text(self.written(own)[0])
            scored = self.score_replies("", [text])[text]
            one = Candidate(
                text, made, own, scored.scores, scored.faithfulness, scored.would_say, total(shares, scored)
            )
            found.setdefault(text, one)
        ranked = sorted(found.values(), key=lambda one: -one.total)
        *_, chosen = self.stream(statement, ranked[0].setting)
        assert isinstance(chosen, Reflection)
        yield replace(chosen, candidates=tuple(ranked))

    def side_by_side(
        self, statement: str, settings: Sequence[Setting], explain: bool = True
    ) -> Generator[tuple[Draft, ...] | tuple[Reflection, ...]]:
        """As `stream` for each setting, step by step."""
        written = [list(self.stream(statement, setting)) for setting in settings]
        drafts = [[one for one in steps if isinstance(one, Draft)] for steps in written]
        for step in range(max(map(len, drafts))):
            yield tuple(some[min(step, len(some) - 1)] for some in drafts)
        yield tuple(one for steps in written for one in steps if isinstance(one, Reflection))

    def explain(self, reflection: Reflection) -> Explanation:
        """As the app's own reflector does it."""
        assert reflection.trace is not None
        return explain_reply(
            reflection.trace.tokens,
            reflection.trace.states,
            reflection.weights,
            reflection.setting.strength,
            torch.eye(len(WORDS)),
            lambda token: " " + WORDS[token],
            [0],
            {objective.name: objective.label.lower() for objective in self.objectives},
        )

    def atlas(
        self,
        statement: str,
        strength: float = 1.0,
        objectives: Sequence[str] | None = None,
        max_steps: int | None = MAX_STEPS,
        min_area: float = 1e-4,
        pace: Pace = BESIDE_OTHERS,
    ) -> Generator[Any]:
        """The app's own `grow_regions` over the toy language, as slowly as wanted."""
        self.maps += 1
        try:
            writer: Any = self
            for step in grow_regions(writer, statement, strength, objectives, max_steps, min_area, pace):
                time.sleep(self.step_s)
                yield step
                held = self.hold_at is not None and step and len(step["regions"]) >= self.hold_at
                while held and self.hold_at is not None and not self.hold_map.wait(0.1):
                    yield None
        except GeneratorExit:
            self.maps_closed += 1
            raise
