"""Best-of-n rounds: the choice by hand, the order of samples, and when the rounds end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from emorl.errors import ConfigError
from emorl.models.template import END, prompt_text
from emorl.scoring.language_model import backbone
from tests.ensemble.naive import naive_decode
from tests.scoring.tiny import write_adapter
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


@pytest.mark.parametrize(
    ("corpora", "words", "got"),
    [(CORPORA, 2, "Got 0 training and 0"), (corpora_with([own(NOUNS[0])]), 80, "Got 1 training and 0")],
)
def test_rounds_without_statements_are_one_line(tmp_path: Path, corpora, words: int, got: str) -> None:
    config = RoundsConfig(max_words=words)
    with pytest.raises(ConfigError, match=got + r" validation statements of at most \d+ words: expected .*; raise"):
        run_rounds(config, WarmStartConfig(), corpora, tmp_path, tmp_path, tmp_path / "out", number, number)


# ---------------------------------------------------------------- what a warm start writes


@pytest.fixture(scope="module")
def adapter(tiny_base, tmp_path_factory) -> Path:
    return write_adapter(tmp_path_factory.mktemp("warm"), tiny_base, seed=5)


WRITTEN = RoundsConfig(samples=3, temperature=1.0, max_tokens=6, batch=2)
ASKED = [own(noun).statement for noun in NOUNS[:3]]


def test_the_judges_read_the_warm_starts_greedy_replies(tiny_base, adapter) -> None:
    read: list[list[str]] = []

    def judge(statements, replies):
        assert statements == ASKED
        read.append(replies)
        return torch.tensor([0.25, 0.5, 0.75])

    assert rounds.judged(adapter, tiny_base, ASKED, WRITTEN, judge) == pytest.approx(0.5)
    tokenizer, model = AutoTokenizer.from_pretrained(tiny_base), backbone(tiny_base, adapter).eval()
    end = tokenizer.convert_tokens_to_ids(END)
    expected = []
    for statement in ASKED:
        tokens = naive_decode(
            [model], tokenizer(prompt_text(statement)).input_ids, [], max_tokens=6, end_tokens=[end], masked=False
        )
        expected.append(tokenizer.decode(tokens, skip_special_tokens=True).strip())
    assert read == [expected]


def test_samples_are_several_a_statement_and_the_seed_decides_them(tiny_base, adapter) -> None:
    one, again, other = (rounds.sample(adapter, tiny_base, ASKED, WRITTEN, seed) for seed in (1, 1, 2))
    assert [len(texts) for texts in one] == [3, 3, 3] and len({text for texts in one for text in texts}) > 3
    assert one == again != other
