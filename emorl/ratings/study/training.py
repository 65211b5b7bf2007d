"""Reads the training items of a study: a text or two with the answers that are expected, and one sentence why.

CSV has the columns `statement` and `why`; of a study of single texts also `text`, and `depth`, `empathy`, `fluency` and
`would_say` as far as an answer is expected; of a study of pairs `first`, `second` and `choice`. JSON lines have the
same names. An empty cell expects nothing. The answers are written as in the export.

Left out: what a text may say, which the caller checks as that of a statement with a reply.
"""

from __future__ import annotations

from collections.abc import Mapping

from emorl.errors import RatingError
from emorl.ratings.storage.form import CHOICES, DEPTHS, MAX_LEVEL, SCALES, WOULD_SAY
from emorl.ratings.storage.item import TRAINING, Item, Side
from emorl.ratings.storage.study import MAX_TRAINING, StudyLine, TrainingItem, check_training
from emorl.ratings.study.imports import Fields, Format, ImportFault, LineFault, read_import
from emorl.ratings.study.lines import Check

MAX_BYTES = 12_000
"""Of the training items in UTF-8: with the statements they fit into one request."""
LEVELS = tuple(str(level) for level in range(MAX_LEVEL + 1))
ANSWERS = {"choice": CHOICES, "depth": DEPTHS, "empathy": LEVELS, "fluency": LEVELS, "would_say": WOULD_SAY}
TEXTS = {"pairs": ("first", "second"), "single": ("text",)}
ASKED = {"pairs": ("choice",), "single": SCALES}


def read_training(text: str, design: str, check: Check) -> tuple[TrainingItem, ...]:
    """The training items of an import; none where it is blank.

    Args:
        text: the whole of it.
        design: "pairs" or "single".
        check: raises an `EmorlError` for a statement, with its texts as replies, that may not be used.

    Raises:
        ImportFault: anything is wrong; each fault begins with "training items".
    """
    if not text.strip():
        return ()
    needed, asked = ("statement", *TEXTS[design], "why"), ASKED[design]

    def names(cells: list[str]) -> list[str]:
        unknown = set(cells) - {*needed, *asked}
        if unknown or not set(needed) <= set(cells) or len(set(cells)) != len(cells) or not set(asked) & set(cells):
            got = f"the columns {', '.join(cells)}"[:200]
            some = asked[0] if len(asked) == 1 else f"some of {', '.join(asked)}"
            raise LineFault(f"got {got}, expected {', '.join(needed)} and {some}; correct the first line")
        return cells

    def cells(content: object) -> Fields:
        if not isinstance(content, Mapping):
            raise LineFault("got other JSON, expected an object with the columns as names; correct it")
        names(list(content))
        wrong = [name for name, cell in content.items() if type(cell) not in (str, int)]
        if wrong:
            raise LineFault(f"got other JSON under {wrong[0]}, expected text or a number; correct it")
        return {name: str(cell) for name, cell in content.items()}

    def parse(fields: Fields) -> tuple[TrainingItem, str]:
        one = _training(fields, design, check)
        return one, one.item.key

    nothing = "a training item; paste some lines or choose a file"
    form = Format(MAX_BYTES, f"at most {MAX_TRAINING} short items are meant", names, cells, parse, nothing)
    found, faults = read_import(text, form)
    if not faults and len(found) > MAX_TRAINING:
        faults = (f"got {len(found)} items, expected at most {MAX_TRAINING}; take some out",)
    if faults:
        raise ImportFault.from_list([f"training items, {fault}" for fault in faults])
    return found


def _training(fields: Fields, design: str, check: Check) -> TrainingItem:
    given = {name: cell.strip() for name, cell in fields.items()}
    expected: dict[str, str | int] = {}
    for name in ASKED[design]:
        answer = given.get(name, "")
        if answer and answer not in ANSWERS[name]:
            raise RatingError.at(name, f"{answer!r:.60}", f"one of {', '.join(ANSWERS[name])}", "correct it")
        if answer:
            expected[name] = int(answer) if ANSWERS[name] is LEVELS else answer
    if not expected:
        raise LineFault(f"got no expected answer, expected one for {' or '.join(ASKED[design])}; fill it in")
    texts = [given[name] for name in TEXTS[design]]
    for text in texts:
        check(StudyLine(given["statement"], {"text": text}))
    sides = [Side(text, TRAINING) for text in texts]
    item = Item(given["statement"], sides[0], sides[1] if design == "pairs" else None, expected, TRAINING)
    one = TrainingItem(item, given["why"])
    check_training(one, design)
    return one
