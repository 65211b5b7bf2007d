"""A reflector that follows a script: known words, known contributions, no model.

It has the interface of `emorl.reflecting.reflector.Reflector` that the app uses, to which mypy holds it, so that what
the page shows can be held against numbers written here. The story with the shipped models is in
`tests/browser/test_story.py`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from emorl.ensemble import Setting
from emorl.explain import Explanation, OwnWord, Step, Variant, Variants, explanation, plan_variants
from emorl.explain.contributions import TokenFacts
from emorl.explain.own_words import Instead
from emorl.explain.steps import TokenCandidate
from emorl.models.template import check_statement
from emorl.reflecting.appraise import Appraisal, appraisal
from emorl.reflecting.best_of import plan, total
from emorl.reflecting.reflection import (
    Candidate,
    Draft,
    ModelIdentity,
    Objective,
    Reflection,
    ReplyScores,
    StatementAtlas,
    TokenExplanation,
    named_weights,
)

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector

    Interface = Reflector
else:
    Interface = object

REPLY = "Part of you is tired. You feel overwhelmed, and alone."
BASE_REPLY = "I am sorry to hear that."
# text, foil, contributions of base, reflection, empathy; "overwhelmed" comes in two pieces
TOKENS = (
    ("Part", "It", 1.0, 0.5, 0.25),
    (" of", " or", 2.0, 0.0, 0.0),
    (" you", " me", 1.0, 0.5, 0.5),
    (" is", " has", -0.5, 1.5, 0.5),
    (" tired", " sad", -1.0, 0.5, 2.0),
    (".", ",", 1.0, 0.0, 0.0),
    (" You", " It", 1.0, 0.25, 0.25),
    (" feel", " are", 0.5, 0.25, 0.25),
    (" over", " under", 0.5, 0.5, 0.5),
    ("whelmed", "whelming", 1.0, -0.25, 0.25),
    (",", ".", 0.5, 0.0, 0.0),
    (" and", " but", 1.0, 0.0, 0.0),
    (" alone", " lost", -0.25, 0.25, 1.0),
    (".", "!", 1.0, 0.0, 0.0),
    ("<|im_end|>", " You", 3.0, 0.0, 0.0),
)
SCORES, BASE_SCORES = {"reflection": 0.8, "empathy": 0.7}, {"reflection": 0.3, "empathy": 0.4}
MODEL: ModelIdentity = {
    "base": "scripted",
    "base_sha256": "0" * 64,
    "adapters": {"reflection": "1" * 64, "empathy": "2" * 64},
}


@dataclass(frozen=True)
class Sample:
    """What is written where words are sampled, and what the scorers say of it."""

    text: str
    scores: dict[str, float]
    faithfulness: float
    would_say: float | None = None


SAMPLES = (
    Sample("You sound worn out, and nobody seems to see it.", {"reflection": 0.6, "empathy": 0.9}, 0.9),
    Sample("You are tired because your mother never let you rest.", {"reflection": 0.9, "empathy": 0.9}, 0.1),
    Sample(REPLY, SCORES, 0.4),
    Sample("Should you see a doctor?", {"reflection": 0.1, "empathy": 0.2}, 0.3),
)
"""Which of them is written goes by the seed. Of eight for .6 and .4 the totals are:

