"""Self-critical training on a tiny model: it learns, it counts, it stops, and it is still RLOO."""

from __future__ import annotations

import copy
import inspect
import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import RLOOTrainer

from emorl.errors import ConfigError
from emorl.models.base import ensure_base
from tests.training.texts import PROMPTS as STATEMENTS
from training.objectives import ObjectiveConfig, train_objective
from training.preferences import Preferred


@pytest.fixture(scope="module")
def base():
    return ensure_base(progress=False)


@pytest.fixture()
def model(base):
    torch.manual_seed(0)
    size = len(AutoTokenizer.from_pretrained(base))
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=size,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=256,
            tie_word_embeddings=True,
        )
    )


def letters(statements, replies):
    """A toy score: the share of characters that are the letter e, times four."""
    return torch.tensor([min(1.0, 4 * r.count("e") / max(1, len(r))) for r in replies])


@pytest.mark.parametrize("reward", ["plain", "log"])
def test_a_run_learns_a_toy_score_moves_only_the_adapter_and_accounts(model, base, tmp_path, monkeypatch, reward):
    monkeypatch.setattr("training.objectives.runaway", lambda start, now, drop: None)
    before = copy.deepcopy(model.state_dict())
    config = ObjectiveConfig(
        steps=6,
        prompts=2,
        samples=4,
        max_tokens=8,
        first_layer=1,
        learning_rate=0.05,
        beta=0.0,
        reward=reward,
        validate_every=3,
        validation=3,
        temperature=1.0,
    )
    account = train_objective(config, model, base, STATEMENTS, STATEMENTS[:3], letters, letters, tmp_path)
    assert account.data_points == 12 and account.rollouts == 48 and account.steps == 6
    assert account.scorer_calls == 48 + 3 * 3 and account.tokens > 0 and account.seconds > 0
    assert json.loads((tmp_path / "account.json").read_text())["rollouts"] == 48
    assert (tmp_path / "validation.jsonl").read_text().count("\n") == 3
    factors = load_file(tmp_path / "best" / "adapter_model.safetensors")
    assert all(v.abs().sum() > 0 for v in factors.values())  # B starts at zero: every factor moved
    for name, value in before.items():
        now = dict(model.named_parameters())
        key = next((k for k in now if k.replace(".base_layer", "") == name), None)
        if key:
            torch.testing.assert_close(now[key].data, value, msg=name)


def test_a_run_that_runs_away_is_stopped_by_the_guard_and_says_why(model, base, tmp_path, monkeypatch):
    monkeypatch.setattr("training.objectives.runaway", lambda start, now, drop: "it copies")
    config = ObjectiveConfig(steps=4, prompts=2, samples=2, max_tokens=4, first_layer=1, validate_every=2, validation=2)
    account = train_objective(config, model, base, STATEMENTS, STATEMENTS[:2], letters, None, tmp_path)
    assert account.steps == 2 and account.stopped == "guard: it copies"
    assert not (tmp_path / "best").exists()


def test_the_private_methods_we_override_have_not_changed():
    assert list(inspect.signature(RLOOTrainer._generate_single_turn).parameters) == [
        "self",
        "prompt_ids",
        "images",
        "multimodal_fields",
    ]
    assert list(inspect.signature(RLOOTrainer._get_per_token_logps_and_entropies).parameters)[:7] == [
        "self",
        "model",
        "input_ids",
        "attention_mask",
        "logits_to_keep",
        "batch_size",
        "compute_entropy",
    ]


# ---------------------------------------------------------------- on the tiny base

TINY = ObjectiveConfig(
    steps=2, prompts=2, samples=2, max_tokens=4, first_layer=1, rank=2, alpha=4, validate_every=1, validation=2
)


