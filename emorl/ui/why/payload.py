"""What the Why screen shows, which is also what it offers as a file: never the client's statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from emorl.ui.payload import Part

if TYPE_CHECKING:
    from emorl.explain.coalitions import Convention, Variant, Variants
    from emorl.explain.explanation import Explanation, Overall, WordExplanation
    from emorl.reflecting.reflection import Objective, Reflection


@dataclass(frozen=True)
class WhyPayload:
    """The explanation of a reflection with what it explains.

    Attributes:
        reflection: The text.
        base_reflection: The base model's own reply.
        parts: The objectives, in the order of the sliders.
        weights: Share of each objective.
        strength: s.
        temperature: 0 for greedy.
        seed: Of sampling.
        words: Words, marks and the end with everything about each.
        overall: The reply as a whole.
        scores: Automatic scores by scorer, 0 to 1.
        model: The base and its hash, the adapters' hashes.
        phase: How the widget draws it.
    """

    reflection: str
    base_reflection: str
    parts: tuple[Part, ...]
    weights: dict[str, float]
    strength: float
    temperature: float
    seed: int
    words: tuple[WordExplanation, ...]
    overall: Overall
    scores: Mapping[str, float]
    model: Mapping[str, object]
    phase: Literal["done"] = "done"


def why_payload(reflection: Reflection, found: Explanation, objectives: tuple[Objective, ...]) -> WhyPayload:
    """The explanation of a reflection as the page gets it.

    A sampled reply has no ranges: inside them a word stays the likeliest, which is not why it was written.
    """
    words, overall = found.words, found.overall
    if reflection.setting.temperature > 0:
        words = tuple(replace(word, unchanged=dict.fromkeys(word.unchanged)) for word in words)
        overall = replace(overall, unchanged=dict.fromkeys(overall.unchanged))
    return WhyPayload(
        reflection=reflection.reflection,
        base_reflection=reflection.base_reflection,
        parts=tuple(Part(item.name, item.label) for item in objectives),
        weights=found.weights,
        strength=found.strength,
        temperature=found.temperature,
        seed=reflection.setting.seed,
        words=words,
        overall=overall,
        scores=reflection.scores,
        model=reflection.model,
    )


@dataclass(frozen=True)
class VariantsPayload:
    """Replies of other mixes.

    Attributes:
        objectives: In the order of the sliders.
        written: One reply for each mix.
        shapley: By convention, scorer and objective; empty unless every coalition was written.
        phase: How the widget draws it.
    """

    objectives: tuple[str, ...]
    written: tuple[Variant, ...]
    shapley: Mapping[Convention, Mapping[str, Mapping[str, float]]]
    phase: Literal["done"] = "done"


def variants_payload(found: Variants) -> VariantsPayload:
    """Replies of other mixes as the page gets them."""
    return VariantsPayload(found.objectives, found.written, found.shapley())
