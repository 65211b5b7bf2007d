"""The scorers of a models folder, for all threads: a score for each objective, and faithfulness.

They have a lock of their own, so while one reply is being scored, everybody else's is still being written. Left out:
how a score is computed (`emorl.scoring`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emorl.errors import AssetError
from emorl.heap import trim
from emorl.models.manifest import Manifest
from emorl.models.template import END, prompt_text
from emorl.reflecting.reflection import ReplyScores
from emorl.scoring.fluency import FluencyScorer
from emorl.scoring.load import ScorerFolders
from emorl.scoring.own import OwnScorer
from emorl.scoring.scorer import Scorer
from emorl.settings import settings

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM


class Scorers:
    """A scorer for each objective that has one, and perhaps one for faithfulness and one for the choice among replies.

    Attributes:
        by_objective: In slider order.
        faithfulness: Scores whether a reply keeps to what the client said; None without such a scorer.
        would_say: Scores whether a counsellor would say a reply, all things considered; None without such a scorer.
    """

    def __init__(
        self, scorers: Mapping[str, Scorer], faithfulness: Scorer | None = None, would_say: Scorer | None = None
    ) -> None:
        """Args: see the attributes."""
        self.by_objective, self.faithfulness, self.would_say = dict(scorers), faithfulness, would_say
        self._lock = threading.Lock()  # their fast tokenizers must not be used by two threads at once

    @classmethod
    def load(cls, manifest: Manifest, base: Path, model: LlamaForCausalLM | None = None) -> Scorers:
        """The scorers that a manifest names.

        Args:
            manifest: Names them.
            base: Folder of the base, which measures fluency and which some scorers are made of.
            model: The base model itself, from `open_stored`, whose weights they share; opened by default.

        Raises:
            AssetError: A scorer is missing, or is a function of a module that may not be imported.
        """
        folders = ScorerFolders(base, manifest.warm_start, model)
        fluency: FluencyScorer | None = None
        scorers: dict[str, Scorer] = {}
        for entry in manifest.objectives:
            if isinstance(entry.scorer, Path):
                scorers[entry.name] = folders.load(entry.scorer, entry.name)
            elif entry.scorer is not None and entry.scorer != "fluency":
                scorers[entry.name] = _own(entry.scorer)
            elif entry.scorer is not None:
                fluency = fluency or FluencyScorer(base, prompt_text, END, folders.model)
                scorers[entry.name] = fluency
        faithfulness = would_say = None
        if manifest.faithfulness is not None:
            faithfulness = folders.load(manifest.faithfulness, "faithfulness")
            would_say = folders.load_if_there(manifest.faithfulness, "would_say")
        return cls(scorers, faithfulness, would_say)

    def scores(self, statement: str, replies: Sequence[str]) -> dict[str, list[float]]:
        """Scores of replies, 0 to 1, by objective."""
        pairs = [statement] * len(replies), list(replies)
        with self._lock:
            found = {name: scorer.score(*pairs) for name, scorer in self.by_objective.items()}
        trim()  # writing and scoring have freed a hundred megabytes
        return {name: [float(value) for value in values] for name, values in found.items()}

    def score_replies(self, statement: str, replies: Sequence[str]) -> dict[str, ReplyScores]:
        """All scores of each distinct reply."""
        texts = list(dict.fromkeys(replies))
        scores = self.scores(statement, texts)
        faithful, said = (self._checked(scorer, statement, texts) for scorer in (self.faithfulness, self.would_say))
        return {
            text: ReplyScores({name: values[i] for name, values in scores.items()}, faithful[i], said[i])
            for i, text in enumerate(texts)
        }

    def _checked(self, scorer: Scorer | None, statement: str, texts: Sequence[str]) -> list[float] | list[None]:
        """Scores of texts, or None for each where there is no scorer."""
        if scorer is None:
            return [None] * len(texts)
        with self._lock:
            return [float(value) for value in scorer.score([statement] * len(texts), texts)]


def _own(name: str) -> OwnScorer:
    """A function that a manifest names, if its module is one of those that may be imported."""
    module = name.partition(":")[0]
    if module not in settings().scorers:
        raise AssetError.of(
            f"the scorer {name} in the manifest",
            "a module that EMORL_SCORERS lists",
            f"set EMORL_SCORERS={module} if you trust that code",
        )
    return OwnScorer(name)
