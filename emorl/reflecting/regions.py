"""The atlas of one statement, grown in the background: every reflection that its sliders can reach, as plain JSON.

Growing takes some seconds of processor time that somebody else may need for a reflection. So before each small step it
waits until the scheduler has nothing to write, and several atlases take turns. What is yielded has the fields of
`atlas --json` and says how far it has come. The regions are scored at the end, a few at a time. Left out: sampling,
which has no regions, and interrupting a step: a reflection that arrives has to wait for the step in progress.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from emorl.atlas import Atlas, as_json, grow_atlas
from emorl.models.template import check_statement
from emorl.reflecting.contract import shown
from emorl.reflecting.reflection import StatementAtlas
from emorl.reflecting.writer import MAX_TOKENS, Writer

MAX_STEPS = 600
"""Prefixes sent through the experts; with three or four objectives a statement takes up to 200."""

PAUSE_S = 0.02
"""How long to wait before looking again at a scheduler that is busy."""

_turn = threading.Lock()  # one step of one atlas at a time, in the whole process


@dataclass(frozen=True)
class Pace:
    """How much is done before it is checked again whether somebody is waiting for a reflection.

    Attributes:
        prefixes: Prefixes per step of the engine.
        scored: Regions scored at once.
    """

    prefixes: int
    scored: int


BESIDE_OTHERS = Pace(8, 2)
"""Small, because a reflection that arrives waits for the step in progress."""

ALONE = Pace(32, 64)
"""For a process that serves nobody else."""


def grow_regions(
    writer: Writer,
    statement: str,
    strength: float,
    objectives: Sequence[str] | None,
    max_steps: int | None,
    min_area: float,
    pace: Pace,
) -> Generator[StatementAtlas | None]:
    """Grow the atlas of a statement; see `Reflector.atlas`."""
    text, prompt = check_statement(statement), writer.prompt(statement)
    spanned = None if objectives is None else writer.objective_indices(objectives)
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
    result: StatementAtlas | None = None
    with closing(growing):
        while True:
            yield from _wait_for_others(writer)
            with _turn:
                atlas = next(growing, None)
            if atlas is None:
                break
            result = _plain(atlas, writer, text, replies)
            yield result
    assert result is not None
    for start in range(0, len(result["regions"]), pace.scored):
        yield from _wait_for_others(writer)
        some = result["regions"][start : start + pace.scored]
        scored = writer.score_replies(text, [region["reflection"] for region in some])
        for region in some:
            found = scored[region["reflection"]]
            region["scores"] = dict(found.scores)
            region["faithfulness"], region["would_say"] = found.faithfulness, found.would_say
    yield {**result, "finished": True}


def _plain(atlas: Atlas, writer: Writer, statement: str, replies: dict[tuple[int, ...], str]) -> StatementAtlas:
    """The atlas with its texts; those of new regions are added to `replies`."""
    for region in atlas.regions:
        if region.tokens not in replies:
            replies[region.tokens] = shown(statement, writer.text(region.tokens))
    return {
        **as_json(atlas, writer.names, [replies[region.tokens] for region in atlas.regions]),
        "strength": atlas.strength,
        "open": round(atlas.open_area, 6),
        "finished": False,
    }


def _wait_for_others(writer: Writer) -> Iterator[None]:
    """Yields None now and then while anybody's reflection is being written, so that the caller can stop there."""
    while any(writer.scheduler.load()):
        time.sleep(PAUSE_S)
        yield None
