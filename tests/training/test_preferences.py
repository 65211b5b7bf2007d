"""Learning from read replies: what is learnt from, the packed log-probabilities, the ranking loss by hand."""

from __future__ import annotations

import math

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from emorl.errors import ConfigError
from emorl.models.packing import collate, pack
from emorl.models.template import END, prompt_text
from tests.training.texts import corpora_with, label, own
from training.data.labels import WRITTEN
from training.preferences import (
    PreferencesConfig,
    imitated,
    policy_logps,
    preference_loss,
    preferred,
    train_preferences,
)
from training.warmstart import WarmStartConfig


def test_what_would_be_said_is_worth_most_and_an_invention_nothing() -> None:
    worth = [
        label("S.", "R.", faithful, "train", would_say=said, well_said=well).utility
        for faithful, said, well in (
            (2, True, True),
            (2, True, False),
            (2, False, None),
            (1, False, None),
            (0, False, None),
        )
    ]
    assert worth == sorted(worth, reverse=True) and len(set(worth)) == 5
    assert (worth[0], worth[-1]) == (1.0, 0.0)
    broken = [label("S.", "R.", faithful, "train", well_formed=False).utility for faithful in (2, 1, 0)]
    assert broken == [0.1, 0.1, 0.0]


def test_only_statements_with_a_better_and_a_worse_reply_are_learnt_from() -> None:
    labels = (
        label("Both are here.", "good", 2, "train"),
        label("Both are here.", "bad", 0, "train"),
        label("All alike.", "bad", 0, "train"),
        label("All alike.", "worse", 0, "train"),
        label("Of another split.", "good", 2, "validation"),
        label("Of another split.", "bad", 0, "validation"),
        label("Far too many words for this limit.", "good", 2, "train"),
        label("Far too many words for this limit.", "bad", 0, "train"),
        *(label(f"{source}.", "good", 2, "train", source=source) for source in WRITTEN),
        *(label(f"{source}.", "bad", 0, "train", source=source) for source in WRITTEN),
    )
    (only,) = preferred(labels, "train", PreferencesConfig(max_words=5))
    assert only.statement == "Both are here."
    assert dict(zip(only.replies, only.utilities, strict=True)) == {"good": 0.5, "bad": 0.0}
    (other,) = preferred(labels, "validation", PreferencesConfig())
    assert other.statement == "Of another split."


def test_no_statement_has_more_replies_than_asked_for() -> None:
    labels = [label("S.", f"reply {n}", n % 3, "train") for n in range(9)]
    (group,) = preferred(labels, "train", PreferencesConfig(replies=5))
    assert group.utilities == (0.5, 0.5, 0.5, 0.0, 0.0)  # of three best, three middling and three worst
    (group,) = preferred(labels, "train", PreferencesConfig(replies=8))
    assert sorted(group.utilities) == [0.0, 0.0, 0.0, 0.2, 0.2, 0.5, 0.5, 0.5] and len(set(group.replies)) == 8
    assert preferred(labels, "train", PreferencesConfig(limit=0)) == []


def test_lessons_are_all_worth_saying() -> None:
    found = imitated(corpora_with([own("dog", "train"), own("cat", "test")]), WarmStartConfig(), PreferencesConfig())
    assert [item.statement for item in found] == [own("dog", "train").statement]
    assert set(found[0].utilities) == {1.0} and len(found[0].utilities) == len(found[0].replies)


def test_packed_log_probabilities_are_those_of_each_reply_alone(tiny_base) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    texts = {"I can't sleep.": ["You lie awake.", "You're tired of it all."], "My dog died.": ["You miss him."]}
    prompts = {s: tokenizer(prompt_text(s)).input_ids for s in texts}
    replies = {s: [tokenizer(r + END).input_ids for r in rs] for s, rs in texts.items()}
    with torch.no_grad():
        packed, lengths = policy_logps(model, collate([pack(prompts[s], replies[s]) for s in texts]))
        alone = []
        for statement in texts:
            for reply in replies[statement]:
                ids = torch.tensor([prompts[statement] + reply])
                logps = model(ids).logits.log_softmax(-1)[0]
                start = len(prompts[statement])
                alone.append(sum(float(logps[start + i - 1, token]) for i, token in enumerate(reply)))
    assert packed.tolist() == pytest.approx(alone, abs=1e-3)
    assert lengths.tolist() == [len(r) for rs in replies.values() for r in rs]


def test_the_ranking_loss_by_hand() -> None:
    rewards, utilities = torch.tensor([1.0, 0.0, 5.0]), torch.tensor([1.0, 0.3, 0.0])
    group = torch.tensor([0, 0, 1])
    loss = preference_loss(rewards, utilities, group)  # one pair; the third reply is another statement's
    assert float(loss) == pytest.approx(math.log1p(math.exp(-1.0)))
    together = preference_loss(rewards, utilities, torch.zeros(3, dtype=torch.long))
    terms = ((0.7, 1.0), (1.0, -4.0), (0.3, -5.0))  # gap of the utilities, distance of the rewards
    expected = sum(gap * math.log1p(math.exp(-distance)) for gap, distance in terms) / 2.0
    assert float(together) == pytest.approx(expected)


def test_replies_of_one_worth_cost_nothing() -> None:
    loss = preference_loss(torch.tensor([3.0, -3.0]), torch.ones(2), torch.zeros(2, dtype=torch.long))
    assert float(loss) == 0.0


def test_without_read_replies_there_is_one_clear_line(tiny_base, tmp_path) -> None:
    with pytest.raises(ConfigError, match="Got 0 read replies and no statement .* expected some; read more"):
        train_preferences(
            PreferencesConfig(), WarmStartConfig(), corpora_with([]), (), tiny_base, tmp_path / "none", tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()
