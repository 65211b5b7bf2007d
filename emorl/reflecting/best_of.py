"""Best of n: several candidates for one statement, written as one batch, and the best of them by its scores.

Candidates are the greedy reflection, then the reachable ones of an atlas where the caller has one (each by weights from
the middle of its region), then samples with seeds of their own. Equal texts count once, so that there may be fewer than
asked for. They are compared by

    total = Σ_k ŵ_k · score_k x faithfulness

with the shares ŵ that were asked for, whatever weights wrote a candidate. Without any share the sum counts as 1,
without a faithfulness scorer the faithfulness; of equal totals the first candidate wins.

The choice is explained by these scores and is no part of the mixture. Contributions explain the words of a candidate,
given the request that wrote it, which it keeps: asked for again, the same request writes the same reflection with all
its reasons (near-ties apart, where the precision is below float32). Left out: candidates without a text.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emorl.ensemble import Request, shares
from emorl.reflection import Candidate, Draft, Judged, Made, Reflection

if TYPE_CHECKING:
    from emorl.reflector import Reflector

TEMPERATURE = 0.7
"""Of samples beside a greedy reflection; where the request samples itself, its own temperature is taken."""


def total(asked: Mapping[str, float], judged: Judged) -> float:
    """What candidates are compared by, 0 to 1.

    Args:
        asked: Shares ŵ by objective, adding up to 1 or all 0.
        judged: Scores and faithfulness.
    """
    quality = math.fsum(share * judged.scores[name] for name, share in asked.items()) if any(asked.values()) else 1.0
    return quality * (1.0 if judged.faithfulness is None else judged.faithfulness)


def plan(
    own: Request, count: int, names: list[str], atlas: Mapping[str, Any] | None = None
) -> list[tuple[Made, Request]]:
    """What to write: greedy, the reachable reflections in the order of the atlas, samples; `count` in all.

    Args:
        own: What was asked for.
        count: n.
        names: Names of the K objectives, in the order of the request's weights.
        atlas: As `Reflector.atlas` yields it: its regions begin with the largest.
    """
    greedy = replace(own, temperature=0.0)
    planned: list[tuple[Made, Request]] = [("greedy", greedy)]
    if atlas is not None:
        for region in atlas["regions"]:
            corners = zip(*region["polygon"], strict=True)
            middle = {name: math.fsum(c) / len(c) for name, c in zip(atlas["objectives"], corners, strict=True)}
            weights = [middle.get(name, 0.0) for name in names]
            planned.append(("atlas", replace(greedy, weights=weights, strength=atlas["strength"])))
    heat = own.temperature or TEMPERATURE
    planned += [("sampled", replace(own, temperature=heat, seed=own.seed + number)) for number in range(count)]
    return planned[:count]


def write_best(
    reflector: Reflector, statement: str, own: Request, count: int, explain: bool, atlas: Mapping[str, Any] | None
) -> Generator[Draft | Reflection]:
    """Write the candidates and give the best; see `Reflector.stream_best`.

    Args:
        reflector: Writes, scores and explains them.
        statement: What the client said, checked.
        own: What was asked for.
        count: n, checked.
        explain: Explain every token of the chosen one.
        atlas: As `Reflector.atlas` yields it.
    """
    names = [objective.name for objective in reflector.objectives]
    planned = plan(own, count, names, atlas)
    base = reflector.base_request(planned[0][1])
    requests = [request for _, request in planned]
    if base not in requests:
        requests.append(base)
    with closing(reflector.scheduler.stream(requests, explain)) as steps:
        for results in steps:  # with nothing new to show, too: the caller may stop us there
            yield Draft(reflector.text(results[0].tokens))
    texts = [reflector.text(result.tokens) for result in results]
    judged = reflector.judge(statement, texts)
    places: dict[str, int] = {}
    for place in range(len(planned)):
        places.setdefault(texts[place], place)
    if len(places) > 1:
        places.pop("", None)
    asked = dict(zip(names, shares(own.weights), strict=True))
    ranked = sorted(places.values(), key=lambda place: -total(asked, judged[texts[place]]))  # equal totals: the first
    candidates = []
    for place in ranked:
        (made, request), found = planned[place], judged[texts[place]]
        weights = dict(zip(names, shares(request.weights), strict=True))
        candidates.append(Candidate(texts[place], made, weights, request.strength, request.temperature, request.seed,
                                    found.scores, found.faithfulness, total(asked, found)))  # fmt: skip
    best, beside = ranked[0], requests.index(base)
    chosen = reflector.finish(statement, requests[best], results[best], results[beside], judged, explain)
    yield replace(chosen, candidates=tuple(candidates))
