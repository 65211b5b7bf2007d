"""How good the scorers are on statements they have not seen, against readers and on their own kind of data.

Against readers: AUC of the score for replies that were read (faithful 2 against 0; would say against would not), and
the share of minimal pairs whose true reply scores higher. Beside it, on pairs of our own texts and PAIR: share of pairs
ranked rightly, with length alone and the opening alone as baselines. Left out: training.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import torch
from sklearn.metrics import roc_auc_score

from emorl.scoring.feelings import FEELINGS
from emorl.scoring.scorer import Score
from training.data import LabelledReply
from training.grades.affirmation import PRAISE
from training.grades.empathy import HOLLOW
from training.grades.fluency import fluency_groups
from training.grades.graded import Sources
from training.grades.reflection import turn_pronouns

Pair = tuple[str, str, str, str]  # statement, better reply, other statement, worse reply
Report = dict[str, dict[str, float]]


def length_only(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
    """Baseline: the number of words."""
    return torch.tensor([float(len(r.split())) for r in replies])


def opener_only(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
    """Baseline: starts with "You" or "It sounds"; ties count half."""
    return torch.tensor([float(r.lower().startswith(("you", "it sounds", "it seems"))) for r in replies])


def accuracy(score: Score, pairs: Sequence[Pair]) -> float:
    """Share of pairs whose better reply scores higher; ties count half."""
    better = score([p[0] for p in pairs], [p[1] for p in pairs])
    worse = score([p[2] for p in pairs], [p[3] for p in pairs])
    return float(((better > worse).float() + 0.5 * (better == worse).float()).mean()) if pairs else float("nan")


def auc(score: Score, good: Sequence[LabelledReply], bad: Sequence[LabelledReply]) -> float:
    """Probability that a good reply scores above a bad one; nan where there is none of either."""
    if not good or not bad:
        return float("nan")
    both = [*good, *bad]
    values = score([r.statement for r in both], [r.reply for r in both]).tolist()
    return float(roc_auc_score([1] * len(good) + [0] * len(bad), values))


def minimal_pairs(labels: Iterable[LabelledReply]) -> list[Pair]:
    """The true and the false reply of every minimal pair."""
    found: defaultdict[str, dict[int, LabelledReply]] = defaultdict(dict)
    for label in labels:
        if label.pair:
            found[label.pair][label.faithful] = label
    return [(p[2].statement, p[2].reply, p[0].statement, p[0].reply) for p in found.values() if {0, 2} <= p.keys()]


def would_say_pairs(labels: Iterable[LabelledReply]) -> list[Pair]:
    """Every reply that would be said beside every other to the same statement that would not."""
    found: defaultdict[str, dict[bool, list[str]]] = defaultdict(lambda: {True: [], False: []})
    for label in labels:
        if label.would_say is not None:
            found[label.statement][label.would_say].append(label.reply)
    return [(s, said, s, unsaid) for s, read in found.items() for said in read[True] for unsaid in read[False]]


def reader_report(score: Score, sources: Sources, limit: int | None = None) -> dict[str, float]:
    """Against people who read: AUCs over models' replies, and the minimal pairs; at most `limit` of each."""
    read = sources.read()
    models = [r for r in read if not r.pair][:limit]
    faithful, unfaithful = ([r for r in models if r.faithful == level] for level in (2, 0))
    said, unsaid = ([r for r in models if r.would_say is answer] for answer in (True, False))
    pairs = minimal_pairs(read)[:limit]
    return {
        "auc faithful": auc(score, faithful, unfaithful),
        "faithful": len(faithful),
        "unfaithful": len(unfaithful),
        "auc would say": auc(score, said, unsaid),
        "would say": len(said),
        "would not say": len(unsaid),
        "would say, same statement": accuracy(score, would_say_pairs(models)[:limit]),
        "minimal pairs": accuracy(score, pairs),
        "pairs": len(pairs),
    }


def beside_shortcuts(score: Score, pairs: dict[str, list[Pair]]) -> Report:
    """Accuracy of the scorer, of length and of openers by kind of pair, with the number of pairs."""
    return {
        name: {
            "scorer": accuracy(score, found),
            "length_only": accuracy(length_only, found),
            "opener_only": accuracy(opener_only, found),
            "pairs": len(found),
        }
        for name, found in pairs.items()
        if found
    }


