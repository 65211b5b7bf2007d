"""How good the scorers are, on validation data, beside what shortcuts alone reach.

Reflection: share of pairs ranked rightly, PAIR and AnnoMI and our own statements apart, plain and length-matched
(replies of two statements whose lengths differ by at most two words, each scored with its own statement), beside
"longer is better" and "starts with You or It sounds". Empathy: macro-F1 beside always-the-majority and length,
and whether a fitting warm reply beats an unfitting one.
Fluency judge: share of broken copies below their whole reply.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

import torch

from training.corruptions import fluency_groups
from training.counterexamples import turn_pronouns
from training.data import Corpora
from training.warmth import GLAD, READ_AS_GLAD, READ_AS_SAD, SORRY

Score = Callable[[Sequence[str], Sequence[str]], torch.Tensor]
Pair = tuple[str, str, str, str]  # statement, better reply, other statement, worse reply


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


def reflection_pairs(corpora: Corpora, split: str, seed: int = 0) -> dict[str, list[Pair]]:
    """Named lists of pairs of one split."""
    rng = random.Random(seed)
    pairs: dict[str, list[Pair]] = {}

    def add(name: str, statement: str, better: str, other: str, worse: str) -> None:
        pairs.setdefault(name, []).append((statement, better, other, worse))

    def matched(name: str, a: list[tuple[str, str]], b: list[tuple[str, str]]) -> None:
        close = [(x, y) for x, y in itertools.product(a, b) if abs(len(x[1].split()) - len(y[1].split())) <= 2]
        for x, y in rng.sample(close, min(400, len(close))):
            add(name, *x, *y)

    groups = [p for p in corpora.pair if p.split == split]
    high = [(p.prompt, r) for p in groups for r in p.high]
    medium = [(p.prompt, r) for p in groups for r in p.medium]
    low = [(p.prompt, r) for p in groups for r in p.low]
    for p in groups:
        for h in p.high:
            for m in p.medium:
                add("pair hq>mq", p.prompt, h, p.prompt, m)
            for r in p.low:
                add("pair hq>lq", p.prompt, h, p.prompt, r)
            other = rng.choice([x for x in high if x[0] != p.prompt])[1]
            add("pair good>mismatched", p.prompt, h, p.prompt, other)
            add("pair good>copy", p.prompt, h, p.prompt, p.prompt)
            add("pair good>turned copy", p.prompt, h, p.prompt, turn_pronouns(p.prompt))
        for m in p.medium:
            for r in p.low:
                add("pair mq>lq", p.prompt, m, p.prompt, r)
    matched("pair hq>mq length-matched", high, medium)
    matched("pair hq>lq length-matched", high, low)
    matched("pair mq>lq length-matched", medium, low)
    talk = [e for e in corpora.annomi if e.split == split and e.prompt_words >= 5 and e.reply_words >= 4
            and not e.fragment and not e.inaudible]  # fmt: skip
    good = [(e.prompt, e.reply) for e in talk if e.kind in ("complex", "simple")]
    bad = [(e.prompt, e.reply) for e in talk if e.kind not in ("complex", "simple")]
    for x, y in rng.sample(list(itertools.product(good, bad)), min(600, len(good) * len(bad))):
        add("annomi reflection>other", *x, *y)
    matched("annomi reflection>other length-matched", good, bad)
    own = [o for o in corpora.own if o.split == split]
    for o in own:
        add("own complex>simple", o.statement, o.complex, o.statement, o.simple)
        add("own good>mismatched", o.statement, o.complex, o.statement, rng.choice([x for x in own if x != o]).complex)
    matched("own complex>simple length-matched", [(o.statement, o.complex) for o in own],
            [(o.statement, o.simple) for o in own])  # fmt: skip
    return pairs


def reflection_report(score: Score, corpora: Corpora, split: str = "validation") -> dict[str, dict[str, float]]:
    """Accuracy of the scorer, of length and of openers by kind of pair, with the number of pairs."""
    return {
        name: {
            "scorer": accuracy(score, pairs), "length_only": accuracy(length_only, pairs),
            "opener_only": accuracy(opener_only, pairs), "pairs": len(pairs),
        }
        for name, pairs in reflection_pairs(corpora, split).items()
    }  # fmt: skip


def empathy_report(score: Score, corpora: Corpora, split: str = "validation") -> dict[str, float]:
    """Macro-F1 over the three levels (score cut at 1/4 and 3/4), beside majority and length."""
    from sklearn.metrics import f1_score

    rows = [e for e in corpora.epitome if e.split == split]
    if not rows:
        return {}
    truth = [e.level for e in rows]
    value = score([e.prompt for e in rows], [e.reply for e in rows])
    guess = [int(v > 0.25) + int(v > 0.75) for v in value.tolist()]
    lengths = length_only([], [e.reply for e in rows])
    cuts = torch.quantile(lengths, torch.tensor([1 - sum(t > 0 for t in truth) / len(truth),
                                                 1 - sum(t > 1 for t in truth) / len(truth)]))  # fmt: skip
    by_length = [int(v > cuts[0]) + int(v > cuts[1]) for v in lengths.tolist()]

    def f1(prediction: list[int]) -> float:
        return float(f1_score(truth, prediction, labels=[0, 1, 2], average="macro", zero_division=0))

    report = {"scorer": f1(guess), "majority": f1([0] * len(truth)), "length_only": f1(by_length), "pairs": len(rows)}
    return report | warmth_report(score, corpora, split)


def warmth_report(score: Score, corpora: Corpora, split: str = "validation", seed: int = 0) -> dict[str, float]:
    """Share of our statements whose warm reply scores above one to another, a plain reflection, a wrong feeling."""
    rng = random.Random(seed)
    own = [o for o in corpora.own if o.split == split and o.warm]
    pairs: dict[str, list[Pair]] = {"own warm>warm to another": [], "own warm>simple": [], "own warm>wrong feeling": []}
    for o in own:
        other = rng.choice([x for x in own if x != o])
        pairs["own warm>warm to another"].append((o.statement, o.warm, o.statement, other.warm))
        pairs["own warm>simple"].append((o.statement, o.warm, o.statement, o.simple))
        if o.feeling != "mixed":
            wrong = SORRY + READ_AS_SAD if o.feeling == "good" else GLAD + READ_AS_GLAD
            pairs["own warm>wrong feeling"].append((o.statement, o.warm, o.statement, rng.choice(wrong)))
    return {name: accuracy(score, found) for name, found in pairs.items() if found}


def fluency_report(score: Score, corpora: Corpora, split: str = "validation") -> dict[str, float]:
    """Share of broken copies that score below the whole reply they were made from."""
    pairs = []
    for group in fluency_groups(corpora, split, random.Random(0)):
        whole = [g for g in group if g.kind == "whole"]
        broken = [g for g in group if g.kind == "broken"]
        pairs += [(w.statement, w.reply, b.statement, b.reply) for w, b in zip(whole, broken, strict=False)]
    return {"scorer": accuracy(score, pairs), "length_only": accuracy(length_only, pairs), "pairs": len(pairs)}
