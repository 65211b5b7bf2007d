"""Replies to the same statement without an objective, or by every coalition of objectives, scored by every scorer.

Equal settings are written once, in batches. The reflection itself and the base's reply are not written again. Left out:
which coalitions there are, and what follows from their scores (`emorl.explain.coalitions`).
"""

from __future__ import annotations

from contextlib import closing

from emorl.ensemble import Setting
from emorl.errors import WeightError
from emorl.explain import Variant, Variants, plan_variants
from emorl.reflecting.contract import shown
from emorl.reflecting.reflection import Reflection
from emorl.reflecting.writer import Writer

MAX_SHAPLEY_OBJECTIVES = 6
"""2^6 replies by two conventions."""

BATCH_SIZE = 16
"""Replies of coalitions that are written as one job."""


def write_variants(writer: Writer, reflection: Reflection, every: bool) -> Variants:
    """Write and score what `plan_variants` asks for.

    Args:
        writer: Writes and scores them.
        reflection: What they are variants of.
        every: Whether to write every coalition, not only those without one objective.

    Raises:
        WeightError: Too many objectives for every coalition.
        BusyError: Too many others are waiting.
    """
    names, own = list(reflection.objectives), reflection.setting
    if every and len(names) > MAX_SHAPLEY_OBJECTIVES:
        raise WeightError.of(
            f"{len(names)} objectives for Shapley values",
            f"at most {MAX_SHAPLEY_OBJECTIVES}",
            "ask for the replies without one objective instead",
        )
    plan = plan_variants(names, own.weights, own.strength, every)
    asked = [Setting(ask.weights, ask.strength, own.temperature, own.seed) for ask in plan]
    settings = [setting if setting.mixed else own.base() for setting in asked]
    written = {own.base(): reflection.base_reflection, own: reflection.reflection}
    missing = [setting for setting in dict.fromkeys(settings) if setting not in written]
    prompt = writer.prompt(reflection.statement)
    for start in range(0, len(missing), BATCH_SIZE):
        some = missing[start : start + BATCH_SIZE]
        with closing(writer.write([writer.request(prompt, setting) for setting in some])) as steps:
            *_, results = steps
        for setting, result in zip(some, results, strict=True):
            written[setting] = shown(reflection.statement, writer.text(result.tokens))
    replies = list(dict.fromkeys(written[setting] for setting in settings))
    scored = writer.scores(reflection.statement, replies)
    return Variants(
        tuple(names),
        tuple(
            Variant(
                ask.convention,
                ask.members,
                written[setting],
                {name: scores[replies.index(written[setting])] for name, scores in scored.items()},
            )
            for ask, setting in zip(plan, settings, strict=True)
        ),
    )
