"""The paper's training on a tiny T5: what is scored, what it is compared with, the KL, and that it learns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration
from typer.testing import CliRunner

from emorl.errors import AssetError, BackboneError, ConfigError
from tests.tiny import save_tokenizer
from tests.training.texts import CORPORA
from training.__main__ import app
from training.config import Config, read_config
from training.seq2seq import Seq2SeqConfig, Seq2SeqSCSTTrainer, make_trainer, train_seq2seq
from training.stages import seq2seq as stage

TINY = Seq2SeqConfig(steps=2, prompts=2, samples=3, max_tokens=6, suffix="", learning_rate=0.02, rank=4, alpha=8)
STATEMENTS = ["I sold it.", "Nobody came at all.", "He left.", "I am tired of it."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A T5 with random weights whose tokenizer knows bytes; 0 fills and begins, 2 ends."""
    made = tmp_path_factory.mktemp("t5") / "tiny-t5"
    made.mkdir()
    config = T5Config(
        vocab_size=save_tokenizer(made),
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        dropout_rate=0.1,
        initializer_factor=1.5,  # so that it prefers some tokens clearly
        pad_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(5)
        T5ForConditionalGeneration(config).save_pretrained(made)
    return made


def tokenizer_of(folder: Path) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = "<|endoftext|>"
    return tokenizer


def letters(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
    """How many small letters a reply has, of six; replies of different content have different scores."""
    return torch.tensor([0.01 + sum("a" <= sign <= "z" for sign in reply) / 6 + len(reply) / 100 for reply in replies])


def trainer_of(folder: Path, out: Path, score: Any = letters, **changes: Any) -> Seq2SeqSCSTTrainer:
    """A trainer whose adapter does something already, as B is not zero."""
    config = Seq2SeqConfig(**{**TINY.__dict__, **changes})
    model = T5ForConditionalGeneration.from_pretrained(folder)
    trainer = make_trainer(config, model, tokenizer_of(folder), STATEMENTS, score, out)
    with torch.random.fork_rng():
        torch.manual_seed(6)
        for name, parameter in trainer.model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.3)
    return trainer


def batch_of(trainer: Seq2SeqSCSTTrainer) -> dict[str, Any]:
    """What is sampled and scored for two prompts of different length."""
    rows = [{"prompt": s, "statement": s} for s in STATEMENTS[:2] for _ in range(TINY.samples)]
    trainer.model.train()
    torch.manual_seed(7)
    return trainer._generate_and_score_completions(rows)


def naive_logps(trainer: Seq2SeqSCSTTrainer, batch: dict[str, Any], adapted: bool) -> torch.Tensor:
    """Log-probability of every reply, each alone and without padding, by transformers' own shifting of labels."""
    found = []
    for row in range(len(batch["completion_ids"])):
        prompt = batch["prompt_ids"][row][batch["prompt_mask"][row].bool()]
        reply = batch["completion_ids"][row][batch["completion_mask"][row].bool()]
        model = trainer.model.eval()
        inputs = {"input_ids": prompt[None], "labels": reply[None]}
        if adapted:
            logits = model(**inputs).logits[0]
        else:
            with model.disable_adapter():
                logits = model(**inputs).logits[0]
        found.append(logits.log_softmax(-1)[range(len(reply)), reply].sum())
    return torch.stack(found).detach()


def test_sampled_ids_are_scored_as_they_are_with_their_end_whatever_stands_beside_them(folder, tmp_path) -> None:
    trainer = trainer_of(folder, tmp_path)
    end = int(batch_of(trainer)["completion_ids"][0, 2])
    trainer.eos_token_ids = [end]  # the same draws now end the first reply at its third token at the latest
    batch = batch_of(trainer)
    lengths = batch["completion_mask"].sum(1)
    assert len(set(lengths.tolist())) > 1 and (batch["prompt_mask"][:, 0] == 0).any()  # both sides are padded
    last = batch["completion_ids"][range(6), lengths - 1].tolist()
    assert lengths[0] <= 3 and all(n == 6 or token == end for n, token in zip(lengths.tolist(), last, strict=True))
    torch.testing.assert_close(batch["old_logps"], naive_logps(trainer, batch, True), atol=1e-4, rtol=1e-4)
    inputs = {name: batch[name] for name in ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask")}
    loss = trainer._compute_loss(trainer.model.train(), {**batch, **inputs})
    torch.testing.assert_close(loss, -batch["advantages"].mean(), atol=1e-4, rtol=1e-3)  # the ratio is 1: no dropout


@pytest.mark.parametrize("changes", [{}, {"paper": True}, {"baseline": "greedy"}, {"baseline": "greedy", "beta": 0.0}])
def test_advantages_are_what_they_are_said_to_be(folder, tmp_path, changes: dict[str, Any]) -> None:
    trainer = trainer_of(folder, tmp_path, **changes)
    batch = batch_of(trainer)
    texts = trainer._tokenizer.batch_decode(
        [row[m.bool()] for row, m in zip(batch["completion_ids"], batch["completion_mask"], strict=True)],
        skip_special_tokens=True,
    )
    reward = letters([], [text.strip() for text in texts]).clamp(1e-4, 0.9999).log()
    kl = naive_logps(trainer, batch, True) - naive_logps(trainer, batch, False)
    assert kl.abs().min() > 0.01
    if not changes.get("paper"):
        reward = reward - changes.get("beta", TINY.beta) * kl
    groups = reward.view(2, 3)
    if changes.get("paper"):
        expected = groups - groups.mean(1, keepdim=True)
    elif changes:
        source = trainer._tokenizer(STATEMENTS[:2]).input_ids
        written = [trainer.write([ids], sampled=False)[0] for ids in source]  # each alone
        replies = [text.strip() for text in trainer._tokenizer.batch_decode(written, skip_special_tokens=True)]
        expected = groups - letters([], replies).clamp(1e-4, 0.9999).log()[:, None]
    else:
        expected = groups - (groups.sum(1, keepdim=True) - groups) / 2
    torch.testing.assert_close(batch["advantages"].view(2, 3), expected, atol=1e-3, rtol=1e-3)


def test_the_kl_moves_the_policy_and_the_papers_does_not(folder, tmp_path) -> None:
    same = lambda statements, replies: torch.full((len(replies),), 0.5)  # noqa: E731
    assert batch_of(trainer_of(folder, tmp_path, same, paper=True, beta=9.0))["advantages"].abs().max() < 1e-6
    assert batch_of(trainer_of(folder, tmp_path, same))["advantages"].abs().max() > 1e-3


def test_a_run_learns_what_is_rewarded_and_writes_down_what_it_cost(folder, tmp_path) -> None:
    model = T5ForConditionalGeneration.from_pretrained(folder)
    config = Seq2SeqConfig(**{**TINY.__dict__, "steps": 25, "beta": 0.0, "samples": 4})
    means: list[float] = []

    def score(statements: Sequence[str], replies: Sequence[str]) -> torch.Tensor:
        scores = letters(statements, replies)
        means.append(float(scores.mean()))
        return scores

    account = train_seq2seq(config, model, tokenizer_of(folder), STATEMENTS, score, tmp_path)
    assert sum(means[-5:]) > 1.5 * sum(means[:5]), means
    assert (account.steps, account.rollouts, account.data_points, account.scorer_calls) == (25, 200, 50, 200)
    stored = json.loads((tmp_path / "account.json").read_text())
    assert stored["rollouts"] == 200 and stored["settings"]["steps"] == 25
    assert json.loads((tmp_path / "adapter_config.json").read_text())["task_type"] == "SEQ_2_SEQ_LM"


def test_every_weight_of_the_adapter_moves_and_nothing_else(folder, tmp_path) -> None:
    trainer = trainer_of(folder, tmp_path)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in trainer.model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {name for name in before if "lora_" in name} and len(moved) == 64


def test_a_source_that_is_cut_keeps_its_end_in_rollouts_and_scores_alike(folder, tmp_path) -> None:
    trainer = trainer_of(folder, tmp_path, max_source=4)
    assert trainer._cut([5, 6, 7, 8]) == [5, 6, 7, 8] and trainer._cut([5, 6, 7, 8, 9]) == [5, 6, 7, 9]
    assert trainer.write([[5, 6, 7, 8, 9]], sampled=False) == trainer.write([[5, 6, 7, 9]], sampled=False)
    cut, whole = torch.tensor([[0, 5, 6, 7, 9, 8, 7]]), torch.tensor([[5, 6, 7, 8, 9, 8, 7]])
    mask = torch.ones(1, 7, dtype=torch.long)
    with torch.no_grad():
        long, _, _ = trainer._get_per_token_logps_and_entropies(trainer.model, whole, mask, 2)
        mask[0, 0] = 0
        short, _, _ = trainer._get_per_token_logps_and_entropies(trainer.model, cut, mask, 2)
    torch.testing.assert_close(long, short)


def test_there_must_be_a_statement_that_is_short_enough(folder, tmp_path) -> None:
    with pytest.raises(ConfigError, match="no prompts among 4 statements: expected some of at most 1 words; raise"):
        trainer_of(folder, tmp_path, max_words=1)


# ---------------------------------------------------------------- settings and the command


@pytest.fixture
def file(folder, tmp_path, tiny_base, monkeypatch) -> Path:
    monkeypatch.setenv("EMORL_BASE", str(tiny_base))
    monkeypatch.setattr(stage, "corpora_of", lambda config: CORPORA)
    monkeypatch.setattr(stage, "reward_of", lambda config, name, role: letters)
    path = tmp_path / "run.yaml"
    path.write_text(
        f"out: {tmp_path / 'out'}\nobjectives: {{empathy: {{first_layer: 1}}, fluency: {{first_layer: 1}}}}\n"
        f"seq2seq: {{base: {folder}, steps: 1, prompts: 2, samples: 2, max_tokens: 4, paper: true}}\n"
    )
    return path


def test_the_command_trains_an_adapter_for_each_objective_once(file, tmp_path) -> None:
    result = CliRunner().invoke(app, ["seq2seq", "--config", str(file), "--objective", "empathy"])
    assert result.exit_code == 0, result.output
    first = (tmp_path / "out" / "seq2seq" / "empathy" / "adapter_model.safetensors").stat().st_mtime_ns
    assert not (tmp_path / "out" / "seq2seq" / "fluency").exists()
    stage.run_seq2seq(read_config(file))
    assert (tmp_path / "out" / "seq2seq" / "fluency" / "account.json").is_file()
    assert (tmp_path / "out" / "seq2seq" / "empathy" / "adapter_model.safetensors").stat().st_mtime_ns == first
    file.write_text(file.read_text().replace("paper: true", "paper: false"))
    with pytest.raises(ConfigError, match="paper True instead of False"):
        stage.run_seq2seq(read_config(file), "empathy")


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
        "seq2seq: {baseline: mean, paper: 1, samples: 1, max_source: 0}\nobjectives: {fluency: {first_layer: 1}}\n"
    )
    with pytest.raises(ConfigError) as error:
        read_config(file)
    for part in ("4 fault(s)", "baseline is 'mean', expected leave-one-out or greedy", "paper is 1, expected bool"):
        assert part in str(error.value)
