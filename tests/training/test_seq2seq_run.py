"""A run on a tiny T5: it learns, is validated, keeps the best adapter, and goes on as if it had never stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import T5ForConditionalGeneration
from typer.testing import CliRunner

from emorl.errors import AssetError, BackboneError, ConfigError
from tests.training.texts import CORPORA
from tests.training.tiny_t5 import STATEMENTS, TINY, letters, tokenizer_of
from training.__main__ import app
from training.checkpoints import Account
from training.config import Config, read_config
from training.seq2seq import Seq2SeqConfig
from training.seq2seq_run import train_seq2seq
from training.stages import seq2seq as stage

UNSEEN = ["It rained for a week.", "We moved.", "My dog ran away and I miss him."]
EACH = replace(TINY, validate_every=1, validation=2, save_every=1)
Train = Callable[..., Account]


@pytest.fixture
def train(tiny_t5) -> Train:
    def run(config: Seq2SeqConfig, out: Path, score: Any = letters, prompts: Any = STATEMENTS, **more: Any) -> Account:
        model = T5ForConditionalGeneration.from_pretrained(tiny_t5)
        return train_seq2seq(config, model, tokenizer_of(tiny_t5), prompts, UNSEEN, score, out, **more)

    return run


def validations(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "validation.jsonl").read_text().splitlines()]


def steps_of(out: Path) -> list[float]:
    return [line["step"] for line in validations(out)]


def same(one: Path, other: Path, file: str = "adapter_model.safetensors") -> bool:
    """Whether two folders have the same adapter, to the last bit."""
    first, second = load_file(one / file), load_file(other / file)
    return first.keys() == second.keys() and all(torch.equal(value, second[key]) for key, value in first.items())


def test_a_run_learns_what_is_rewarded_and_writes_down_what_it_cost(train, tmp_path) -> None:
    config = replace(TINY, steps=25, beta=0.0, samples=4, validate_every=25, validation=3)
    means: list[float] = []

    def score(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        scores = letters(statements, replies)
        if len(replies) == 8:  # the others are validations
            means.append(float(scores.mean()))
        return scores

    account = train(config, tmp_path, score)
    assert len(means) == 25 and sum(means[-5:]) > 1.5 * sum(means[:5]), means
    before, after = validations(tmp_path)
    assert after["score"] > 1.5 * before["score"] and (before["step"], after["step"]) == (0, 25)
    assert (account.steps, account.rollouts, account.data_points, account.scorer_calls) == (25, 200, 50, 200 + 2 * 3)
    stored = json.loads((tmp_path / "account.json").read_text())
    assert stored == {"settings": {**asdict(config), "base": None}, **asdict(account)}
    assert json.loads((tmp_path / "best" / "adapter_config.json").read_text())["task_type"] == "SEQ_2_SEQ_LM"


def test_a_validation_is_the_mean_score_of_greedy_replies_to_statements_that_are_never_prompts(
    tiny_t5, tmp_path
) -> None:
    asked: list[tuple[str, ...]] = []

    def content(reply: str) -> float:
        return sum(map(ord, reply)) % 97 / 97

    def score(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        asked.append(tuple(statements))
        return torch.tensor([content(reply) for reply in replies])

    def model_that_listens() -> T5ForConditionalGeneration:
        model = T5ForConditionalGeneration.from_pretrained(tiny_t5)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if name.endswith(("EncDecAttention.v.weight", "EncDecAttention.o.weight")):
                    weight *= 3  # so that its reply depends on the statement
        return model

    config, tokenizer = replace(TINY, validate_every=2, validation=2), tokenizer_of(tiny_t5)
    train_seq2seq(config, model_that_listens(), tokenizer, STATEMENTS, UNSEEN, score, tmp_path)
    first, step_1, step_2, last = asked
    assert first == last and len(set(first)) == 2 and set(first) < set(UNSEEN)
    assert set(step_1) | set(step_2) <= set(STATEMENTS)
    model = model_that_listens()
    replies = [
        tokenizer.decode(
            model.generate(**tokenizer(s, return_tensors="pt"), max_new_tokens=6, do_sample=False)[0],
            skip_special_tokens=True,
        )
        for s in first
    ]
    before = validations(tmp_path)[0]  # the adapter changes nothing yet
    assert before["score"] == pytest.approx(sum(content(reply.strip()) for reply in replies) / 2)
    assert len(set(replies)) == 2 and before["ended"] == 0.0
    assert f"-> {replies[0].strip()}\n" in (tmp_path / "samples.txt").read_text()


def test_the_best_validated_adapter_is_kept(train, tmp_path) -> None:
    values = iter([0.9, 0.5, 0.2])  # the start is none of the run's

    def score(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        if len(replies) == 2:
            return torch.full((2,), next(values))
        return letters(statements, replies)

    train(EACH, tmp_path, score)
    training = json.loads((tmp_path / "best" / "training.json").read_text())
    assert (training["step"], training["score"]) == (1, 0.5)
    first, second = (tmp_path / "checkpoints" / f"checkpoint-{step}" for step in (1, 2))
    assert same(tmp_path / "best", first) and not same(tmp_path / "best", second)


def test_a_run_that_is_steady_has_converged(train, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("training.validation.converged", lambda means: len(means) == 3)
    account = train(replace(EACH, steps=9), tmp_path)
    assert (account.steps, account.stopped) == (2, "converged") and steps_of(tmp_path) == [0, 1, 2]


# ---------------------------------------------------------------- resuming


class Clock:
    """A score that takes a second and may be switched off after so many calls; `time` tells the seconds."""

    def __init__(self) -> None:
        self.now, self.left = 0.0, 1000
        self.asked: list[tuple[str, ...]] = []

    def time(self) -> float:
        return self.now

    def score(self, statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        if not self.left:
            raise KeyboardInterrupt
        self.now, self.left = self.now + 1, self.left - 1
        self.asked.append(tuple(statements))
        return letters(statements, replies)


@pytest.mark.parametrize(
    ("saved", "done", "changes"),
    [
        (1, 1, {}),  # in the first of the passes over the prompts, which have two steps each
        (2, 2, {}),  # where one ends
        (5, 6, {}),  # in the third of them, and a step is lost
        (3, 4, {"baseline": "greedy"}),
    ],
)
def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(
    train, tmp_path, monkeypatch, saved: int, done: int, changes: dict[str, Any]
) -> None:
    config, clock = replace(EACH, steps=7, save_every=saved, **changes), Clock()
    monkeypatch.setattr("training.validation.time", SimpleNamespace(time=clock.time))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    expected = train(config, whole, clock.score)
    prompts, calls = clock.asked, 3 if changes.get("baseline") else 2  # of the score in a step
    assert len(prompts) == 1 + 7 * calls == expected.seconds
    clock.asked, clock.left = [], 1 + done * calls + 1  # within the step after
    with pytest.raises(KeyboardInterrupt):
        train(config, cut, clock.score)
    assert steps_of(cut) == list(range(done + 1)) and not (cut / "account.json").exists()
    clock.asked, clock.left, clock.now = [], 1000, clock.now + 500  # a pause
    account = train(config, cut, clock.score, resume=True)
    assert clock.asked == prompts[1 + saved * calls :]  # the very prompts that were still to come
    assert account == expected and account.rollouts == 7 * 6
    assert (cut / "account.json").read_text() == (whole / "account.json").read_text()
    for name in ("validation.jsonl", "samples.txt", "best/training.json"):
        assert (cut / name).read_text() == (whole / name).read_text()
    last = "checkpoints/checkpoint-7"
    assert same(cut / last, whole / last) and same(cut / "best", whole / "best")
    states = [torch.load(folder / last / "optimizer.pt")["state"] for folder in (cut, whole)]
    assert len(states[0]) == 64
    torch.testing.assert_close(*states, rtol=0, atol=0)
    numbers = [torch.load(folder / last / "rng_state.pth", weights_only=False)["cpu"] for folder in (cut, whole)]
    assert torch.equal(*numbers)


@pytest.mark.parametrize("fault", ["short", "no record", "optimizer"])
def test_a_torn_checkpoint_is_passed_over(train, tmp_path, fault: str, caplog) -> None:
    caplog.set_level("INFO", "training")
    config = replace(EACH, steps=3)
    expected = train(config, tmp_path)
    last = tmp_path / "checkpoints" / "checkpoint-3"
    shutil.copytree(last, tmp_path / "kept")
    if fault == "short":
        (last / "adapter_model.safetensors").write_bytes((last / "adapter_model.safetensors").read_bytes()[:-10])
    elif fault == "optimizer":
        (last / "optimizer.pt").write_bytes(bytes((last / "optimizer.pt").stat().st_size))
    else:
        (last / "run.json").unlink()
    account = train(config, tmp_path, resume=True)
    assert f"{last} is torn: going back to the one before" in caplog.messages
    assert replace(account, seconds=0.0) == replace(expected, seconds=0.0) and steps_of(tmp_path) == [0, 1, 2, 3]
    assert same(last, tmp_path / "kept")


def test_without_a_whole_checkpoint_or_without_resume_a_run_begins_from_nothing(train, tmp_path, caplog) -> None:
    caplog.set_level("INFO", "training")
    train(EACH, tmp_path)
    for path in (tmp_path / "checkpoints").glob("*/run.json"):
        path.unlink()
    assert train(EACH, tmp_path, resume=True).rollouts == 12 and steps_of(tmp_path) == [0, 1, 2]
    assert f"no whole checkpoint in {tmp_path}: beginning from nothing" in caplog.messages
    assert train(replace(EACH, seed=2), tmp_path).rollouts == 12 and steps_of(tmp_path) == [0, 1, 2]


def test_a_run_that_gets_more_steps_reports_the_whole(train, tmp_path) -> None:
    train(EACH, tmp_path / "longer")
    account = train(replace(EACH, steps=5), tmp_path / "longer", resume=True)
    expected = train(replace(EACH, steps=5), tmp_path / "whole")
    assert replace(account, seconds=0.0) == replace(expected, seconds=0.0) and account.rollouts == 30
    assert same(*(tmp_path / name / "checkpoints" / "checkpoint-5" for name in ("longer", "whole")))


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"beta": 0.1, "base": Path("other")}, "base None instead of other, beta 0.05 instead of 0.1"),
        ({"steps": 1}, "2 steps done instead of 1"),
    ],
)
def test_a_run_is_not_resumed_with_other_settings_unless_it_starts_anew(
    train, tmp_path, change: dict[str, Any], differing: str
) -> None:
    train(EACH, tmp_path)
    with pytest.raises(ConfigError) as error:
        train(replace(EACH, **change), tmp_path, resume=True)
    assert str(error.value) == (
        f"Got a run in {tmp_path} that began with {differing}: expected the settings and statements that it is resumed "
        "with; put them back, or start it anew with --anew."
    )
    assert (tmp_path / "account.json").is_file() and steps_of(tmp_path) == [0, 1, 2]  # nothing was touched
    account = train(replace(EACH, **change), tmp_path, resume=True, anew=True)
    steps = replace(EACH, **change).steps
    assert account.rollouts == 6 * steps and len(steps_of(tmp_path)) == steps + 1


def test_a_run_is_not_resumed_with_other_statements(train, tmp_path) -> None:
    train(EACH, tmp_path)
    with pytest.raises(ConfigError, match="that began with other statements: expected"):
        train(replace(EACH, steps=3), tmp_path, prompts=STATEMENTS[1:], resume=True)
    with pytest.raises(ConfigError, match="that began with validation 2 instead of 1, other statements: expected"):
        train(replace(EACH, steps=3, validation=1), tmp_path, resume=True)
    assert train(replace(EACH, steps=3, save_every=9), tmp_path, resume=True).steps == 3  # changes nothing learnt


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_words": 1}, "Got no prompts among 4 statements: expected some of at most 1 words; raise max_words."),
        (
            {"prompts": 3, "max_words": 3},
            "Got 2 statements of at most 3 words: expected at least the 3 prompts of a step; lower prompts or raise "
            "max_words.",
        ),
    ],
)
def test_there_must_be_enough_statements_that_are_short(train, tmp_path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        train(replace(TINY, **changes), tmp_path / "run")
    assert str(error.value) == message and not (tmp_path / "run").exists()


def test_several_processes_at_one_run_are_refused_in_one_line(train, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")  # as accelerate launch and torchrun set it
    with pytest.raises(ConfigError) as error:
        train(TINY, tmp_path / "run")
    assert str(error.value) == "Got one run over 2 processes: expected one process a run; start it alone."
    assert not (tmp_path / "run").exists()


# ---------------------------------------------------------------- settings and the command


@pytest.fixture
def file(tiny_t5, tmp_path, tiny_base, monkeypatch) -> Path:
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    monkeypatch.setattr(stage, "corpora_of", lambda config: CORPORA)
    monkeypatch.setattr(stage, "reward_of", lambda config, name, role: letters)
    path = tmp_path / "run.yaml"
    path.write_text(
        f"out: {tmp_path / 'out'}\nobjectives: {{empathy: {{first_layer: 1}}, fluency: {{first_layer: 1}}}}\n"
        f"seq2seq: {{base: {tiny_t5}, steps: 1, prompts: 2, samples: 2, max_tokens: 4, validation: 2, paper: true}}\n"
    )
    return path


def test_the_command_trains_an_adapter_for_each_objective_once(file, tmp_path) -> None:
    result = CliRunner().invoke(app, ["seq2seq", "--config", str(file), "--objective", "empathy"])
    assert result.exit_code == 0, result.output
    first = (tmp_path / "out" / "seq2seq" / "empathy" / "best" / "adapter_model.safetensors").stat().st_mtime_ns
    assert not (tmp_path / "out" / "seq2seq" / "fluency").exists()
    stage.run_seq2seq(read_config(file))
    assert (tmp_path / "out" / "seq2seq" / "fluency" / "account.json").is_file()
    adapter = tmp_path / "out" / "seq2seq" / "empathy" / "best" / "adapter_model.safetensors"
    assert adapter.stat().st_mtime_ns == first


def test_a_finished_adapter_is_only_trained_again_with_other_settings_where_that_is_asked_for(file, tmp_path) -> None:
    stage.run_seq2seq(read_config(file), "empathy")
    out = tmp_path / "out" / "seq2seq" / "empathy"
    file.write_text(file.read_text().replace("paper: true", "paper: false"))
    with pytest.raises(ConfigError) as error:
        stage.run_seq2seq(read_config(file), "empathy", resume=True)
    assert str(error.value) == (
        f"Got an adapter in {out} that was trained with paper True instead of False: expected the settings of the "
        "file; put them back, or train it anew with --anew."
    )
    result = CliRunner().invoke(app, ["seq2seq", "--config", str(file), "--objective", "empathy", "--anew"])
    assert result.exit_code == 0, result.output
    assert json.loads((out / "account.json").read_text())["settings"]["paper"] is False


def test_the_command_goes_on_with_what_was_begun(file, tmp_path, monkeypatch) -> None:
    stage.run_seq2seq(read_config(file), "empathy")
    out = tmp_path / "out" / "seq2seq" / "empathy"
    file.write_text(file.read_text().replace("steps: 1", "steps: 2"))
    with pytest.raises(ConfigError, match="trained with steps 1 instead of 2"):
        stage.run_seq2seq(read_config(file), "empathy")
    result = CliRunner().invoke(app, ["seq2seq", "--config", str(file), "--objective", "empathy", "--resume"])
    assert result.exit_code == 0, result.output
    assert json.loads((out / "account.json").read_text())["rollouts"] == 8 and steps_of(out) == [0, 1, 2]


def test_an_adapter_of_another_t5_in_the_same_folder_is_refused(file, tiny_t5, tmp_path) -> None:
    copy = shutil.copytree(tiny_t5, tmp_path / "copy")
    file.write_text(file.read_text().replace(str(tiny_t5), str(copy)))
    stage.run_seq2seq(read_config(file), "empathy")
    weights = load_file(copy / "model.safetensors")
    save_file({key: value * 1.5 for key, value in weights.items()}, copy / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match=r"which was made with base \w{12} instead of \w{12}: expected .* --anew"):
        stage.run_seq2seq(read_config(file), "empathy", resume=True)
    stage.run_seq2seq(read_config(file), "empathy", resume=True, anew=True)
    assert steps_of(tmp_path / "out" / "seq2seq" / "empathy") == [0, 1]


def test_what_cannot_be_trained_is_one_line(file, tmp_path, tiny_base) -> None:
    with pytest.raises(ConfigError, match="no objective charm: expected one of empathy, fluency"):
        stage.run_seq2seq(read_config(file), "charm")
    with pytest.raises(ConfigError, match="no seq2seq.base: expected the folder of a T5"):
        stage.run_seq2seq(Config())
    for base, error in ((tiny_base, BackboneError), (tmp_path / "none", AssetError)):
        with pytest.raises(error, match=f"{base}"):
            stage.run_seq2seq(Config(seq2seq=Seq2SeqConfig(base=base)))


def test_impossible_settings_are_refused_together(file) -> None:
    file.write_text(
        "seq2seq: {baseline: mean, paper: 1, samples: 1, max_source: 0, save_every: 0, validate_every: 0, validation: "
        "0}\nobjectives: {fluency: {first_layer: 1}}\n"
    )
    with pytest.raises(ConfigError) as error:
        read_config(file)
    for part in (
        "7 fault(s)",
        "baseline is 'mean', expected leave-one-out or greedy",
        "paper is 1, expected bool",
        "seq2seq.save_every is 0, expected at least 1",
        "seq2seq.validate_every is 0, expected at least 1",
        "seq2seq.validation is 0, expected at least 1",
    ):
        assert part in str(error.value)
