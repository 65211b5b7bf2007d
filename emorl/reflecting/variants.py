"""Replies of the same statement without an objective, or by every coalition of objectives, each scored by every scorer.

Equal requests are written once, in batches; the reflection itself and the base's reply are not written again. Left out:
which coalitions there are and what follows from their scores (`emorl.explain.coalitions`).
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from emorl.ensemble import Request, shares
from emorl.errors import WeightError
from emorl.explain import Variant, Variants, plan_variants
from emorl.template import prompt_text

if TYPE_CHECKING:
    from emorl.reflection import Reflection
    from emorl.reflector import Reflector

MOST_OBJECTIVES = 6  # for Shapley values: 2^6 replies by two conventions
AT_A_TIME = 16  # replies of coalitions that are written as one job


def write_variants(reflector: Reflector, reflection: Reflection, every: bool, max_tokens: int) -> Variants:
    """Write and score what `plan_variants` asks for.

    Args:
        reflector: Writes and scores them.
        reflection: What they are variants of.
        every: Every coalition, not only those without one objective.
        max_tokens: Most tokens a reply.

    Raises:
        WeightError: Too many objectives for every coalition.
        BusyError: Too many others are waiting.
    """
    names, share = list(reflection.weights), list(reflection.weights.values())
    if every and len(names) > MOST_OBJECTIVES:
        raise WeightError(f"Got {len(names)} objectives, expected at most {MOST_OBJECTIVES} for Shapley values; "
                          "ask for the replies without one instead.")  # fmt: skip
    plan = plan_variants(names, share, reflection.strength, every)
    prompt = reflector.token_ids(prompt_text(reflection.statement))
    base = ((0.0,) * len(names), 0.0)
    keys = [(tuple(shares(ask.weights)), ask.strength) if any(ask.weights) and ask.strength else base for ask in plan]
    written = {(tuple(shares(share)), reflection.strength): reflection.reflection, base: reflection.base_reflection}
    missing = [key for key in dict.fromkeys(keys) if key not in written]
    for start in range(0, len(missing), AT_A_TIME):
        some = missing[start : start + AT_A_TIME]
        requests = [Request(prompt, weights, strength, reflection.temperature, reflection.seed, max_tokens)
                    for weights, strength in some]  # fmt: skip
        with closing(reflector.scheduler.stream(requests)) as steps:
            *_, results = steps
        written |= {key: reflector.text(result.tokens) for key, result in zip(some, results, strict=True)}
    replies = list(dict.fromkeys(written[key] for key in keys))
    scored = reflector.scores(reflection.statement, replies)
    return Variants(tuple(names), tuple(
        Variant(ask.convention, ask.members, written[key],
                {name: scores[replies.index(written[key])] for name, scores in scored.items()})
        for ask, key in zip(plan, keys, strict=True)
    ))  # fmt: skip
