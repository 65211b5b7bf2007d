"""The scorer of several objectives: its loss by hand, what learns and what does not, and training up to its files."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from emorl.errors import ConfigError
from emorl.models.base import base_sha256
from emorl.scoring.language_model import LanguageModelScorer, backbone
from tests.scoring.tiny import write_adapter, write_scorer
from tests.training.texts import NOUNS, corpora_with, label, own
from training.grades.combined import MultiGraded
from training.grades.graded import Sources
from training.language_model import (
    LIKELIHOOD,
    OBJECTIVES,
    Redrawn,
    ScoredStack,
    SharedScorerConfig,
    ranked_loss,
    train_shared_scorer,
)

LN2 = math.log(2)


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


# ---------------------------------------------------------------- the loss


@pytest.mark.parametrize(
    ("targets", "group", "expected"),
    [
        ([1.0, 0.0], [0, 0], 2 * LN2),  # a pair that is a whole grade apart
        ([1.0, 0.0], [0, 1], LN2),  # of different statements: not compared
        ([0.75, 0.25], [0, 0], 1.5 * LN2),  # half a grade apart
        ([0.5, 0.46], [0, 0], LN2),  # too alike to be compared
        ([1.0, 0.5, 0.0], [0, 0, 0], LN2 * (1 + (0.5 + 1 + 0.5) / 3)),  # the mean of three pairs
    ],
)
def test_the_loss_of_equal_logits_by_hand(targets: list[float], group: list[int], expected: float) -> None:
    loss = ranked_loss(torch.zeros(len(targets)), torch.tensor(targets), torch.tensor(group))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_the_loss_of_a_right_and_a_wrong_order_by_hand() -> None:
    targets, group = torch.tensor([1.0, 0.0]), torch.tensor([4, 4])
    right = ranked_loss(torch.tensor([2.0, -1.0]), targets, group)
    wrong = ranked_loss(torch.tensor([-1.0, 2.0]), targets, group)
    assert right.item() == pytest.approx((softplus(-2) + softplus(-1)) / 2 + softplus(-3), abs=1e-6)
    assert wrong.item() == pytest.approx((softplus(1) + softplus(2)) / 2 + softplus(3), abs=1e-6)


def test_replies_whose_grade_is_not_known_are_left_out() -> None:
    logits = torch.tensor([0.3, 9.0, -0.2], requires_grad=True)
    loss = ranked_loss(logits, torch.tensor([1.0, math.nan, 0.25]), torch.tensor([0, 0, 0]))
    known = ranked_loss(logits[[0, 2]], torch.tensor([1.0, 0.25]), torch.tensor([0, 0]))
    torch.testing.assert_close(loss, known)
    loss.backward()
    assert logits.grad is not None and logits.grad[1] == 0 and (logits.grad[[0, 2]] != 0).all()


def test_without_any_known_grade_the_loss_is_nothing_and_can_be_differentiated() -> None:
    logits = torch.tensor([3.0, -5.0], requires_grad=True)
    loss = ranked_loss(logits, torch.full((2,), math.nan), torch.tensor([0, 0]))
    assert loss.item() == 0.0
    loss.backward()
    assert logits.grad is not None and logits.grad.tolist() == [0.0, 0.0]


# ---------------------------------------------------------------- what is drawn


def test_every_epoch_draws_anew_and_the_seed_decides_it() -> None:
    sources = Sources(corpora_with([own(noun) for noun in NOUNS]), (), (), "train")
    config = SharedScorerConfig(unread_share=1.0, replies=3)

    def two_epochs(seed: int) -> list[list[list[MultiGraded]]]:
        data = Redrawn(sources, config, seed, None)
        assert len(data) == 15
        return [[data[i] for i in range(15)] for _ in range(2)]

    one, two = two_epochs(1)
    assert one != two and {g[0].statement for g in one} == {g[0].statement for g in two}
    assert max(map(len, one)) == 3
    assert two_epochs(1) == [one, two] and two_epochs(2) != [one, two]
    assert len(Redrawn(sources, config, 1, 4)) == 4


def test_a_later_draw_may_be_shorter_than_the_first() -> None:
    sources = Sources(corpora_with([own(noun) for noun in NOUNS]), (), (), "train")
    data = Redrawn(sources, SharedScorerConfig(unread_share=0.4), 3, None)
    first = len(data)
    lengths = set()
    for _ in range(12):
        assert all(data[i] for i in range(first))  # every index of the first draw stays valid
        lengths.add(len(data.groups))
    assert min(lengths) < first


# ---------------------------------------------------------------- what learns


def test_only_lora_and_heads_learn_and_heads_begin_with_nothing(tiny_base) -> None:
    model = ScoredStack(backbone(tiny_base, None), None)
    learning = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    heads = {"head.weight", "head.bias", "likelihood"}
    assert heads < learning and all("lora_" in name for name in learning - heads)
    assert all(".layers.2." in name for name in learning if "lora_" in name)  # the last of the tiny base's three
    assert model.head.weight.shape == (4, 32) and not model.head.weight.any() and not model.head.bias.any()
    assert model.likelihood.tolist() == [list(LIKELIHOOD)] * 4


def test_an_earlier_scorers_heads_are_taken_over_by_name(tiny_base, tmp_path) -> None:
    start = write_scorer(tmp_path / "start", tiny_base, ["empathy", "faithfulness"], seed=3)
    before = load_file(start / "head.safetensors")
    model = ScoredStack(backbone(tiny_base, None), start)
    assert OBJECTIVES == ("faithfulness", "reflection", "empathy", "would_say")
    torch.testing.assert_close(model.head.weight[[2, 0]], before["weight"])
    torch.testing.assert_close(model.head.bias[[2, 0]], before["bias"])
    torch.testing.assert_close(model.likelihood[[2, 0]], before["likelihood"])
    assert not model.head.weight[1].any() and model.head.bias[1] == 0  # reflection is new
    learning = [p for name, p in model.named_parameters() if "lora_" in name]
    assert learning and all(p.requires_grad for p in learning)
    adapter = load_file(start / "adapter_model.safetensors")
    sums = [sorted(float(t.detach().sum()) for t in tensors) for tensors in (learning, adapter.values())]
    assert sums[0] == pytest.approx(sums[1])


# ---------------------------------------------------------------- from start to file

TRUE, FALSE = "Yes, yes, you miss it.", "Zigzag jazz quizzes!!!"
CONFIG = SharedScorerConfig(epochs=15.0, learning_rate=1e-2, batch=4, unread_share=0.0)


def read_sources(nouns: list[str]) -> Sources:
    """For each noun a statement with a true reply of one kind and a false one of another."""
    labels = []
    for noun in nouns:
        statement = f"I sold my {noun}."
        labels.append(label(statement, TRUE, 2, depth=2, empathy=2, would_say=True))
        labels.append(label(statement, FALSE, 0))
    return Sources(corpora_with(), tuple(labels), (), "train")


@pytest.fixture
def base(tiny_base, monkeypatch) -> Path:
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    return tiny_base


@pytest.fixture(scope="module")
def warm_start(tiny_base, tmp_path_factory) -> Path:
    return write_adapter(tmp_path_factory.mktemp("warmstart"), tiny_base, seed=7)


def test_it_learns_to_tell_two_kinds_of_reply_apart_and_writes_what_scoring_reads(base, warm_start, tmp_path) -> None:
    out = train_shared_scorer(CONFIG, read_sources(NOUNS[:8]), "ship", 5, tmp_path / "shared-ship", warm_start)
    assert out == tmp_path / "shared-ship"
    assert json.loads((out / "scorer.json").read_text()) == {
        "objectives": ["faithfulness", "reflection", "empathy", "would_say"],
        "role": "ship",
        "backbone": base.name,
        "base": base_sha256(base),
        "seed": 5,
        "steps": 30,
        "statements": 8,
        "continued": False,
        "stands_on": "warm start",
    }
    head = load_file(out / "head.safetensors")
    assert {name: (tuple(t.shape), t.dtype) for name, t in head.items()} == {
        "weight": ((4, 32), torch.float32),
        "bias": ((4,), torch.float32),
        "likelihood": ((4, 2), torch.float32),
    }
    scorer = LanguageModelScorer(out, base, warm_start)
    statements = [f"I sold my {noun}." for noun in NOUNS]
    true, false = (scorer.scores(statements, [text] * len(NOUNS)) for text in (TRUE, FALSE))
    assert (true[:8] > 0.6).all() and (false[:8] < 0.4).all()  # of the statements that it has seen
    assert (true[8:].mean(0) > false[8:].mean(0) + 0.2).all()  # and on the whole of others

    # going on begins with its heads and its adapter: one step at a learning rate of nothing changes neither
    still = replace(CONFIG, start=out, epochs=0.5, learning_rate=0.0)
    again = train_shared_scorer(still, read_sources(NOUNS[:8]), "ship", 6, tmp_path / "again", warm_start)
    for name in ("head.safetensors", "adapter_model.safetensors"):
        before, after = load_file(out / name), load_file(again / name)
        assert before.keys() == after.keys()
        for key, tensor in before.items():
            torch.testing.assert_close(after[key], tensor, rtol=0, atol=0)
    card = json.loads((again / "scorer.json").read_text())
    assert (card["continued"], card["steps"], card["seed"]) == (True, 1, 6)


def test_the_seed_decides_the_training_and_a_limit_holds(base, tmp_path) -> None:
    short = replace(CONFIG, epochs=1.0)
    heads = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        out = train_shared_scorer(short, read_sources(NOUNS[:6]), "judge", seed, tmp_path / name, None, limit=4)
        card = json.loads((out / "scorer.json").read_text())
        assert (card["statements"], card["steps"], card["role"], card["stands_on"]) == (4, 1, "judge", "base")
        heads.append(load_file(out / "head.safetensors")["weight"])
    assert torch.equal(heads[0], heads[1]) and not torch.equal(heads[0], heads[2]) and heads[0].any()


def test_nothing_to_learn_from_is_said(base, tmp_path) -> None:
    with pytest.raises(ConfigError, match="No graded replies for the ship scorer: expected read replies, .*; raise"):
        train_shared_scorer(CONFIG, Sources(corpora_with(), (), (), "train"), "ship", 1, tmp_path / "x", None)
    assert not (tmp_path / "x").exists()
