"""The statements of a run: the corpora they come from, and who sees which.

Statements are partitioned once: what is trained on, what a run is validated on, what the weight search sees and what
the evaluation sees never overlap.
"""

from __future__ import annotations

import logging
import random

from training.config import Config
from training.data import Corpora, load_corpora, rl_prompts

log = logging.getLogger(__name__)


def corpora_of(config: Config) -> Corpora:
    """The corpora; logs a line for each that is missing."""
    corpora = load_corpora(config.corpora)
    for missing in corpora.missing:
        log.info("without %s (%s): %s", missing.name, missing.published, missing.without)
    return corpora


def partition(corpora: Corpora, validation: int, search: int) -> tuple[list[str], list[str], list[str]]:
    """Statements that no training sees, in three disjoint parts: validation, weight search, evaluation.

    The order is a fixed shuffle of each text by itself, so that adding statements moves no other.
    """
    good = [o.statement for o in corpora.own if o.split == "validation" and len(o.statement.split()) <= 60]
    good += [p.prompt for p in corpora.pair if p.split == "validation"]
    good = sorted(dict.fromkeys(good), key=lambda s: random.Random(s).random())
    evaluation = [o.statement for o in corpora.own if o.split == "test"] + good[validation + search :]
    evaluation.sort(key=lambda s: random.Random(s).random())
    rest = sorted(rl_prompts(corpora, "validation"), key=lambda s: random.Random(s).random())
    taken = set(good) | set(evaluation)
    evaluation += [s for s in rest if s not in taken]
    return good[:validation], good[validation : validation + search], evaluation
