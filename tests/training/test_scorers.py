"""Training of the scorers: the loss by hand, data drawn anew each epoch, and one real step from start to file."""

from __future__ import annotations

import json
import math
import random
from itertools import chain

import pytest
import torch

from emorl.errors import ConfigError
from emorl.scoring.cross_encoder import CrossEncoderScorer
from tests.training.texts import NOUNS, corpora_with, label, own
from training.grades.graded import Graded, Sources
from training.scorers import GROUPS, RedrawnDataset, ScorerRun, build_model, ranking_loss, train_scorer

CORPORA = corpora_with([own(noun) for noun in NOUNS])
LABELS = tuple(label(own(noun).statement, "Something is on your mind.", 1, depth=1) for noun in NOUNS)
LN2 = math.log(2)


@pytest.fixture(autouse=True)
def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.sources.load_labels", lambda: LABELS)
    monkeypatch.setattr("training.sources.load_judge_labels", lambda: LABELS[:1])
    monkeypatch.setattr("training.sources.load_hollow", lambda: ())


@pytest.mark.parametrize(
    ("targets", "group", "expected"),
    [
        ([1.0, 0.0], [0, 0], LN2 + 4 * (0.8 + 0.8)),  # a margin of .8, within the statement and across the batch
        ([1.0, 0.0], [0, 1], LN2 + 4 * 0.8),  # of different statements: across only
        ([0.5, 0.3], [0, 0], LN2 + 4 * 0.16),  # too alike for a comparison across
        ([0.5, 0.48], [0, 0], LN2),  # too alike for any
    ],
)
def test_ranking_loss_of_equal_scores_by_hand(targets: list[float], group: list[int], expected: float) -> None:
    loss = ranking_loss(torch.zeros(2, 1), torch.tensor(targets), torch.tensor(group))
    assert loss.item() == pytest.approx(expected, abs=1e-5)


def test_the_margin_is_met_by_the_right_order_only() -> None:
    targets, group = torch.tensor([1.0, 0.0]), torch.tensor([0, 0])
    right = ranking_loss(torch.tensor([[6.0], [-6.0]]), targets, group)
    wrong = ranking_loss(torch.tensor([[-6.0], [6.0]]), targets, group)
    assert right.item() == pytest.approx(math.log1p(math.exp(-6)), abs=1e-4)
    assert wrong.item() > 6 + 4 * 2 * 1.7


def test_every_epoch_draws_counter_examples_anew_and_the_seed_decides_them() -> None:
    def two_epochs(seed: int) -> list[list[list[Graded]]]:
        data = RedrawnDataset("faithfulness", Sources(CORPORA, (), (), "train"), seed, None)
        assert len(data) == 15
        return [[data[i] for i in range(15)] for _ in range(2)]

    one, two = two_epochs(1)
    assert {g.statement for g in chain(*one)} == {g.statement for g in chain(*two)} and one != two
    assert two_epochs(1) == [one, two] and two_epochs(2) != [one, two]
    assert len(RedrawnDataset("reflection", Sources(CORPORA, (), (), "train"), 1, 4)) == 4


def test_every_objective_has_its_groups() -> None:
    assert list(GROUPS) == ["faithfulness", "reflection", "empathy", "fluency"]


def test_nothing_to_train_on_is_said(tmp_path) -> None:
    with pytest.raises(ConfigError, match="Got no graded replies for the scorer of fluency: expected statements with"):
        train_scorer(ScorerRun("fluency", "judge", 1, 1.0), corpora_with(), tmp_path)


def test_adapter_pooler_and_head_are_trained_and_nothing_else() -> None:
    names = {name for name, p in build_model(1).named_parameters() if p.requires_grad}
    assert names and all("lora_" in n or "pooler" in n or "classifier" in n for n in names)
    assert any("classifier" in n for n in names) and any("pooler" in n and "lora_" not in n for n in names)
    assert not any("pooler" in n and "lora_" in n for n in names)


def test_one_step_from_data_to_a_scorer_that_scores(tmp_path) -> None:
    run = ScorerRun("faithfulness", "ship", seed=5, epochs=0.1, limit=2)
    assert train_scorer(run, CORPORA, tmp_path / "f") == tmp_path / "f"
    card = json.loads((tmp_path / "f" / "scorer.json").read_text())
    assert card == {
        "objective": "faithfulness",
        "role": "ship",
        "seed": 5,
        "steps": 1,
        "statements": 2,
    }
    statement = random.Random(0).choice(CORPORA.own)
    scores = CrossEncoderScorer(tmp_path / "f").score([statement.statement] * 2, [statement.simple, statement.complex])
    assert scores.shape == (2,) and ((scores > 0) & (scores < 1)).all()
