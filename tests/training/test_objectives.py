"""Self-critical training on a tiny model: it learns, it counts, it stops, and it is still RLOO."""

from __future__ import annotations

import copy
import inspect
import json
import math

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import RLOOTrainer

from emorl.models.base import ensure_base
from training.guards import Measures, converged, penalty, runaway
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


def measures(**changes) -> Measures:
    values = {
        "score": 0.5,
        "judge": 0.5,
        "words": 20,
        "copying": 0.1,
        "repetition": 0.02,
        "distinct": 0.8,
        "ended": 1,
        "opening": 0.1,
        "sympathy": 0.0,
        "faithful": 0.5,
    }
    return Measures(**{**values, **changes})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"words": 40}, "grew"),
        ({"words": 6}, "shrank"),
        ({"copying": 0.5}, "copying"),
        ({"repetition": 0.3}, "repetition"),
        ({"distinct": 0.3}, "formula"),
        ({"ended": 0.5}, "end by themselves"),
        ({"opening": 0.25}, "one opening"),
        ({"sympathy": 0.2}, "sorry or glad"),
        ({"faithful": 0.4}, "faithfulness fell"),
        ({"judge": 0.4, "score": 0.7}, "judge"),
    ],
)
def test_each_way_of_running_away_is_named(change, reason):
    assert runaway(measures(), measures()) is None
    assert reason in (runaway(measures(), measures(**change)) or "")


def test_what_is_measured_of_replies_without_a_judge():
    replies = ["You want out of it.", "You want out again.", "I'm sorry about that.", "It hurts."]
    found = Measures.of(["s"] * 4, replies, [True] * 4, [0.2, 0.4, 0.6, 0.8], None, [1.0, 0.5, 0.0, 0.5])
    assert (found.score, found.opening, found.sympathy, found.faithful) == (0.5, 0.5, 0.25, 0.5)
    assert math.isnan(found.judge) and math.isnan(Measures.of(["s"], ["Yes."], [True], [0.5], None).faithful)


def test_penalties():
    statement = "I have been so tired of the job lately and nobody sees it"
    good = "The job has worn you down, and it hurts that it goes unseen."
    assert penalty(statement, good, True) == 0
    assert penalty(statement, statement, True) < -1.5
    assert penalty(statement, good, False) == -1
    assert penalty(statement, good + " " + good, True) < -1
    assert penalty(statement, "Why is that so hard for you to bear?", True) == -0.5
    assert penalty(statement, "Yes.", True) == pytest.approx(-1.2)
    assert penalty(statement, " ".join(f"word{i}" for i in range(62)), True) == pytest.approx(-1.0)


def test_the_papers_stop_needs_twenty_steady_means():
    assert not converged([0.5] * 19)
    assert converged([0.1] * 5 + [0.5, 0.505] * 10)
    assert not converged([0.5, 0.6] * 10)
