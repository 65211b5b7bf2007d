"""Replies that were read one by one for faithfulness to the statement (`data/faithfulness.jsonl` and its second part).

Every row is a statement of ours with a reply, by one of our models or written by hand (one of a minimal pair), and what
a reader found: faithfulness 0 to 2 with the main fault, and for models' replies also depth, empathy, whether it is
well-formed and whether a counsellor would say it. No rule and no model decided any of it. A label belongs to the
split of its statement. Left out: reading sheets for the final measure (`training.reading`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emorl.own_split import split_by_text
from emorl.resources import data_path
from training.data.reading import read_jsonl

HOLLOW_PATH = data_path("sympathy.jsonl")
LABELS_PATH = data_path("faithfulness.jsonl")
JUDGE_LABELS_PATH = data_path("faithfulness-judge.jsonl")
"""Read for the held-out judge; nothing that rewards learns from them."""
FAULTS = (
    "none",
    "vague",
    "partial",
    "overreach",
    "invented",
    "reversed",
    "person",
    "time",
    "literal",
    "feeling",
    "sympathy",
    "advice",
    "question",
    "nonsense",
    "loop",
)
LEVELS, MARKS = ("0", "1", "2"), ("0", "1")
JUDGED = {"depth": LEVELS, "empathy": LEVELS, "well_formed": MARKS, "would_say": MARKS, "well_said": MARKS}
"""What may be known of a reply beside its faithfulness, and its values."""
UNSAID = {0: 0.0, 1: 0.2, 2: 0.5}
"""What a reply is worth which nobody would say, by its faithfulness."""
BROKEN = 0.1
"""The most that a reply is worth which nobody could say aloud."""
SAID = 0.8
"""What a reply is worth which would do, but is not well said."""
WRITTEN = frozenset({"minimal pair", "rewritten by a reader"})
"""Sources of replies that no model would write: learnt from, they taught it to invent (docs/results.md)."""
KEYS = ("statement", "reply", "source", "faithful", "fault")


@dataclass(frozen=True)
class LabelledReply:
    """A reply as a reader found it.

    Attributes:
        statement: What the client said.
        reply: What was said back.
        source: Which model wrote it and how, or "minimal pair", or "mended by a reader" (a model's reply with as few
            words as possible changed), or "rewritten by a reader" (more was changed).
        faithful: 2 says what the client said or clearly implied; 1 vague or partly right; 0 invents, turns round,
            swaps persons or time, takes literally, nonsense, a loop.
        fault: One of `FAULTS`; "none" exactly where `faithful` is 2.
        split: Split of the statement.
        pair: Joins the two replies of a minimal pair; empty for a model's reply.
        depth: 0 no reflection, 1 simple, 2 complex; None where nobody judged it.
        empathy: 0 none, 1 names a feeling, 2 names it and why; None where nobody judged it.
        well_formed: Whether a person could say it aloud; None where nobody judged it.
        would_say: Whether a good counsellor would say it; None where nobody judged it.
        well_said: Whether a counsellor would be pleased to have said it: it catches the point and is more than the
            client's words handed back; None where nobody judged it.
    """

    statement: str
    reply: str
    source: str
    faithful: int
    fault: str
    split: str
    pair: str = ""
    depth: int | None = None
    empathy: int | None = None
    well_formed: bool | None = None
    would_say: bool | None = None
    well_said: bool | None = None

    @property
    def utility(self) -> float:
        """What the reply is worth, in [0, 1]."""
        if self.would_say:
            return SAID if self.well_said is False else 1.0
        return min(UNSAID[self.faithful], BROKEN if self.well_formed is False else 1.0)


@dataclass(frozen=True)
class HollowReply:
    """Sympathy with nothing behind it, beside an empathic reflection of the same statement (`data/sympathy.jsonl`).

    Attributes:
        statement: What the client said.
        empathic: A reflection that names the feeling and its reason.
        hollow: A reply that is sorry or glad and understands nothing.
        split: Split of the statement.
    """

    statement: str
    empathic: str
    hollow: str
    split: str


def load_hollow(path: Path = HOLLOW_PATH) -> tuple[HollowReply, ...]:
    """All pairs of empathy and hollow sympathy.

    Raises:
        CorpusError: A line without one of its texts.
    """
    keys = ("statement", "empathic", "hollow")
    texts = [[row.text(key) for key in keys] for row in read_jsonl(path, keys)]
    return tuple(HollowReply(one, two, three, split_by_text(one)) for one, two, three in texts)


def parts(path: Path) -> list[Path]:
    """A file of labels and its further parts, `NAME-2.jsonl` and so on; all replies to a statement are in one."""
    found, number = [path], 2
    while (part := path.with_stem(f"{path.stem}-{number}")).is_file():
        found.append(part)
        number += 1
    return found


def load_labels(path: Path = LABELS_PATH) -> tuple[LabelledReply, ...]:
    """All labelled replies of a file and its further parts; see `read_labels`."""
    return tuple(label for part in parts(path) for label in read_labels(part))


def read_labels(path: Path) -> tuple[LabelledReply, ...]:
    """The labelled replies of one part.

    Raises:
        CorpusError: No such file, or a line without its fields, another level or fault, or a fault that does not go
            with its level.
    """
    labels = []
    for row in read_jsonl(path, KEYS):
        faithful, fault = int(row.choice("faithful", LEVELS)), row.choice("fault", FAULTS)
        if (faithful == 2) != (fault == "none"):
            raise row.fault(
                f"faithful {faithful} with the fault {fault}", "a fault below 2 and none at 2", "read the reply again"
            )
        statement, judged = row.text("statement"), {}
        for key, allowed in JUDGED.items():
            if key in row.values:
                judged[key] = int(row.choice(key, allowed))
        if judged.get("well_said", 0) > judged.get("would_say", 0):
            raise row.fault("well_said without would_say", "both or only would_say", "read the reply again")
        labels.append(
            LabelledReply(
                statement,
                row.text("reply"),
                row.text("source"),
                faithful,
                fault,
                split_by_text(statement),
                row.text("pair") if "pair" in row.values else "",
                judged.get("depth"),
                judged.get("empathy"),
                bool(judged["well_formed"]) if "well_formed" in judged else None,
                bool(judged["would_say"]) if "would_say" in judged else None,
                bool(judged["well_said"]) if "well_said" in judged else None,
            )
        )
    return tuple(labels)


def load_judge_labels() -> tuple[LabelledReply, ...]:
    """The labelled replies that only the held-out judge learns from; see `load_labels`."""
    return load_labels(JUDGE_LABELS_PATH)
