"""`python -m training data check`: what is wrong with our own statements and labels, a line each. Writes nothing.

Broken lines stop the check at the first (file, line, expected). Then: statements that stand twice or nearly (see
`splits.NEAR`), reflections used twice, reflections of unusual length or with a question, two opening words that too
many reflections of a kind share, too many apologies, and what looks like personal data. Names are no fault: our
clients are invented, and so are the people they speak of. Left out: whether a reflection is faithful, which only
reading tells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emorl.safety.personal_data import personal_data
from training.data.corpora import OWN_PATH, load_own
from training.data.labels import LABELS_PATH, LabelledReply, load_labels
from training.data.reading import words
from training.data.records import OwnStatement
from training.data.splits import near_pairs

KINDS = ("simple", "complex", "empathic", "affirming")
REFLECTION_WORDS = range(5, 33)
MAX_OPENER_SHARE = 0.06
MAX_SORRY_SHARE = 0.1
NEAR_WORDS = 8
"""Shorter statements ("I don't know.") may be alike."""


@dataclass(frozen=True)
class Fault:
    """One finding: where it is, what was got, what was expected."""

    where: str
    got: str
    expected: str

    def __str__(self) -> str:
        return f"{self.where}: got {self.got}, expected {self.expected}"


def check_data(own: Path = OWN_PATH, labels: Path = LABELS_PATH) -> list[Fault]:
    """Every fault in both files; an empty list where there is none.

    Raises:
        CorpusError: A file is missing or a line of it is broken.
    """
    statements, read = load_own(own), load_labels(labels)
    known = {s.statement for s in statements}
    strange = [
        Fault(f"{labels}:{line}", "a statement that is not ours", f"one of {own}")
        for line, label in enumerate(read, 1)
        if label.statement not in known
    ]
    return check_statements(statements, own) + check_labels(read, labels) + strange


def check_statements(statements: Sequence[OwnStatement], path: Path) -> list[Fault]:
    """Faults of our statements and their reflections; line numbers are those of a file without blank lines."""
    faults = _repeated([s.statement for s in statements], path)
    texts = [s.statement for s in statements]
    for one, other in near_pairs(texts, NEAR_WORDS):
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
    """Faults of the labels: a reply labelled twice, a minimal pair that is not one true and one false reply."""
    faults = _repeated([f"{label.statement}\n{label.reply}" for label in labels], path)
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
