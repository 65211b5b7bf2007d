"""The atlas of one statement, grown beside other work: every reflection its sliders can reach, as plain JSON.

Growing takes some seconds of processor time that somebody else may need for a reflection of theirs. So before each
small step it waits until the scheduler has nothing to write, and several atlases take turns. What is yielded has the
fields of `atlas --json` and says how far it has come; the scores of the regions come last, a few at a time. Left out:
sampling, which has no regions, and a priority inside a step: a reflection that arrives waits for the step under way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from emorl.atlas import Atlas, as_json, grow_atlas
from emorl.template import check_statement, prompt_text

if TYPE_CHECKING:
    from emorl.reflector import Reflector

MAX_STEPS = 600
"""Prefixes through the experts; a statement takes 100 to 200 at three objectives."""

PREFIXES = 8
"""Prefixes a step: small, because a reflection that arrives waits for the step under way."""

SCORED = 2
"""Regions scored between two looks at the scheduler."""

PAUSE = 0.02
"""Seconds between two looks at a scheduler that is writing."""

_turn = threading.Lock()  # one step of one atlas at a time, in the whole process


def chart(
    reflector: Reflector, statement: str, strength: float, objectives: Sequence[str] | None, max_steps: int,
    min_area: float, max_tokens: int,
) -> Generator[dict[str, Any] | None]:  # fmt: skip
    """Grow the atlas of a statement; see `Reflector.atlas`."""
    text = check_statement(statement)
    names = [objective.name for objective in reflector.objectives]
    spanned = None
    if objectives is not None:
        reflector.raw_weights(dict.fromkeys(objectives, 1.0))
        spanned = [names.index(name) for name in objectives]
    prompt = reflector.token_ids(prompt_text(text))
    growing = grow_atlas(reflector.decoder, prompt, strength, objectives=spanned, max_tokens=max_tokens,
                         min_area=min_area, max_steps=max_steps, batch=PREFIXES)  # fmt: skip
    replies: dict[tuple[int, ...], str] = {}
    result: dict[str, Any] = {}
    with closing(growing):  # type: ignore[type-var]
        while True:
            yield from _others_first(reflector)
            with _turn:
                atlas = next(growing, None)
            if atlas is None:
                break
            for region in atlas.regions:
                if region.tokens not in replies:
                    replies[region.tokens] = reflector.text(region.tokens)
            result = _plain(atlas, names, replies)
            yield {**result, "finished": False}
    for start in range(0, len(result["regions"]), SCORED):
        yield from _others_first(reflector)
        some = result["regions"][start : start + SCORED]
        scores = reflector.scores(text, [region["reflection"] for region in some])
        for index, region in enumerate(some):
            region["scores"] = {name: values[index] for name, values in scores.items()}
    yield {**result, "finished": True}


def _plain(atlas: Atlas, names: Sequence[str], replies: dict[tuple[int, ...], str]) -> dict[str, Any]:
    texts = [replies[region.tokens] for region in atlas.regions]
    return {**as_json(atlas, names, texts), "strength": atlas.strength, "open": round(atlas.open_area, 6)}


def _others_first(reflector: Reflector) -> Iterator[None]:
    """None, now and then, for as long as anybody's reflection is being written: the caller may close us there."""
    while any(reflector.scheduler.load()):
        time.sleep(PAUSE)
        yield None
