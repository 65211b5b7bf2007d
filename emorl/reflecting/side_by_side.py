"""Reflections of one statement with several settings, written as one batch.

The base's own reply is written along with each, for comparison; equal settings are written once. A single greedy
reflection takes over what the memory knows of its prompt. Left out: choosing among them (`best_of`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

from emorl.ensemble import Decoded, Setting
from emorl.models.template import check_statement
from emorl.reflecting.contract import refuse_reply
from emorl.reflecting.finish import finish
from emorl.reflecting.reflection import Draft, Reflection
from emorl.reflecting.writer import Writer


def write_side_by_side(
    writer: Writer, statement: str, settings: Sequence[Setting], explain: bool
) -> Generator[tuple[Draft, ...] | tuple[Reflection, ...]]:
    """Write a reflection for each setting; see `Reflector.side_by_side`."""
    text, prompt = check_statement(statement), writer.prompt(statement)
    rows = list(dict.fromkeys(row for setting in settings for row in (setting, setting.base())))
    where = [(rows.index(setting), rows.index(setting.base())) for setting in settings]
    requests = [writer.request(prompt, row) for row in rows]
    lone_greedy = len(settings) == 1 and settings[0].temperature == 0
    partial = writer.memory.recall(writer.decoder, requests) if lone_greedy else {}
    reused = len(partial[0].tokens) if partial else 0  # counted now, because the result will grow
    results: list[Decoded] = []
    shown: list[int] = []
    with closing(writer.write(requests, explain or lone_greedy, lone_greedy, partial)) as steps:
        for results in steps:
            lengths = [len(results[own].tokens) for own, _ in where]
            if lengths != shown:
                shown = lengths
                drafts = [writer.text(results[own].tokens) for own, _ in where]
                refuse_reply(text, drafts)
                yield tuple(map(Draft, drafts))
    if lone_greedy:
        writer.memory.keep(requests[0], results[0], results[-1])
    refuse_reply(text, [writer.text(results[own].tokens) for own, _ in where])
    scored = writer.score_replies(text, [writer.text(result.tokens) for result in results])
    yield tuple(
        replace(finish(writer, text, setting, results[own], results[base], scored, explain), reused=reused)
        for setting, (own, base) in zip(settings, where, strict=True)
    )