the first  (.36 + .36) x .9 = .648, without faithfulness .72
REPLY      (.48 + .28) x .4 = .304, without faithfulness .76
the second (.54 + .36) x .1 = .09, without faithfulness .9
the last   (.06 + .08) x .3 = .042, without faithfulness .14
"""


class ScriptedReflector(Interface):
    """Writes `REPLY` (or echoes the statement), one token each `delay_s`; counts starts and early ends.

    With `samples` it writes one of them, by the seed, where it samples. With `faithfulness` it has a scorer for that,
    which says this of `REPLY` and of the base's reply, and of samples what they say.
    """

    objectives: tuple[Objective, ...]
    presets: dict[str, dict[str, float]]

    def __init__(
        self,
        delay_s: float = 0.0,
        echo: bool = False,
        hold_after: int | None = None,
        samples: Sequence[Sample] = (),
        faithfulness: float | None = None,
    ) -> None:
        self.samples, self.faithfulness = samples, faithfulness
        self.delay_s = delay_s
        self.echo = echo
        self.hold_after = hold_after  # stops after so many tokens until `go` is set
        self.go = threading.Event()
        self.started = 0
        self.closed_early = 0
        self.asked_variants = 0
        self.objectives = (
            Objective("reflection", "Reflection", "Says back what was meant."),
            Objective("empathy", "Empathy", "Shows that the feeling was understood."),
        )
        self.presets = {
            "balanced": {"reflection": 0.6, "empathy": 0.4},
            "reflection": {"reflection": 1.0, "empathy": 0.0},
            "empathy": {"reflection": 0.0, "empathy": 1.0},
            "base": {"reflection": 0.0, "empathy": 0.0},
        }

    def setting(
        self, weights: Mapping[str, float], strength: float = 1.0, temperature: float = 0.0, seed: int = 0
    ) -> Setting:
        """As the app's own reflector checks it."""
        return Setting.of([one.name for one in self.objectives], weights, strength, temperature, seed)

    def stream(self, statement: str, setting: Setting, explain: bool = True) -> Generator[Draft | Reflection]:
        """Drafts, then the reflection."""
        with closing(self.side_by_side(statement, [setting], explain)) as steps:
            for (step,) in steps:
                yield step

    def written(self, statement: str, weights: Mapping[str, float], *rest: Any) -> Reflection:
        """The finished reflection for weights by name."""
        *_, last = self.stream(statement, self.setting(weights, *rest))
        assert isinstance(last, Reflection)
        return last

    def side_by_side(
        self, statement: str, settings: Sequence[Setting], explain: bool = True
    ) -> Generator[tuple[Draft, ...] | tuple[Reflection, ...]]:
        """As `stream` for each setting; one of several that has no weights writes `BASE_REPLY`."""
        check_statement(statement)
        self.started += 1
        lone = len(settings) == 1
        scripts = [self._script(statement, setting, lone) for setting in settings]
        try:
            for index in range(max(map(len, scripts))):
                time.sleep(self.delay_s)
                if index == self.hold_after:
                    self.go.wait(120)
                yield tuple(Draft("".join(script[: index + 1])) for script in scripts)
        except GeneratorExit:
            self.closed_early += 1
            raise
        yield tuple(
            self._reflection(statement, "".join(script).rstrip() if not self.echo else statement, explain, setting)
            for script, setting in zip(scripts, settings, strict=True)
        )

    def stream_best(
        self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: StatementAtlas | None = None
    ) -> Generator[Draft | Reflection]:
        """The plan and the totals are the engine's own, the texts the script's; one is finished with each word."""
        names = tuple(objective.name for objective in self.objectives)
        planned = plan(setting, count, names, atlas)
        with closing(self.stream(statement, planned[0][1], explain=False)) as steps:
            for finished, step in enumerate(steps):
                if isinstance(step, Draft):
                    draft = replace(step, finished=min(finished, count - 1))
                    yield draft
        yield replace(draft, finished=count)
        found: dict[str, Candidate] = {}
        for made, own in planned:
            text = statement if self.echo else "".join(self._script(statement, own, True)).rstrip()
            scored, shares = self._scored(text), named_weights(names, setting)
            one = Candidate(
                text, made, own, scored.scores, scored.faithfulness, scored.would_say, total(shares, scored)
            )
            found.setdefault(text, one)
        ranked = sorted(found.values(), key=lambda one: -one.total)
        chosen = self._reflection(statement, ranked[0].reflection, explain, ranked[0].setting)
        yield replace(chosen, candidates=tuple(ranked))

    def best_of(
        self, statement: str, count: int, setting: Setting, explain: bool = True, atlas: StatementAtlas | None = None
    ) -> Reflection:
        """The last of `stream_best`."""
        *_, last = self.stream_best(statement, count, setting, explain, atlas)
        assert isinstance(last, Reflection)
        return last

    def appraise(self, statement: str, reply: str, beside: Sequence[str] = ()) -> tuple[Appraisal, ...]:
        """Checks as they are; reflection makes the first word twice as likely, empathy the second half as likely.

        Empathy would write "low" for the third word and the base as well; the fourth empathy alone would join to "You".
        """
        own = check_statement(reply, "reflection", "what you would say")
        self.started += 1
        words = []
        for index, text in enumerate(own.split()):
            log_p = {"base": -2.0, "reflection": -1.0 if index == 0 else -2.0, "empathy": -3.0 if index == 1 else -2.0}
            instead = {2: {"base": Instead("low", 2.0), "empathy": Instead("low", 2.0)}}.get(index, {})
            instead |= {3: {"empathy": Instead("You're", 2.0, True), "base": Instead("", 2.0)}}.get(index, {})
            words.append(OwnWord(text, index > 0, "word", log_p, instead))
        words.append(OwnWord("", False, "end", dict.fromkeys(("base", "reflection", "empathy"), -1.0), {}))
        scored = [self._scored(text) for text in (own, *beside)]
        first, *others = (appraisal(statement, text, one) for text, one in zip((own, *beside), scored, strict=True))
        return replace(first, words=tuple(words)), *others

    def _script(self, statement: str, setting: Setting, lone: bool) -> list[str]:
        if self.echo:
            return ["", statement]
        if self.samples and setting.temperature:
            return [word + " " for word in self.samples[setting.seed % len(self.samples)].text.split()]
        if lone or any(setting.weights):
            return [token[0] for token in TOKENS[:-1]]
        return [word + " " for word in BASE_REPLY.split()]

    def _scored(self, text: str) -> ReplyScores:
        scores, faithful, said = next(
            ((one.scores, one.faithfulness, one.would_say) for one in self.samples if one.text == text),
            (BASE_SCORES if text == BASE_REPLY else SCORES, self.faithfulness, None),
        )
        return ReplyScores(dict(scores), None if self.faithfulness is None else faithful, said)

    def _reflection(self, statement: str, written: str, explain: bool, setting: Setting) -> Reflection:
        scored = self._scored(written)
        return Reflection(
            statement=statement,
            reflection=written,
            base_reflection=statement if self.echo else BASE_REPLY,
            objectives=tuple(objective.name for objective in self.objectives),
            setting=setting,
            scores=scored.scores,
            base_scores=dict(BASE_SCORES),
            tokens=tuple(self._explained(statement, written)) if explain else (),
            timing={"prefill_ms": 100.0, "decode_ms": 400.0, "tokens": len(TOKENS)},
            model=MODEL,
            stopped=False,
            faithfulness=scored.faithfulness,
            would_say=scored.would_say,
            base_faithfulness=self.faithfulness,
        )

    def atlas(self, *_: Any, **__: Any) -> Generator[None]:
        """No map: a script knows one reply only (`tests/ui/mapped.py` has maps)."""
        yield from ()

    def explain(self, reflection: Reflection) -> Explanation:
        """The script's numbers through the real assembly; token i is i, its runner-up 100 + i, another word 200."""
        texts = {200: " low"}
        steps = []
        for token in reflection.tokens:
            y, r, parts = token.id, 100 + token.id, tuple(token.contributions.values())
            texts |= {y: token.text, r: token.foil}
            here, there = TokenCandidate(y, 0.5, (0.0,) * 3), TokenCandidate(r, 0.25, parts)
            low = TokenCandidate(200, 0.1, (2.0, 1.0, 0.5))
            own = (here if parts[0] >= 0 else there, here, low)
            facts = TokenFacts(y, r, token.margin, parts, tuple(token.unchanged.values()))
            steps.append(Step(facts, 1, 0.5, (here, there, low), own, (1.0, -1.0), (0.5, -0.5), 0.01 * y))
        end = {len(reflection.tokens) - 1} if not self.echo else set()
        labels = {item.name: item.label.lower() for item in self.objectives}
        return explanation(
            steps,
            reflection.weights,
            reflection.setting.strength,
            texts.__getitem__,
            end,
            labels,
            reflection.setting.temperature,
        )

    def variants(self, reflection: Reflection, every: bool = False) -> Variants:
        """A coalition's reply names its members; a score is a quarter a member, and a half more for empathy."""
        self.asked_variants += 1
        names, share = tuple(reflection.weights), list(reflection.weights.values())
        full = {frozenset(names): reflection.reflection, frozenset(): reflection.base_reflection}
        return Variants(
            names,
            tuple(
                Variant(
                    ask.convention,
                    ask.members,
                    full.get(frozenset(ask.members), f"Part of you is {' '.join(ask.members)}."),
                    {name: 0.25 * len(ask.members) + 0.5 * ("empathy" in ask.members) for name in names},
                )
                for ask in plan_variants(names, share, reflection.setting.strength, every)
            ),
        )

    def _explained(self, statement: str, written: str) -> Iterator[TokenExplanation]:
        tokens: tuple[tuple[str, str, float, float, float], ...] = TOKENS
        if not self.echo and written != REPLY:
            tokens = (*((f" {word}", " else", 1.0, 0.5, 0.25) for word in written.split()), TOKENS[-1])
        for index, (text, foil, base, reflection, empathy) in enumerate(tokens):
            shown = statement if self.echo and index == 0 else text
            yield TokenExplanation(
                text=shown,
                id=index,
                foil=statement if self.echo else foil,
                margin=base + reflection + empathy,
                contributions={"base": base, "reflection": reflection, "empathy": empathy},
                unchanged={"reflection": (0.01 * index, 0.9), "empathy": (0.1, 1.0 - 0.01 * index)},
            )
