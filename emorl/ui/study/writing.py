"""Writes the texts for one statement of a study: each method by itself, as Reflect writes one or the best of several.

Where a method samples, its seeds begin at the study's. A text is stored with the setting that wrote it, so that it can
be written again; of the best of several that is the chosen candidate's.

Left out: what becomes of a reply that must not be shown, which the caller notes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emorl.ratings import Item, Side
from emorl.ratings.storage.study import Method, Study, StudyLine
from emorl.ratings.study.pairing import make_items
from emorl.reflecting.reflection import Reflection
from emorl.ui.sending.item import model_side
from emorl.ui.writing.asked import Asked

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector


def write_items(study: Study, place: int, line: StudyLine, reflector: Reflector | None) -> tuple[Item, ...]:
    """The items of a statement.

    Args:
        study: its methods and design.
        place: of the statement, from 0.
        line: the statement, with what people wrote to it.
        reflector: the models; None is enough where people wrote all texts.

    Raises:
        ReplyError: a reply speaks of a crisis where the statement does not.
        StatementError: the statement is too long for the models.
        EmorlError: it cannot be written now.
    """
    texts = {method.name: _side(method, line, reflector, study.seed) for method in study.methods}
    return make_items(study, place, line.statement, texts)


def _side(method: Method, line: StudyLine, reflector: Reflector | None, seed: int) -> Side:
    if method.weights is None:
        return Side(line.replies[method.name], method.name)
    assert reflector is not None
    samples = method.temperature > 0 or method.best_of > 1
    setting = reflector.setting(method.weights, method.strength, method.temperature, seed if samples else 0)
    if method.best_of > 1:
        steps = reflector.stream_best(line.statement, method.best_of, setting, explain=False)
    else:
        steps = reflector.stream(line.statement, setting, explain=False)
    *_, reflection = steps
    assert isinstance(reflection, Reflection)
    return replace(model_side(reflection, Asked(setting, method.best_of)), setting=method.name)
