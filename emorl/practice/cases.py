"""Practice cases: what an invented client says, where in a change the client stands, and two example reflections.

Stages are those of the transtheoretical model (Prochaska and DiClemente). Difficulty: 1 open and plain, 2 of two minds,
3 guarded, angry, or with the feeling left unsaid. Left out: judging what a person writes (`emorl.reflecting`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from emorl.errors import CorpusError
from emorl.resources import data_path

STAGES = ("precontemplation", "contemplation", "preparation", "action", "maintenance")
DIFFICULTIES = (1, 2, 3)
CASES = data_path("practice_cases.jsonl")


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        id: Unique, such as "sleep-2".
        topic: What it is about, in one word.
        stage: One of `STAGES`.
        difficulty: 1 to 3.
        statement: What the client says.
        simple: An example of a simple reflection: close to what was said.
        complex: An example of a complex one: meaning, both sides, or the feeling behind it.
    """

    id: str
    topic: str
    stage: str
    difficulty: int
    statement: str
    simple: str
    complex: str


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file, in its order.

    Args:
        path: One JSON object a line, with the fields of `Case`.

    Raises:
        CorpusError: A line is not such an object, or an id occurs twice; the message names the line.
    """
    found: list[Case] = []
    names = {field.name for field in fields(Case)}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.name}:{number}"
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or set(row) != names:
            got = "no JSON object" if not isinstance(row, dict) else f"the fields {', '.join(sorted(row))}"
            raise CorpusError.at(where, got, ", ".join(sorted(names)), "mend the line")
        if not all(isinstance(row[name], str) and row[name].strip() for name in names - {"difficulty"}):
            raise CorpusError.at(where, "an empty field", "text", "fill it in")
        if row["stage"] not in STAGES or row["difficulty"] not in DIFFICULTIES:
            got = f"the stage {row['stage']!r} and the difficulty {row['difficulty']!r}"
            raise CorpusError.at(where, got, f"{', '.join(STAGES)}, and 1 to 3", "mend the line")
        if row["id"] in {case.id for case in found}:
            raise CorpusError.at(where, f"the id {row['id']} a second time", "a new one", "rename it")
        found.append(Case(**row))
    return tuple(found)


@cache
def load_cases() -> tuple[Case, ...]:
    """The cases that come with the app.

    Raises:
        CorpusError: The file is broken.
    """
    return read_cases(CASES)


def topics(cases: Sequence[Case]) -> tuple[str, ...]:
    """The topics, in the order of their first case."""
    return tuple(dict.fromkeys(case.topic for case in cases))


def matching(cases: Sequence[Case], topic: str = "", stage: str = "", difficulty: int = 0) -> tuple[Case, ...]:
    """Cases of a topic, a stage and a difficulty; an empty one or 0 stands for any."""
    return tuple(
        case
        for case in cases
        if topic in ("", case.topic) and stage in ("", case.stage) and difficulty in (0, case.difficulty)
    )


def next_case(cases: Sequence[Case], seen: Collection[str], last: str = "") -> Case | None:
    """The next one to practise with, of those that were not seen.

    It is of another topic than the last where there is one, of a topic that was seen as seldom as any, and among these
    the easiest. When all were seen, they begin again, but not with the last. None without any.

    Args:
        cases: To choose from.
        seen: Ids.
        last: Id of the case before.

    Example:
        >>> cases = [Case(f"{topic}-1", topic, "action", 1, "I", "You", "You") for topic in ("pain", "work")]
        >>> [next_case(cases, seen, seen[-1] if seen else "").id for seen in ([], ["pain-1"], ["pain-1", "work-1"])]
        ['pain-1', 'work-1', 'pain-1']
    """
    before = next((case.topic for case in cases if case.id == last), "")
    known = Counter(case.topic for case in cases if case.id in seen)
    fresh = [case for case in cases if case.id not in seen]
    pool = fresh or [case for case in cases if case.id != last] or list(cases)
    return min(pool, key=lambda case: (case.topic == before, known[case.topic], case.difficulty), default=None)
