"""The atlas of one statement, grown beside other work: every reflection its sliders can reach, as plain JSON.

Growing takes some seconds of processor time that somebody else may need for a reflection. So before each small step it
waits until the scheduler has nothing to write, and several atlases take turns. What is yielded has the fields of
`atlas --json` and says how far it has come; the scores of the regions come last, a few at a time. Left out: sampling,
which has no regions, and a priority inside a step: a reflection that arrives waits for the step under way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from emorl.atlas import Atlas, as_json, grow_atlas
from emorl.models.template import check_statement
from emorl.reflecting.writer import MAX_TOKENS, Writer

MAX_STEPS = 600
"""Prefixes through the experts; a statement takes 100 to 200 at three objectives."""

PAUSE_S = 0.02
"""Between two looks at a scheduler that is writing."""

_turn = threading.Lock()  # one step of one atlas at a time, in the whole process


@dataclass(frozen=True)
class Pace:
    """How much is done between two looks at whether somebody waits for a reflection.

    Attributes:
        prefixes: Prefixes a step of the engine.
        scored: Regions scored at once.
    """

    prefixes: int
    scored: int


BESIDE_OTHERS = Pace(8, 2)
"""Small, because a reflection that arrives waits for the step under way."""

ALONE = Pace(32, 64)
"""For a process that has nobody else to serve."""


def grow_regions(
    writer: Writer,
    statement: str,
    strength: float,
    objectives: Sequence[str] | None,
    max_steps: int | None,
    min_area: float,
    pace: Pace,
) -> Generator[dict[str, Any] | None]:
    """Grow the atlas of a statement; see `Reflector.atlas`."""
    text, prompt = check_statement(statement), writer.prompt(statement)
    spanned = None if objectives is None else writer.places(objectives)
    growing = grow_atlas(
        writer.decoder,
        prompt,
        strength,
        objectives=spanned,
        max_tokens=MAX_TOKENS,
        min_area=min_area,
        max_steps=max_steps,
        batch=pace.prefixes,
    )
    replies: dict[tuple[int, ...], str] = {}
    result: dict[str, Any] = {}
    with closing(growing):  # type: ignore[type-var]
        while True:
            yield from _others_first(writer)
            with _turn:
                atlas = next(growing, None)
            if atlas is None:
                break
            for region in atlas.regions:
                if region.tokens not in replies:
                    replies[region.tokens] = writer.text(region.tokens)
            result = _plain(atlas, writer.names, replies)
            yield {**result, "finished": False}
    for start in range(0, len(result["regions"]), pace.scored):
        yield from _others_first(writer)
        some = result["regions"][start : start + pace.scored]
        scores = writer.scores(text, [region["reflection"] for region in some])
        for index, region in enumerate(some):
            region["scores"] = {name: values[index] for name, values in scores.items()}
    yield {**result, "finished": True}


def _plain(atlas: Atlas, names: Sequence[str], replies: dict[tuple[int, ...], str]) -> dict[str, Any]:
    texts = [replies[region.tokens] for region in atlas.regions]
    return {**as_json(atlas, names, texts), "strength": atlas.strength, "open": round(atlas.open_area, 6)}


def _others_first(writer: Writer) -> Iterator[None]:
    """None, now and then, for as long as anybody's reflection is being written: the caller may close us there."""
    while any(writer.scheduler.load()):
        time.sleep(PAUSE_S)
        yield None