@pytest.fixture
def tiny(tiny_base, monkeypatch):
    """A training of which nothing but the given settings is left open; gives its account."""
    monkeypatch.setattr("training.objectives.runaway", lambda start, now, drop: None)

    def train(config: ObjectiveConfig, out: Path, prompts=STATEMENTS, score=letters, **more):
        model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
        return train_objective(config, model, tiny_base, prompts, STATEMENTS[:2], score, None, out, **more)

    return train


def steps_of(out: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (out / "validation.jsonl").read_text().splitlines()]


def test_a_run_that_is_steady_has_converged(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("training.validation.converged", lambda means: len(means) == 3)
    account = tiny(replace(TINY, steps=9), tmp_path)
    assert (account.steps, account.stopped) == (2, "converged") and steps_of(tmp_path) == [0, 1, 2]
    assert (tmp_path / "best" / "adapter_model.safetensors").is_file()


def cut_off(calls: int):
    """The toy score of a machine that is switched off after so many calls."""
    left = [calls]

    def score(statements, replies):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return letters(statements, replies)

    return score


def adapter_in(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def test_a_run_that_goes_on_reports_the_whole(tiny, tmp_path):
    first = tiny(replace(TINY, steps=3), tmp_path)
    account = tiny(replace(TINY, steps=5), tmp_path, resume=True)
    assert (account.steps, account.data_points, account.rollouts) == (5, 10, 20)
    assert account.scorer_calls == 20 + 6 * 2 and account.seconds > first.seconds and account.tokens > first.tokens
    assert steps_of(tmp_path) == [0, 1, 2, 3, 4, 5] and account.stopped == "step limit"
    stored = json.loads((tmp_path / "account.json").read_text())
    assert stored == {"settings": asdict(replace(TINY, steps=5)), **asdict(account)}
    again = tiny(TINY, tmp_path)
    assert (again.steps, again.data_points) == (2, 4) and steps_of(tmp_path) == [0, 1, 2]  # from the beginning
    assert tiny(TINY, tmp_path / "new", resume=True).data_points == 4  # nothing there to go on from


@pytest.mark.parametrize(("steps", "saved"), [(4, 2), (6, 4)])  # in the first and second pass over the prompts
def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(tiny, tmp_path, steps, saved):
    config = replace(TINY, steps=steps, save_every=saved)
    whole = tiny(config, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        tiny(config, tmp_path / "cut", score=cut_off(1 + (steps - 1) * 2))  # in the last step
    assert steps_of(tmp_path / "cut") == list(range(steps)) and not (tmp_path / "cut" / "account.json").exists()
    account = tiny(config, tmp_path / "cut", resume=True)
    assert replace(account, seconds=0.0) == replace(whole, seconds=0.0)  # a step was done twice, counted once
    for name in ("validation.jsonl", "samples.txt", "best/training.json"):
        assert (tmp_path / "cut" / name).read_text() == (tmp_path / "whole" / name).read_text()
    last = f"checkpoints/checkpoint-{steps}"
    expected = adapter_in(tmp_path / "whole" / last)
    for key, value in adapter_in(tmp_path / "cut" / last).items():
        torch.testing.assert_close(value, expected[key])


@pytest.mark.parametrize("fault", ["short", "changed", "no record", "half a record"])
def test_a_torn_checkpoint_is_passed_over(tiny, tmp_path, fault):
    config = replace(TINY, steps=3, save_every=1)
    whole = tiny(config, tmp_path)
    last = tmp_path / "checkpoints" / "checkpoint-3"
    assert sorted(p.name for p in last.parent.glob("checkpoint-*")) == ["checkpoint-2", "checkpoint-3"]
    weights = last / "adapter_model.safetensors"
    if fault == "short":
        weights.write_bytes(weights.read_bytes()[:-10])
    elif fault == "changed":
        (last / "optimizer.pt").write_bytes(bytes((last / "optimizer.pt").stat().st_size))
    elif fault == "no record":
        (last / "run.json").unlink()
    else:
        (last / "run.json").write_text((last / "run.json").read_text()[:100])
    account = tiny(config, tmp_path, resume=True)
    assert replace(account, seconds=0.0) == replace(whole, seconds=0.0) and steps_of(tmp_path) == [0, 1, 2, 3]
    assert (last / "run.json").is_file()


def test_without_a_whole_checkpoint_a_run_begins_from_nothing(tiny, tmp_path, caplog):
    caplog.set_level("INFO", "training")
    tiny(TINY, tmp_path)
    for path in (tmp_path / "checkpoints").glob("*/run.json"):
        path.unlink()
    assert tiny(TINY, tmp_path, resume=True).rollouts == 8 and steps_of(tmp_path) == [0, 1, 2]
    assert f"no whole checkpoint in {tmp_path}: beginning from nothing" in caplog.messages


def test_a_finished_run_that_is_resumed_trains_no_more(tiny, tmp_path):
    account = tiny(TINY, tmp_path)
    (tmp_path / "account.json").unlink()  # cut off just before it was written
    assert tiny(TINY, tmp_path, score=cut_off(0), resume=True) == replace(
        account, seconds=pytest.approx(account.seconds, abs=5)
    )


def test_a_worse_best_never_takes_the_place_of_a_better_one(tiny, tmp_path):
    def all_of(value):
        return lambda statements, replies: torch.full((len(replies),), value)

    tiny(TINY, tmp_path, score=all_of(0.75))
    kept, training = adapter_in(tmp_path / "best"), json.loads((tmp_path / "best" / "training.json").read_text())
    assert training == {"settings": asdict(TINY), "step": 1, "score": 0.75}
    tiny(replace(TINY, steps=4), tmp_path, score=all_of(0.5), resume=True)
    assert all(torch.equal(value, kept[key]) for key, value in adapter_in(tmp_path / "best").items())
    tiny(replace(TINY, steps=5), tmp_path, score=all_of(1.0), resume=True)
    assert json.loads((tmp_path / "best" / "training.json").read_text())["step"] == 5


def test_the_guards_compare_with_the_first_start_and_convergence_sees_all_means(tiny, tmp_path, monkeypatch):
    starts, seen = [], []
    monkeypatch.setattr("training.objectives.runaway", lambda start, now, drop: starts.append(start))
    monkeypatch.setattr("training.validation.converged", lambda means: seen.append(len(means)))
    tiny(TINY, tmp_path)
    tiny(replace(TINY, steps=3), tmp_path, resume=True)
    first = json.loads((tmp_path / "validation.jsonl").read_text().splitlines()[0])
    assert len(starts) == 3 and {start.score for start in starts} == {first["score"]}
    assert {start.words for start in starts} == {first["words"]} and seen == [2, 3, 4]


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"beta": 0.1}, "beta 0.03 instead of 0.1"),
        ({"rank": 3, "seed": 4}, "rank 2 instead of 3, seed 1 instead of 4"),
        ({"steps": 1}, "2 steps done instead of 1"),
    ],
)
def test_a_run_is_not_resumed_with_other_settings_unless_it_starts_anew(tiny, tmp_path, change, differing):
    tiny(TINY, tmp_path)
    with pytest.raises(ConfigError) as error:
        tiny(replace(TINY, **change), tmp_path, resume=True)
    assert str(error.value) == (
        f"Got a run in {tmp_path} that began with {differing}: expected the settings and statements that it is resumed "
        "with; put them back, or start it anew with --anew."
    )
    assert (tmp_path / "account.json").is_file() and steps_of(tmp_path) == [0, 1, 2]  # nothing was touched
    tiny(replace(TINY, **change), tmp_path, resume=True, anew=True)
    assert steps_of(tmp_path)[0] == 0 and len(steps_of(tmp_path)) == replace(TINY, **change).steps + 1


