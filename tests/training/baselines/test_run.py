"""A baseline's run on the tiny base: the rewards are weighted as they should be, and a resumed run is the same run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.training.texts import PROMPTS as STATEMENTS
from training.baselines.run import NormalisingTrainer, mean_of, mixture_of, normalised
from training.baselines.weightings import Dorb, DynaOpt, RoundRobin, Uniform, Weighting
from training.checkpoints import Account
from training.objectives import ObjectiveConfig, SelfCriticalTrainer, train_objective

TINY = ObjectiveConfig(
    steps=4, prompts=2, samples=2, max_tokens=4, first_layer=1, rank=2, alpha=4, validate_every=1, validation=2
)


def low(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
    """A toy score: the share of a reply's characters in the lower half of ASCII."""
    return torch.tensor([sum(ord(c) < 80 for c in r) / max(1, len(r)) for r in replies])


def long(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
    """Another, which wants something else: length."""
    return torch.tensor([min(1.0, len(r) / 8) for r in replies])


PARTS = {"low": low, "long": long}


@pytest.fixture
def run(tiny_base, monkeypatch):
    """Train with a weighting; gives the account."""
    monkeypatch.setattr("training.objectives.runaway", lambda start, now, drop: None)

    def train(
        weighting: Weighting,
        out: Path,
        config: ObjectiveConfig = TINY,
        every: int = 1,
        trainer: type[SelfCriticalTrainer] = SelfCriticalTrainer,
        parts: dict[str, Any] = PARTS,
        **more: Any,
    ) -> Account:
        model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
        mixture = mixture_of(parts, weighting, STATEMENTS[:2], every, trainer)
        watch = STATEMENTS[:2]
        return train_objective(
            config, model, tiny_base, STATEMENTS, watch, mean_of(parts), None, out, mixture=mixture, **more
        )

    return train


def kept(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "weighting.json").read_text())
    return found


def weights_file(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "checkpoints" / "checkpoint-4" / "adapter_model.safetensors")


def test_one_reward_of_two_with_all_the_weight_is_that_rewards_own_run(run, tiny_base, tmp_path) -> None:
    """Round robin over one turn that lasts the whole run: the same adapter as with the first reward alone."""
    turns = RoundRobin(2, 8)  # turns of four updates, and the run has four
    run(turns, tmp_path / "mixed")
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    train_objective(TINY, model, tiny_base, STATEMENTS, STATEMENTS[:2], low, None, tmp_path / "alone")
    expected = weights_file(tmp_path / "alone")
    for key, value in weights_file(tmp_path / "mixed").items():
        torch.testing.assert_close(value, expected[key])
    assert kept(tmp_path / "mixed")["moves"] == [
        {"step": 0, "weights": [1.0, 0.0]},
        {"step": 4, "weights": [0.0, 1.0]},  # after the last update
    ]


def test_a_uniform_run_counts_what_it_cost_and_is_measured_by_the_mean(run, tmp_path) -> None:
    account = run(Uniform(2), tmp_path)
    assert (account.steps, account.data_points, account.rollouts) == (4, 8, 16)
    assert account.scorer_calls == 16 * 2 + 5 * 2  # two rewards a rollout, five validations of two statements
    assert kept(tmp_path)["moves"] == [{"step": 0, "weights": [0.5, 0.5]}]
    assert (tmp_path / "best" / "adapter_model.safetensors").is_file()


def test_the_trainer_adds_the_weighted_rewards_and_the_guards_in_full(run, tmp_path) -> None:
    seen: list[list[float]] = []

    class Seen(SelfCriticalTrainer):
        def _calculate_rewards(self, *args: Any) -> torch.Tensor:
            seen.append(self.reward_weights.tolist())
            rewards: torch.Tensor = super()._calculate_rewards(*args)
            assert rewards.shape == (4, 3)
            return rewards

    run(DynaOpt(2, 1), tmp_path, trainer=Seen)
    assert len(seen) == 4 and all(weights[-1] == 1.0 for weights in seen)
    assert all(sum(weights[:-1]) == pytest.approx(1) for weights in seen)
    moves = {move["step"]: move["weights"] for move in kept(tmp_path)["moves"]}
    expected = [moves[max(step for step in moves if step <= number)] for number in range(4)]
    assert [weights[:-1] for weights in seen] == [pytest.approx(weights) for weights in expected]


