"""Reads an import for a study: statements, with replies that people wrote or without, as CSV or JSON lines.

CSV has a column `statement`, and a column `reply:NAME` for each method that people wrote. JSON lines have
`{"statement": ..., "replies": {NAME: ...}}`, where `replies` may be left out. All lines have the same names.

Left out: what a statement may say, which the caller checks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from emorl.ratings.storage.study import MAX_LINES, MAX_NAME, StudyLine
from emorl.ratings.study.imports import Fields, Format, ImportFault, LineFault, read_import

MAX_BYTES = 80_000
"""Of one import in UTF-8; more is added to the study afterwards."""
REPLY = "reply:"

Check = Callable[[StudyLine], None]


def read_lines(text: str, check: Check, names: Sequence[str] | None = None) -> tuple[StudyLine, ...]:
    """The statements of an import.

    Args:
        text: the whole of it.
        check: raises an `EmorlError` for a statement that may not be used.
        names: of the replies that are expected; those of the first line by default.

    Raises:
        ImportFault: anything is wrong; each fault begins with "statements".
    """

    def parse(fields: Fields) -> tuple[StudyLine, str]:
        nonlocal names
        line = _line(fields, names)
        names = names if names is not None else tuple(line.replies)
        check(line)
        return line, json.dumps([line.statement, dict(line.replies)], sort_keys=True)

    nothing = "a statement; paste some lines or choose a file"
    form = Format(MAX_BYTES, "add it in parts", _names, _cells, parse, nothing)
    found, faults = read_import(text, form)
    if not faults and len(found) > MAX_LINES:
        faults = (f"the import: got {len(found)} statements, expected at most {MAX_LINES}; make a second study",)
    if faults:
        raise ImportFault.from_list([f"statements, {fault}" for fault in faults])
    return found


def _line(fields: Fields, names: Sequence[str] | None) -> StudyLine:
    replies = {name.removeprefix(REPLY): text for name, text in fields.items() if name != "statement"}
    if names is not None and set(replies) != set(names):
        expected = ", ".join(names) or "none"
        raise LineFault(f"got the replies {', '.join(replies) or 'none'}, expected {expected}; name them alike")
    return StudyLine(fields["statement"].strip(), {name: text.strip() for name, text in sorted(replies.items())})


def _names(cells: list[str]) -> list[str]:
    names = [_trimmed(cell) for cell in cells]
    unknown = [name for name in names if name != "statement" and not _is_reply(name)]
    if "statement" not in names or unknown or len(set(names)) != len(names):
        got = f"the columns {', '.join(names)}"[:200]
        raise LineFault(
            f"got {got}, expected statement, and reply:NAME for each method that people wrote, each once; correct the "
            "first line"
        )
    return names


def _trimmed(name: str) -> str:
    """A name without spaces behind `reply:`."""
    return REPLY + name.removeprefix(REPLY).strip() if name.startswith(REPLY) else name


def _is_reply(name: str) -> bool:
    return name.startswith(REPLY) and 0 < len(name.removeprefix(REPLY).strip()) <= MAX_NAME


def _cells(content: object) -> Fields:
    fields = content if isinstance(content, dict) else {}
    replies = fields.get("replies", {})
    fits = (
        isinstance(fields.get("statement"), str)
        and not fields.keys() - {"statement", "replies"}
        and isinstance(replies, dict)
        and all(isinstance(text, str) and _is_reply(REPLY + name) for name, text in replies.items())
    )
    if not fits:
        raise LineFault(
            'got other JSON, expected {"statement": "...", "replies": {"NAME": "..."}}, the second if you like; '
            "correct it"
        )
    return {"statement": fields["statement"], **{REPLY + name: text for name, text in replies.items()}}
