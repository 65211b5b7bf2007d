"""`python -m training data check`: finds what is wrong with our own statements and labels. Writes nothing.

Each fault is one line. The check stops at the first line of a file that cannot be read. Otherwise it looks for
statements that occur twice or nearly twice (see `splits.NEAR`), reflections that are used twice, are unusually long or
short or ask a question, two opening words that too many reflections of a kind share, too many apologies, and anything
that looks like personal data. Names are allowed: our clients are invented, and so are the people they speak of. In the
labels it looks for replies that were labelled twice, broken minimal pairs, and statements that are not ours. Left out:
whether a reflection is faithful, which only reading tells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emorl.own_split import words
from emorl.safety.personal_data import personal_data
from training.data.corpora import OWN_PATH, load_own
from training.data.labels import JUDGE_LABELS_PATH, LABELS_PATH, LabelledReply, parts, read_labels
from training.data.records import OwnStatement
from training.data.splits import near_pairs

KINDS = ("simple", "complex", "empathic", "affirming")
REFLECTION_WORDS = range(5, 33)
MAX_OPENER_SHARE = 0.06
MAX_SORRY_SHARE = 0.1
MIN_NEAR_WORDS = 8
"""Shorter statements ("I don't know.") may be alike."""


@dataclass(frozen=True)
class Fault:
    """One finding: where it is, what was got, what was expected."""

    where: str
    got: str
    expected: str

    def __str__(self) -> str:
        return f"{self.where}: got {self.got}, expected {self.expected}"


def check_data(own: Path = OWN_PATH, labels: Sequence[Path] = (LABELS_PATH, JUDGE_LABELS_PATH)) -> list[Fault]:
    """Every fault of our statements and of each file of labels with its parts; an empty list where there is none.

    The held-out judge may learn from nothing that a shipping scorer learns from. So a statement whose replies are
    labelled in two files is a fault too, and so it is in two parts of one.

    Raises:
        CorpusError: A file is missing or a line of it is broken.
    """
    statements = load_own(own)
    faults = check_statements(statements, own)
    known = {s.statement for s in statements}
    labelled: dict[str, Path] = {}
    for path in (part for file in labels for part in parts(file)):
        read = read_labels(path)
        faults += check_labels(read, path)
        for line, statement in enumerate((label.statement for label in read), 1):
            if statement not in known:
                faults.append(Fault(f"{path}:{line}", "a statement that is not ours", f"one of {own}"))
            if statement in labelled and labelled[statement] != path:
                faults.append(Fault(f"{path}:{line}", f"a statement of {labelled[statement]}", "each in one file only"))
            labelled.setdefault(statement, path)
    return faults


def check_statements(statements: Sequence[OwnStatement], path: Path) -> list[Fault]:
    """Faults of our statements and their reflections; line numbers are those of a file without blank lines."""
    faults = _repeated([s.statement for s in statements], path)
    texts = [s.statement for s in statements]
    for one, other in near_pairs(texts, MIN_NEAR_WORDS):
        if texts[one] != texts[other]:
            faults.append(Fault(f"{path}:{other + 1}", f"nearly the statement of line {one + 1}", "another statement"))
    for line, statement in enumerate(statements, 1):
        found = [statement.statement, *statement.replies]
        kinds = sorted({finding.kind for text in found for finding in personal_data(text)} - {"name"})
        if kinds:
            faults.append(Fault(f"{path}:{line}", f"what looks like {', '.join(kinds)}", "no personal data"))
    for kind in KINDS:
        faults += _check_kind(kind, [(n, getattr(s, kind)) for n, s in enumerate(statements, 1)], path)
    return faults


def check_labels(labels: Sequence[LabelledReply], path: Path) -> list[Fault]:
    """Faults of the labels: a reply labelled twice, a minimal pair that is not one true and one false reply.

    Models do write replies that differ in a comma only. These may both be there, but with one level of faithfulness.
    """
    faults = []
    first: dict[str, tuple[int, LabelledReply]] = {}
    for line, label in enumerate(labels, 1):
        before, earlier = first.setdefault(" ".join(words(f"{label.statement} {label.reply}")), (line, label))
        if before == line:
            continue
        if earlier.reply == label.reply:
            faults.append(Fault(f"{path}:{line}", f"the reply of line {before} again", "each reply once"))
        elif earlier.faithful != label.faithful:
            got = f"faithful {label.faithful} for the words of line {before}"
            faults.append(Fault(f"{path}:{line}", got, f"{earlier.faithful}, as there"))
    pairs: defaultdict[str, list[int]] = defaultdict(list)
    for label in labels:
        if label.pair:
            pairs[label.pair].append(label.faithful)
    for name, levels in pairs.items():
        if sorted(levels) != [0, 2]:
            faults.append(Fault(f"{path}: pair {name}", f"the levels {levels}", "one 2 and one 0"))
    return faults


def _check_kind(kind: str, numbered: Sequence[tuple[int, str]], path: Path) -> list[Fault]:
    """Faults of the reflections of one kind; statements without one are passed over."""
    present = [(line, text) for line, text in numbered if text]
    faults = []
    for line, text in present:
        if len(text.split()) not in REFLECTION_WORDS:
            expected = f"{REFLECTION_WORDS.start} to {REFLECTION_WORDS.stop - 1}"
            faults.append(Fault(f"{path}:{line}", f"{len(text.split())} words in {kind}", expected))
        if "?" in text:
            faults.append(Fault(f"{path}:{line}", f"a question in {kind}", "a statement"))
    most = max(3, MAX_OPENER_SHARE * len(present))
    for opener, count in Counter(" ".join(words(text)[:2]) for _, text in present).items():
        if count > most:
            faults.append(
                Fault(
                    f"{path}",
                    f"{count} of {len(present)} {kind} reflections that begin with “{opener}”",
                    f"at most {most:.0f}",
                )
            )
    sorry = sum("sorry" in words(text) for _, text in present)
    if kind == "empathic" and sorry > MAX_SORRY_SHARE * len(present):
        faults.append(
            Fault(
                f"{path}",
                f"{sorry} of {len(present)} empathic reflections with “sorry”",
                f"at most {MAX_SORRY_SHARE * len(present):.0f}",
            )
        )
    first: dict[str, int] = {}
    for line, text in present:
        if (before := first.setdefault(" ".join(words(text)), line)) != line:
            faults.append(Fault(f"{path}:{line}", f"the {kind} reflection of line {before} again", "another one"))
    return faults


def _repeated(texts: Sequence[str], path: Path) -> list[Fault]:
    first: dict[str, int] = {}
    return [
        Fault(f"{path}:{line}", f"the same text as line {before}", "each text once")
        for line, text in enumerate(texts, 1)
        if (before := first.setdefault(" ".join(words(text)), line)) != line
    ]