def reflection_pairs(sources: Sources, seed: int = 0) -> dict[str, list[Pair]]:
    """Named lists of pairs of one split: PAIR's levels, and our own."""
    rng = random.Random(seed)
    pairs: defaultdict[str, list[Pair]] = defaultdict(list)
    ranked = [p for p in sources.corpora.pair if p.split == sources.split]
    for p in ranked:
        levels = {"hq": p.high, "mq": p.medium, "lq": p.low}
        for better, worse in (("hq", "mq"), ("hq", "lq"), ("mq", "lq")):
            found = [(p.prompt, b, p.prompt, w) for b in levels[better] for w in levels[worse]]
            pairs[f"pair {better}>{worse}"] += found
        for high in p.high:
            pairs["pair good>copy"] += [(p.prompt, high, p.prompt, c) for c in (p.prompt, turn_pronouns(p.prompt))]
            stranger = rng.choice([q for q in ranked if q is not p] or ranked)
            pairs["pair good>mismatched"].append((p.prompt, high, p.prompt, rng.choice(stranger.high)))
    own = [o for o in sources.corpora.own if o.split == sources.split]
    for o in own:
        other = rng.choice([x for x in own if x is not o] or own)
        pairs["own complex>simple"].append((o.statement, o.complex, o.statement, o.simple))
        pairs["own simple>of another"].append((o.statement, o.simple, o.statement, other.complex))
    return dict(pairs)


def empathy_pairs(sources: Sources, seed: int = 0) -> dict[str, list[Pair]]:
    """Named lists of pairs of one split: an empathic reflection against what only sounds like one."""
    rng = random.Random(seed)
    own = [o for o in sources.corpora.own if o.split == sources.split]
    pairs: defaultdict[str, list[Pair]] = defaultdict(list)
    for o in own:
        other = rng.choice([x for x in own if x is not o] or own)
        worse = {
            "of another": other.empathic,
            "simple": o.simple,
            "hollow formula": rng.choice(HOLLOW),
            "feeling alone": f"You feel {rng.choice(FEELINGS)}.",
        }
        for name, text in worse.items():
            pairs[f"own empathic>{name}"].append((o.statement, o.empathic, o.statement, text))
    hollow = [(p.statement, p.empathic, p.statement, p.hollow) for p in sources.hollow()]
    return {**pairs, "empathic>hollow, hand-written": hollow}


def affirmation_pairs(sources: Sources, seed: int = 0) -> dict[str, list[Pair]]:
    """Named lists of pairs of one split: an affirming reflection against what is none, or not this client's."""
    rng = random.Random(seed)
    own = [o for o in sources.corpora.own if o.split == sources.split and o.affirming]
    pairs: defaultdict[str, list[Pair]] = defaultdict(list)
    for o in own:
        other = rng.choice([x for x in own if x is not o] or own)
        worse = {
            "of another": other.affirming,
            "simple": o.simple,
            "complex": o.complex,
            "empathic": o.empathic,
            "praise": rng.choice(PRAISE),
            "praise and simple": f"{rng.choice(PRAISE)} {o.simple}",
        }
        for name, text in worse.items():
            pairs[f"own affirming>{name}"].append((o.statement, o.affirming, o.statement, text))
    return dict(pairs)


def fluency_pairs(sources: Sources) -> dict[str, list[Pair]]:
    """A whole reply against a broken copy of it."""
    pairs = []
    for group in fluency_groups(sources, random.Random(0)):
        pairs += [(w.statement, w.reply, b.statement, b.reply) for w, b in pairwise(group) if b.kind == "broken"]
    return {"whole>broken": pairs}


PAIRS: dict[str, Callable[[Sources], dict[str, list[Pair]]]] = {
    "faithfulness": reflection_pairs,
    "reflection": reflection_pairs,
    "empathy": empathy_pairs,
    "fluency": fluency_pairs,
    "would_say": reflection_pairs,
    "affirmation": affirmation_pairs,
}


def scorer_report(objective: str, score: Score, sources: Sources, limit: int | None = None) -> Report:
    """Everything known of one scorer on one split, ready for JSON; at most `limit` pairs of a kind (smoke runs)."""
    pairs = {name: found[:limit] for name, found in PAIRS[objective](sources).items()}
    return {"against readers": reader_report(score, sources, limit), **beside_shortcuts(score, pairs)}
