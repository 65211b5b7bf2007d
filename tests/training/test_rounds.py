"""Best-of-n rounds: the choice by hand, the order of samples, and when the rounds end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.texts import NOUNS, corpora_with, own
from training import rounds
from training.rounds import RoundsConfig, choose, run_rounds, write_samples
from training.warmstart import WarmStartConfig, lessons

CORPORA = corpora_with([own(noun, "train" if i < 9 else "validation") for i, noun in enumerate(NOUNS)])


def number(statements, replies):
    return torch.tensor([float(reply) for reply in replies])


def test_the_choice_by_hand() -> None:
    replies = [["0.25", "0.75", "0.75", ""], ["0.5", "0.125"], [""]]  # doubled counts once, empty never
    chosen, mean, best = choose(["a", "b", "c"], replies, number, 0.625)
    assert chosen == [("a", ("0.75",))]
    assert mean == pytest.approx((0.25 + 0.75 + 0.5 + 0.125) / 4) and best == pytest.approx((0.75 + 0.5) / 2)
    assert choose(["a", "b"], replies[:2], number, 0.5)[0] == [("a", ("0.75",)), ("b", ("0.5",))]  # `least` is enough
    assert choose(["c"], [[""]], number, 0.0) == ([], 0.0, 0.0)


def test_samples_come_back_in_the_order_of_the_prompts() -> None:
    calls: list[tuple[list[list[int]], float, int, bool]] = []

    class Writer:
        def write(self, prompts, temperature, seed, adapted=True):
            calls.append((prompts, temperature, seed, adapted))
            return [[*prompt, seed + i] for i, prompt in enumerate(prompts)]

    long, short, middle = [7, 7, 7], [5], [6, 6]
    written = write_samples(Writer(), [long, short, middle], 2, 0.7, 100, batch=2)  # type: ignore[arg-type]
    assert calls == [([short, short, middle, middle], 0.7, 100, False), ([long, long], 0.7, 104, False)]
    assert written == [[[*long, 104], [*long, 105]], [[*short, 100], [*short, 101]], [[*middle, 102], [*middle, 103]]]


@pytest.mark.parametrize(
    ("judges", "expected", "trained"),
    [
        ([0.5, 0.6, 0.7], "round-2", ["round-1", "round-2"]),
        ([0.5, 0.6, 0.6], "round-1", ["round-1", "round-2"]),  # no rise: the rounds end
        ([0.5, 0.4], "start", ["round-1"]),
    ],
)
def test_the_best_round_by_the_judges_stays(tmp_path: Path, monkeypatch, judges, expected, trained) -> None:
    config = RoundsConfig(rounds=2, statements=4, lessons=3, least=0.0, validation=5)
    begun: list[tuple[str, str, list[Any]]] = []
    asked: list[list[str]] = []
    verdicts = iter(judges)

    def train(settings, corpora, base, folder, start, more):
        assert (settings.epochs, settings.learning_rate, settings.limit) == (1.0, config.learning_rate, 0)
        folder.mkdir(parents=True)
        begun.append((folder.name, start.name, more))

    def sample(adapter, base, statements, config, seed):
        asked.append(statements)
        return [["0.5", "0.75"] for _ in statements]

    monkeypatch.setattr(rounds, "train_warmstart", train)
    monkeypatch.setattr(rounds, "sample", sample)
    monkeypatch.setattr(rounds, "judged", lambda adapter, base, unseen, config, judge: next(verdicts))
    arguments = (config, WarmStartConfig(), CORPORA, tmp_path, tmp_path / "start", tmp_path / "out", number, number)
    assert run_rounds(*arguments).name == expected
    assert [name for name, _, _ in begun] == trained
    assert [start for _, start, _ in begun] == ["start", "round-1"][: len(begun)]
    own_lessons = lessons(CORPORA, "train", WarmStartConfig())
    for _, _, more in begun:
        assert [replies for _, replies in more[:4]] == [("0.75",)] * 4 and len(more) == 7
        assert all(lesson in own_lessons for lesson in more[4:])
    assert not set(asked[0]) & set(asked[-1]) or len(asked) == 1  # a round takes other statements
    report = json.loads((tmp_path / "out" / "round-1" / "round.json").read_text())
    assert report == {"chosen": 4, "mean": 0.625, "best": 0.75, "judged": judges[1]}

    verdicts = iter(judges)
    count = len(begun)
    assert run_rounds(*arguments).name == expected and len(begun) == count  # finished rounds are not repeated
