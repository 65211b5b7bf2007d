"""Corpora for training: what is read, how it is split, and which pairs and prompts the runs see.

`records` holds the shapes, `reading` checks files line by line, `splits` keeps groups on one side, `corpora`
and `annomi` know the owners' formats, `examples` picks warm-start pairs and prompts for RL.
Left out: any corpus text. Only our own statements are shipped (`data/reflections.jsonl`); the rest is fetched
by whoever accepts its owners' terms, and a run goes on without what is missing.
"""

from __future__ import annotations

from training.data.corpora import OWN_PATH, load_corpora
from training.data.examples import mentions_self_harm, rl_prompts, warmstart_examples
from training.data.labels import HollowReply, LabelledReply, load_hollow, load_judge_labels, load_labels
from training.data.records import (
    SPLITS,
    Corpora,
    EmpathyExample,
    Example,
    Exchange,
    MissingCorpus,
    OwnStatement,
    RankedGroup,
)

__all__ = [
    "OWN_PATH",
    "SPLITS",
    "Corpora",
    "EmpathyExample",
    "Example",
    "Exchange",
    "HollowReply",
    "LabelledReply",
    "MissingCorpus",
    "OwnStatement",
    "RankedGroup",
    "load_corpora",
    "load_hollow",
    "load_judge_labels",
    "load_labels",
    "mentions_self_harm",
    "rl_prompts",
    "warmstart_examples",
]
