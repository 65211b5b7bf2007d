"""What the scorers of a role learn from: the corpora, and the replies that were read for that role."""

from __future__ import annotations

from training.data import Corpora, load_hollow, load_judge_labels, load_labels
from training.grades.graded import Sources


def sources_of(corpora: Corpora, role: str, split: str = "train") -> Sources:
    """What a scorer of a role learns from in a split.

    Judges have read replies of their own (`data/faithfulness-judge.jsonl`), which nothing that rewards has seen.
    """
    return Sources(corpora, load_judge_labels() if role == "judge" else load_labels(), load_hollow(), split)
