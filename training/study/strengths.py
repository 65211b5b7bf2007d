"""The strength of a run, searched on held-back statements for the aim of the weight search; of a mixture with weights.

Every method is searched over the same strengths s of f = h_0 + s Σ ŵ_k (h_k - h_0), on the same statements. At s = 1 a
run keeps the weights that it has. At any other strength the weights of the ensemble and of the soup are searched anew,
in the way of the section `baselines`; a single adapter has no weights to search. Each strength is kept as soon as it is
done, under a digest of all that it depends on. Left out: unseen statements, on which the report measures the choice.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from emorl.scoring.scorer import Score
from training.baselines.soups import soups
from training.card import table
from training.checkpoints import write_json
from training.search.methods import run_method
from training.search.score import WeightScore, ensemble
from training.search.settings import Aim, SearchConfig
from training.study.measures import Bench, adapter_hashes
from training.study.runs import Run

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tried:
    """One strength of a run.

    Attributes:
        strength: s.
        weights: The best weights at this strength.
        score: The aim of their mean rewards on the statements of the search.
        seconds: Wall clock of the search.
    """

    strength: float
    weights: tuple[float, ...]
    score: float
    seconds: float


@dataclass(frozen=True)
class StrengthSearch:
    """What the strengths of a run are worth.

    Attributes:
        run: The run as it was trained.
        tried: Every strength, in the order of the settings.
    """

    run: Run
    tried: tuple[Tried, ...]

    @property
    def best(self) -> Tried:
        """The strength that scores most; of equal ones the first."""
        return max(self.tried, key=lambda one: one.score)

    @property
    def chosen(self) -> Run:
        """The run with its best strength and the weights found there; it cost the search of all strengths besides."""
        spent, cost = sum(one.seconds for one in self.tried), self.run.cost
        cost = replace(cost, seconds_sum=cost.seconds_sum + spent, seconds_parallel=cost.seconds_parallel + spent)
        return replace(self.run, weights=self.best.weights, strength=self.best.strength, cost=cost)


@dataclass(frozen=True)
class Searcher:
    """Searches the strengths of runs.

    Attributes:
        bench: Opens the runs.
        method: Method of the weight search.
        settings: Its settings.
        aim: What is maximised, with its ideal if it needs one.
        statements: Held-back statements of the search.
        rewards: Each objective's reward, in the order of the weights.
        scorers: What identifies each scorer, for the digest.
        folder: Where results are kept.
    """

    bench: Bench
    method: str
    settings: SearchConfig
    aim: Aim
    statements: Sequence[str]
    rewards: Mapping[str, Score]
    scorers: Mapping[str, str]
    folder: Path

    def search(self, run: Run, strengths: Sequence[float]) -> StrengthSearch:
        """Search one run, but for the strengths that were searched before with the same settings."""
        path, digest = self.folder / f"{run.name}-strengths.json", self._digest(run)
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        done = {
            line["strength"]: Tried(line["strength"], tuple(line["weights"]), line["score"], line["seconds"])
            for line in (kept["tried"] if kept.get("digest") == digest else ())
        }
        for strength in strengths:
            if strength not in done:
                done[strength] = self._try(run, strength)
                self.folder.mkdir(parents=True, exist_ok=True)
                write_json(path, {"digest": digest, "tried": [asdict(one) for one in done.values()]})
        return StrengthSearch(run, tuple(done[strength] for strength in strengths))

    def _try(self, run: Run, strength: float) -> Tried:
        log.info("-- %s at strength %g", run.name, strength)
        began = time.time()
        mix = soups if run.method == "soup" else ensemble
        mixed = mix(self.bench.decoder(run), self.bench.tokenizer, self.settings.max_tokens, strength)
        if strength == 1 or len(run.weights) == 1:
            [score] = WeightScore(mixed.write, self.statements, self.rewards, self.aim)([run.weights])
            return Tried(strength, run.weights, score, time.time() - began)
        found = run_method(self.method, self.settings, self.aim, mixed, self.statements, self.rewards)
        return Tried(strength, found.best, found.score, time.time() - began)

    def _digest(self, run: Run) -> str:
        """What a search depends on, as one hash."""
        parts = [run.method, adapter_hashes(run, self.bench), run.weights, self.method, asdict(self.settings)]
        text = json.dumps([*parts, asdict(self.aim), list(self.statements), dict(self.scorers)])
        return hashlib.sha256(text.encode()).hexdigest()


def strength_text(searches: Sequence[StrengthSearch]) -> str:
    """The table of all strengths that were tried; a line where there are none."""
    if not searches:
        return "No strengths have been searched.\n"
    strengths = [one.strength for one in searches[0].tried]
    return table(
        ["run", *(f"at {strength:g}" for strength in strengths), "chosen", "weights there", "seconds"],
        [
            [
                search.run.name,
                *(f"{one.score:.3f}" for one in search.tried),
                f"{search.best.strength:g}",
                ", ".join(f"{weight:.3g}" for weight in search.best.weights),
                f"{sum(one.seconds for one in search.tried):.0f}",
            ]
            for search in searches
        ],
    )
