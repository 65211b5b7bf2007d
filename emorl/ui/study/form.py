"""Reads the form of a new study: its methods as settings of the models, its statements, and what is left of it.

Left out: how an import looks (`emorl.ratings.study.lines`) and what a study allows (`emorl.ratings.storage.study`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from emorl.errors import CrisisError, LanguageError, RatingError
from emorl.ratings.storage.fields import to_json
from emorl.ratings.storage.study import DESIGNS, MAX_METHODS, Study, StudyLine, TrainingItem
from emorl.ratings.study.lines import read_lines
from emorl.ratings.study.training import read_training
from emorl.reflecting.contract import check_candidates, refuse_crisis, refuse_own
from emorl.reflecting.reflection import named_weights
from emorl.ui.sending.item import setting_name
from emorl.ui.study import strings

if TYPE_CHECKING:
    from emorl.reflecting.reflector import Reflector

PLAIN = ("name", "design", "ratings_per_item", "items_per_rater", "guidelines")


def read_study(form: Mapping[str, object], reflector: Reflector | None) -> tuple[Study, tuple[StudyLine, ...]]:
    """A new study and its statements.

    Args:
        form: the plain fields by name, `seed` (None to draw one), `methods` (each `{"weights", "strength",
            "temperature", "best_of"}`, the last two if wanted) and the imports as `text` and `training`.
        reflector: the models, or None while there are none; a study of written texts needs none.

    Raises:
        ImportFault: an import has faults.
        EmorlError: anything else cannot be used.
    """
    written = _methods(form.get("methods"), reflector)
    lines = read_import(form)
    training = _training(form)
    seed = form.get("seed")
    study = Study.from_dict(
        {
            **{name: form.get(name) for name in PLAIN},
            "key": secrets.token_hex(16),
            "seed": secrets.randbelow(2**31) if seed is None else seed,
            "methods": [*written, *({"name": name} for name in sorted(lines[0].replies))],
            "training": [to_json(one) for one in training],
        }
    )
    return study, lines


def read_import(form: Mapping[str, object], names: tuple[str, ...] | None = None) -> tuple[StudyLine, ...]:
    """The statements in a form's `text`.

    Args:
        form: from the page.
        names: of the replies that are expected; None where a study is only being made.

    Raises:
        ImportFault: it has faults.
    """
    text = form.get("text")
    return read_lines(text if isinstance(text, str) else "", check_line, names)


def _training(form: Mapping[str, object]) -> tuple[TrainingItem, ...]:
    text, design = form.get("training"), form.get("design")
    if not isinstance(text, str) or design not in DESIGNS:  # another design is refused with the study
        return ()
    return read_training(text, str(design), check_line)


def check_line(line: StudyLine) -> None:
    """Let a statement pass that the app may show and write for, and replies that may be shown with it.

    Raises:
        RatingError: one of them speaks of a crisis or is not English.
        StatementError: one of them is empty or too long.
    """
    try:
        refuse_crisis(line.statement)
        for reply in line.replies.values():
            refuse_own(line.statement, reply)
    except CrisisError:
        raise RatingError(strings.ERRORS["crisis"]) from None
    except LanguageError:
        raise RatingError(strings.ERRORS["language"]) from None


def _methods(given: object, reflector: Reflector | None) -> list[dict[str, object]]:
    """The methods that the models write, as a study keeps them.

    Raises:
        RatingError: it cannot be read, or there are no models.
        WeightError: a weight, a strength or a temperature is out of range.
        CandidateError: a bad number to choose the best of.
    """
    if not isinstance(given, list) or len(given) > MAX_METHODS:
        raise RatingError(strings.ERRORS["form"])
    if given and reflector is None:
        raise RatingError(strings.ERRORS["models"])
    found: list[dict[str, object]] = []
    for one in given:
        if not isinstance(one, Mapping) or not isinstance(one.get("weights"), Mapping):
            raise RatingError(strings.ERRORS["form"])
        assert reflector is not None
        best_of = one.get("best_of", 1)
        check_candidates(best_of)
        asked = {"strength": one.get("strength"), "temperature": one.get("temperature", 0.0)}  # checked by the setting
        setting = reflector.setting(one["weights"], **asked)
        weights = named_weights([item.name for item in reflector.objectives], setting)
        name = setting_name(weights, setting.strength, setting.temperature, best_of)
        kept = {"strength": setting.strength, "temperature": setting.temperature, "best_of": best_of}
        found.append({"name": name, "weights": weights, **kept})
    return found