def test_a_bandit_learns_from_one_sampled_reply_a_statement_when_it_is_time(run, tmp_path) -> None:
    bandit = DynaOpt(2, 1)
    account = run(bandit, tmp_path, every=2)
    assert bandit.draws == 1 + 2  # before the first update, and after the second and the fourth
    assert [len(column) for column in bandit.improvements.stored] == [4, 4]
    assert account.scorer_calls == 16 * 2 + 5 * 2 + 2 * 2 * 2


class SwitchedOff(Exception):
    """The machine was."""


def cut_off(score: Any, calls: int) -> Any:
    """A score of a machine that is switched off after so many calls."""
    left = [calls]

    def counted(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        left[0] -= 1
        if left[0] < 0:
            raise SwitchedOff
        found: torch.Tensor = score(statements, replies)
        return found

    return counted


@pytest.mark.parametrize("make", [DynaOpt, Dorb])
def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(run, tmp_path, make) -> None:
    config = replace(TINY, save_every=2)
    whole = run(make(2, 3), tmp_path / "whole", config)
    # three calls an update (rollouts, the bandit's validation, the run's own) and one before the first
    with pytest.raises(SwitchedOff):
        run(make(2, 3), tmp_path / "cut", config, parts={"low": cut_off(low, 9), "long": long})
    account = run(make(2, 3), tmp_path / "cut", config, resume=True)
    assert replace(account, seconds=0.0) == replace(whole, seconds=0.0)
    assert kept(tmp_path / "cut") == kept(tmp_path / "whole") and len(kept(tmp_path / "cut")["moves"]) > 1
    expected = weights_file(tmp_path / "whole")
    for key, value in weights_file(tmp_path / "cut").items():
        torch.testing.assert_close(value, expected[key])


def test_what_a_weighting_has_learnt_belongs_to_its_checkpoint(run, tmp_path) -> None:
    """A checkpoint whose weighting was changed is torn, like any other of its files."""
    config = replace(TINY, save_every=2)
    whole = run(DynaOpt(2, 3), tmp_path, config)
    state = tmp_path / "checkpoints" / "checkpoint-4" / "weighting.json"
    state.write_text(state.read_text().replace('"draws": 5', '"draws": 9'))
    account = run(DynaOpt(2, 3), tmp_path, config, resume=True)
    assert replace(account, seconds=0.0) == replace(whole, seconds=0.0) and kept(tmp_path)["state"]["draws"] == 5


# ---------------------------------------------------------------- normalised rewards


def test_normalised_rewards_have_one_spread_and_keep_their_size() -> None:
    # two prompts with two rollouts each; the stds are 1/√2 · |difference|
    rewards = torch.tensor([[0.0, 5.0], [2.0, 5.5], [1.0, 0.0], [1.5, 4.0]])
    # differences 2, 0.5, 0.5, 4: a mean of 1.75, so every reward differs by 1.75 within its prompt
    half = 1.75 / 2
    expected = torch.tensor([[-half, -half], [half, half], [-half, -half], [half, half]])
    torch.testing.assert_close(normalised(rewards, 2), expected, atol=1e-3, rtol=0)


def test_a_reward_that_is_the_same_for_all_rollouts_says_nothing() -> None:
    found = normalised(torch.tensor([[0.3, 1.0], [0.3, 3.0]]), 2)
    torch.testing.assert_close(found[:, 0], torch.zeros(2))
    torch.testing.assert_close(found[:, 1], torch.tensor([-0.5, 0.5]), atol=1e-3, rtol=0)  # a mean spread of half of it


def test_the_normalising_trainer_leaves_the_guards_alone(run, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("training.objectives.penalties", lambda statements, replies, ended: [-0.5] * len(replies))
    seen: list[torch.Tensor] = []

    class Seen(NormalisingTrainer):
        def _calculate_rewards(self, *args: Any) -> torch.Tensor:
            seen.append(super()._calculate_rewards(*args))
            return seen[-1]

    run(Uniform(2), tmp_path, trainer=Seen)
    for rewards in seen:
        assert rewards[:, -1].tolist() == [-0.5] * 4
        pairs = rewards[:, :-1].view(2, 2, 2)
        torch.testing.assert_close(pairs.mean(1), torch.zeros(2, 2), atol=1e-5, rtol=0)
