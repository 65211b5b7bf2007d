"""How the chance that a counsellor would say a reply is fitted: planted weights, folds, and what cannot be fitted."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch
from transformers import LlamaForCausalLM

from emorl.errors import ConfigError
from emorl.models.chance import features
from emorl.models.packing import pack
from training.chance import FOLDS, fit_chance, log_probabilities, usable, within_statement
from training.data import LabelledReply


def label(
    statement: str, reply: str, said: bool | None, source: str = "v9", split: str = "validation"
) -> LabelledReply:
    return LabelledReply(statement, reply, source, 2, "none", split, would_say=said)


def test_only_models_replies_to_validation_statements_of_both_kinds_are_used() -> None:
    labels = [
        label("a", "1", True),
        label("a", "2", False),
        label("a", "3", True, "rewritten by a reader"),
        label("b", "1", True),
        label("b", "2", True),
        label("c", "1", True, split="train"),
        label("c", "2", False, split="train"),
        label("d", "1", None),
        label("d", "2", False),
    ]
    assert [[one.reply for one in group] for group in usable(labels)] == [["1", "2"]]


def planted(statements: int) -> tuple[list[list[LabelledReply]], list[float], list[float], list[tuple[float, int]]]:
    """Replies that would be said by the odds 1 + 0.5 log-odds of faithfulness + 0.3 nats; the rest is noise."""
    rng = random.Random(4)
    groups, true, said, logps = [], [], [], []
    for number in range(statements):
        group = []
        for reply in range(8):
            one = rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.95), (rng.uniform(-9, 0), rng.randint(8, 20))
            odds = 1 + 0.5 * math.log(one[0] / (1 - one[0])) + 0.3 * one[2][0]
            group.append(label(f"s{number}", f"r{reply}", rng.random() < 1 / (1 + math.exp(-odds))))
            true.append(one[0])
            said.append(one[1])
            logps.append(one[2])
        groups.append(group)
    return groups, true, said, logps


def test_planted_weights_are_found() -> None:
    fit = fit_chance(*planted(400))
    assert (fit.statements, fit.replies) == (400, 3200)
    assert fit.chance.bias == pytest.approx(1, abs=0.25) and fit.chance.faithfulness == pytest.approx(0.5, abs=0.1)
    assert abs(fit.chance.would_say) < 0.1 and fit.chance.nats == pytest.approx(0.3, abs=0.06)
    assert abs(fit.chance.nats_a_token) < 0.7
    assert fit.within["chance"] > fit.within["nats"] > fit.within["faithfulness"] > fit.within["would_say"]
    assert fit.within["would_say"] == pytest.approx(0.5, abs=0.05)


def test_too_few_statements_are_refused() -> None:
    with pytest.raises(ConfigError, match=f"Got {FOLDS - 1} validation statements"):
        fit_chance(*planted(FOLDS - 1))


def test_pairs_within_a_statement_by_hand() -> None:
    values, said = np.array([3.0, 1.0, 2.0, 9.0, 9.0]), np.array([True, False, False, True, False])
    assert within_statement(values, said, np.array([0, 0, 0, 1, 1])) == pytest.approx(2.5 / 3)


def test_log_probabilities_are_those_of_each_reply_read_alone(tiny_llama: LlamaForCausalLM, monkeypatch) -> None:
    prompts = {"a": [5, 6, 7], "b": [8, 9]}
    replies = {"1": [11, 2], "2": [12, 13, 14, 2], "3": [20, 2]}
    monkeypatch.setattr(
        "training.chance.rows_of",
        lambda _, groups: [pack(prompts[s], [replies[r] for r in found]) for s, found in groups],
    )
    groups = [[label("a", "1", True), label("a", "2", False)], [label("b", "3", True)]]
    found = log_probabilities(tiny_llama, None, groups)
    for (nats, length), one in zip(found, [one for group in groups for one in group], strict=True):
        ids = [*prompts[one.statement], *replies[one.reply]]
        logps = tiny_llama(torch.tensor([ids])).logits[0].log_softmax(-1)
        alone = [logps[place - 1, ids[place]].item() for place in range(len(prompts[one.statement]), len(ids))]
        assert (nats, length) == (pytest.approx(sum(alone), abs=1e-4), len(alone))


def test_what_is_fitted_is_what_the_app_works_out() -> None:
    groups, true, said, logps = planted(60)
    chance = fit_chance(groups, true, said, logps).chance
    nats, length = logps[0]
    seen = features(true[0], said[0], [nats / length] * length)
    odds = chance.bias + sum(
        w * x
        for w, x in zip((chance.faithfulness, chance.would_say, chance.nats, chance.nats_a_token), seen, strict=True)
    )
    assert chance.of(true[0], said[0], [nats / length] * length) == pytest.approx(1 / (1 + math.exp(-odds)))