def test_a_run_is_not_resumed_with_other_statements(tiny, tmp_path):
    tiny(TINY, tmp_path)
    with pytest.raises(ConfigError, match="that began with other statements: expected"):
        tiny(replace(TINY, steps=3), tmp_path, prompts=STATEMENTS[1:], resume=True)
    assert tiny(replace(TINY, steps=3, save_every=1), tmp_path, resume=True).steps == 3  # changes nothing learnt


def test_nothing_of_an_earlier_run_is_taken_for_this_ones(tiny, tmp_path, monkeypatch):
    tiny(TINY, tmp_path)
    monkeypatch.setattr("training.objectives.runaway", lambda start, now, drop: "it copies")
    assert tiny(replace(TINY, seed=2), tmp_path).stopped == "guard: it copies"
    assert not (tmp_path / "best").exists() and steps_of(tmp_path) == [0, 1]


def test_layers_that_the_base_lacks_are_refused(tiny, tmp_path):
    with pytest.raises(ConfigError, match="Got first_layer 3: expected at most 2 on this base; lower it"):
        tiny(replace(TINY, first_layer=3), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_long_statements_are_no_prompts_and_equal_ones_count_once(tiny, tmp_path):
    asked: set[str] = set()

    def score(statements, replies):
        asked.update(statements)
        return letters(statements, replies)

    short, long = ["He left.", "She knows."], "word " * 9
    tiny(replace(TINY, steps=3, max_words=8), tmp_path, [*short, *short, long], score)
    assert asked == {*short, *STATEMENTS[:2]}  # the last two are those that it is validated on


def test_several_processes_at_one_run_are_refused_in_one_line(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")  # as accelerate launch and torchrun set it
    with pytest.raises(ConfigError) as error:
        tiny(TINY, tmp_path / "run")
    assert not (tmp_path / "run").exists() and str(error.value) == (
        "Got one run over 2 processes: expected one process a run; start it alone, several runs with --workers."
    )


def test_without_a_prompt_that_is_short_enough_there_is_one_line(tiny, tmp_path):
    with pytest.raises(ConfigError) as error:
        tiny(replace(TINY, max_words=1), tmp_path / "run")
    assert str(error.value) == "Got no prompts among 6 statements: expected some of at most 1 words; raise max_words."
    assert not (tmp_path / "run").exists()


def test_judge_and_faithfulness_are_written_down_and_never_rewarded(tiny, tmp_path):
    def faithful(statements, replies):
        assert statements == STATEMENTS[:2] or set(statements) == set(STATEMENTS[:2])
        return torch.tensor([0.25, 0.75])

    account = tiny(TINY, tmp_path, faithfulness=faithful)
    lines = [json.loads(line) for line in (tmp_path / "validation.jsonl").read_text().splitlines()]
    assert [line["faithful"] for line in lines] == [0.5] * 3 and all(math.isnan(line["judge"]) for line in lines)
    assert account.scorer_calls == 8 + 3 * 2
    samples = (tmp_path / "samples.txt").read_text()
    assert all(f"[{step}] " in samples for step in (0, 1, 2)) and STATEMENTS[0] in samples


def test_a_run_begins_by_ranking_and_is_compared_with_the_warm_start_before(tiny, tmp_path):
    still = replace(TINY, steps=1, learning_rate=0.0)
    tiny(still, tmp_path / "plain")
    ranked = [Preferred(STATEMENTS[0], ("You eel.", "No."), (1.0, 0.0))]
    tiny(replace(still, ranking=4.0), tmp_path / "taught", ranked=ranked)
    starts = [(tmp_path / name / "validation.jsonl").read_text().splitlines()[0] for name in ("plain", "taught")]
    assert starts[0] == starts[1]
    moved = {
        name: any(
            factor.any()
            for key, factor in load_file(tmp_path / name / "best" / "adapter_model.safetensors").items()
            if "lora_B" in key  # these start at zero
        )
        for name in ("plain", "taught")
    }
    assert moved == {"plain": False, "taught": True}
