"""Replies of the same statement without an objective, or by every coalition of objectives, each scored by every scorer.

Equal settings are written once, in batches; the reflection itself and the base's reply are not written again. Left out:
which coalitions there are and what follows from their scores (`emorl.explain.coalitions`).
"""

from __future__ import annotations

from contextlib import closing

from emorl.ensemble import Setting
from emorl.errors import WeightError
from emorl.explain import Variant, Variants, plan_variants
from emorl.reflecting.reflection import Reflection
from emorl.reflecting.writer import Writer

MAX_OBJECTIVES = 6  # for Shapley values: 2^6 replies by two conventions
AT_A_TIME = 16  # replies of coalitions that are written as one job


def write_variants(writer: Writer, reflection: Reflection, every: bool) -> Variants:
    """Write and score what `plan_variants` asks for.

    Args:
        writer: Writes and scores them.
        reflection: What they are variants of.
        every: Every coalition, not only those without one objective.

    Raises:
        WeightError: Too many objectives for every coalition.
        BusyError: Too many others are waiting.
    """
    names, own = list(reflection.objectives), reflection.setting
    if every and len(names) > MAX_OBJECTIVES:
        raise WeightError(
            f"Got {len(names)} objectives, expected at most {MAX_OBJECTIVES} for Shapley values; "
            "ask for the replies without one instead."
        )
    plan = plan_variants(names, own.weights, own.strength, every)
    asked = [Setting(ask.weights, ask.strength, own.temperature, own.seed) for ask in plan]
    settings = [setting if setting.mixed else own.base() for setting in asked]
    written = {own.base(): reflection.base_reflection, own: reflection.reflection}
    missing = [setting for setting in dict.fromkeys(settings) if setting not in written]
    prompt = writer.prompt(reflection.statement)
    for start in range(0, len(missing), AT_A_TIME):
        some = missing[start : start + AT_A_TIME]
        with closing(writer.write([writer.request(prompt, setting) for setting in some])) as steps:
            *_, results = steps
        written |= {setting: writer.text(result.tokens) for setting, result in zip(some, results, strict=True)}
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
