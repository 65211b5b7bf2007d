"""Why one text is shown and not another: the candidates of a reflection that is the best of several.

The choice is explained by scores, the words of a candidate by the setting that wrote it. Left out: choosing
(`emorl.reflecting.best_of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emorl.reflecting.reflection import Made, named_weights
from emorl.safety import Chip, check_reply
from emorl.ui.writing.asked import Asked
from emorl.ui.writing.scores import Faithfulness, Score, faithfulness_payload, score_payloads

if TYPE_CHECKING:
    from emorl.reflecting.reflection import Candidate, Reflection


@dataclass(frozen=True)
class CandidatePayload:
    """One of the texts that the best was chosen from.

    Attributes:
        text: The reflection.
        chips: What in it to look at twice.
        made: "greedy", "atlas" or "sampled".
        weights: Share of each objective that wrote it.
        strength: s.
        temperature: 0 for greedy.
        seed: Of sampling.
        scores: Automatic scores.
        faithfulness: Whether it stays with what was said; None without a scorer.
        would_say: Whether a counsellor would say it, 0 to 1; None without a scorer.
        total: What it was compared by, 0 to 1.
    """

    text: str
    chips: tuple[Chip, ...]
    made: Made
    weights: dict[str, float]
    strength: float
    temperature: float
    seed: int
    scores: tuple[Score, ...]
    faithfulness: Faithfulness | None
    would_say: float | None
    total: float


@dataclass(frozen=True)
class Choice:
    """What a text was chosen from, and by what.

    Attributes:
        written: How many were written; equal texts count once among the candidates.
        shares: Share of each objective that was asked for, which its score counts with.
        candidates: The different texts, the chosen one first.
    """

    written: int
    shares: dict[str, float]
    candidates: tuple[CandidatePayload, ...]


def choice_payload(reflection: Reflection, asked: Asked, labels: Mapping[str, str]) -> Choice | None:
    """The choice that gave a reflection; None where it was written alone.

    Args:
        reflection: As it was chosen.
        asked: What was asked for.
        labels: Of the objectives, by name.
    """
    if not reflection.candidates:
        return None

    def shown(one: Candidate) -> CandidatePayload:
        return CandidatePayload(
            text=one.reflection,
            chips=check_reply(reflection.statement, one.reflection),
            made=one.made,
            weights=named_weights(reflection.objectives, one.setting),
            strength=one.setting.strength,
            temperature=one.setting.temperature,
            seed=one.setting.seed,
            scores=score_payloads(one.scores, labels),
            faithfulness=faithfulness_payload(one.faithfulness),
            would_say=one.would_say,
            total=one.total,
        )

    shares = named_weights(reflection.objectives, asked.setting)
    return Choice(asked.best_of, shares, tuple(map(shown, reflection.candidates)))
