"""The replies that go on a blind sheet: each method's replies to the same unseen statements.

Statements: our own test split and, where the corpora are at hand, the validation prompts of PAIR and AnnoMI (their test
splits stay closed). Methods: the models' base, the greedy reflection of the preset shown first, the best of several,
earlier models' where a folder is named, and what people wrote. Left out: reading.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from emorl.ensemble import Setting
from emorl.errors import WeightError
from emorl.models.template import MAX_STATEMENT
from emorl.reflecting.reflector import Reflector
from emorl.reflecting.writer import Writer
from training.data import Corpora, warmstart_examples
from training.reading.sheet import Item

MIN_WORDS = 4
"""Of a statement; shorter ones ("Right.") leave nothing to reflect."""


def unseen_statements(
    corpora: Corpora, per_group: int, seed: int = 0, taken: Collection[str] = ()
) -> list[tuple[str, str, str]]:
    """(group, statement, a person's reflection) of statements nothing was trained on or chosen by.

    Args:
        corpora: Loaded corpora.
        per_group: Most statements of each group; a fixed shuffle picks them.
        seed: Seed of the shuffle.
        taken: Statements that runs or weights were chosen by; left out.
    """
    rng = random.Random(seed)
    found: dict[str, list[tuple[str, str]]] = {"own": [], "pair": [], "annomi": []}
    found["own"] = [(o.statement, rng.choice(o.replies)) for o in corpora.own if o.split == "test"]
    seen: set[str] = set()
    for example in warmstart_examples(corpora, "validation"):
        if example.corpus in ("pair", "annomi") and example.prompt not in seen:
            seen.add(example.prompt)
            found[example.corpus].append((example.prompt, example.reply))
    rows = []
    for group, pairs in found.items():
        usable = [p for p in pairs if len(p[0].split()) >= MIN_WORDS and len(p[0]) <= MAX_STATEMENT]
        usable = [p for p in usable if p[0] not in taken]
        rng.shuffle(usable)
        rows += [(group, *pair) for pair in usable[:per_group]]
    return rows


def items(
    rows: Iterable[tuple[str, str, str]],
    reflector: Reflector,
    preset: str,
    best_of: int,
    earlier: Reflector | None = None,
    earlier_preset: str = "balanced",
) -> Iterator[Item]:
    """One item a statement, with every method's reply.

    Args:
        rows: From `unseen_statements`.
        reflector: The models to be read.
        preset: Weights by name, as the app shows first.
        best_of: Candidates of the best-of-n reply; below 2 it is left out.
        earlier: Earlier models to compare with, or None.
        earlier_preset: Their weights by name.

    Raises:
        WeightError: The models have no such preset.
        EmorlError: More candidates than the models write.
    """
    setting = _setting(reflector, preset)
    earlier_setting = _setting(earlier, earlier_preset) if earlier else None
    for group, statement, person in rows:
        greedy = reflector.reflect(statement, setting, explain=False)
        replies = {"person": person, "base": greedy.base_reflection, preset: greedy.reflection}
        if best_of > 1:
            best = reflector.best_of(statement, best_of, setting, explain=False)
            replies[f"{preset}, best of {best_of}"] = best.reflection
        if earlier is not None and earlier_setting is not None:
            before = earlier.reflect(statement, earlier_setting, explain=False)
            replies["earlier models"] = before.reflection
        yield Item(statement, group, {method: text for method, text in replies.items() if text})


def _setting(reflector: Reflector, preset: str) -> Setting:
    if preset not in reflector.presets:
        known = ", ".join(reflector.presets)
        raise WeightError.of(f"the preset {preset!r}", f"one of {known}", "check the spelling")
    return reflector.setting(reflector.presets[preset])


def open_reflector(folder: Path, scored: bool = True) -> Reflector:
    """The models of a folder in float32, with or without their scorers.

    Earlier models need none: nothing is chosen among their replies, and this version may not open their scorers.
    """
    return Reflector(Writer.load(folder, "float32", scored=scored))
