"""Self-critical training on a tiny model: it learns, it counts, it stops, and it is still RLOO."""

from __future__ import annotations

import copy
import inspect
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import RLOOTrainer

from emorl.errors import ConfigError
from emorl.models.base import ensure_base
from training.objectives import ObjectiveConfig, train_objective

STATEMENTS = [
    "My week was long and I am tired.",
    "She never calls me back.",
    "I passed the test and feel nothing.",
    "Work eats my evenings.",
    "I keep buying things.",
    "Nobody asked me how it went.",
]


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
    monkeypatch.setattr("training.objectives.runaway", lambda start, now: None)
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
    monkeypatch.setattr("training.objectives.runaway", lambda start, now: "it copies")
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
    monkeypatch.setattr("training.objectives.runaway", lambda start, now: None)

    def train(config: ObjectiveConfig, out: Path, prompts=STATEMENTS, score=letters, **more):
        model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
        return train_objective(config, model, tiny_base, prompts, STATEMENTS[:2], score, None, out, **more)

    return train


def steps_of(out: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (out / "validation.jsonl").read_text().splitlines()]


def test_a_run_that_is_steady_has_converged(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("training.objectives.converged", lambda means: len(means) == 3)
    account = tiny(replace(TINY, steps=9), tmp_path)
    assert (account.steps, account.stopped) == (2, "converged") and steps_of(tmp_path) == [0, 1, 2]
    assert (tmp_path / "best" / "adapter_model.safetensors").is_file()


def test_a_run_that_was_cut_off_goes_on_where_it_is_asked_to(tiny, tmp_path):
    tiny(TINY, tmp_path / "run")
    account = tiny(replace(TINY, steps=3), tmp_path / "run", resume=True)
    assert (account.steps, account.data_points) == (3, 2) and steps_of(tmp_path / "run") == [0, 1, 2, 2, 3]
    again = tiny(TINY, tmp_path / "run")
    assert (again.steps, again.data_points) == (2, 4)  # from the beginning
    assert tiny(TINY, tmp_path / "new", resume=True).data_points == 4  # nothing there to go on from


def test_long_statements_are_no_prompts_and_equal_ones_count_once(tiny, tmp_path):
    asked: set[str] = set()

    def score(statements, replies):
        asked.update(statements)
        return letters(statements, replies)

    short, long = ["He left.", "She knows."], "word " * 9
    tiny(replace(TINY, steps=3, max_words=8), tmp_path, [*short, *short, long], score)
    assert asked == {*short, *STATEMENTS[:2]}  # the last two are those that watch


def test_without_a_prompt_that_is_short_enough_there_is_one_line(tiny, tmp_path):
    with pytest.raises(ConfigError) as error:
        tiny(replace(TINY, max_words=1), tmp_path / "run")
    assert str(error.value) == ("No prompts among 6 statements: expected some of at most 1 words; raise max_words.")
    assert not (tmp_path / "run").exists()


def test_what_watches_a_run_is_written_down_and_never_rewarded(tiny, tmp_path):
    def faithful(statements, replies):
        assert statements == STATEMENTS[:2] or set(statements) == set(STATEMENTS[:2])
        return torch.tensor([0.25, 0.75])

    account = tiny(TINY, tmp_path, faithfulness=faithful)
    lines = [json.loads(line) for line in (tmp_path / "validation.jsonl").read_text().splitlines()]
    assert [line["faithful"] for line in lines] == [0.5] * 3 and all(math.isnan(line["judge"]) for line in lines)
    assert account.scorer_calls == 8 + 3 * 2
    samples = (tmp_path / "samples.txt").read_text()
    assert all(f"[{step}] " in samples for step in (0, 1, 2)) and STATEMENTS[0] in samples
