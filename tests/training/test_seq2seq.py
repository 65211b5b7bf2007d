"""The paper's training on a tiny T5: what is scored, what it is compared with, the KL, and what moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import T5ForConditionalGeneration

from tests.training.tiny_t5 import STATEMENTS, TINY, letters, tokenizer_of
from training.checkpoints import Account
from training.seq2seq import Seq2SeqConfig, Seq2SeqSCSTTrainer
from training.seq2seq_run import make_trainer


def trainer_of(tiny_t5: Path, out: Path, score: Any = letters, **changes: Any) -> Seq2SeqSCSTTrainer:
    """A trainer whose adapter does something already, as B is not zero."""
    config = Seq2SeqConfig(**{**TINY.__dict__, **changes})
    model = T5ForConditionalGeneration.from_pretrained(tiny_t5)
    trainer = make_trainer(config, model, tokenizer_of(tiny_t5), STATEMENTS, score, out, Account())
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


def test_sampled_ids_are_scored_as_they_are_with_their_end_whatever_stands_beside_them(tiny_t5, tmp_path) -> None:
    trainer = trainer_of(tiny_t5, tmp_path)
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
def test_advantages_are_what_they_are_said_to_be(tiny_t5, tmp_path, changes: dict[str, Any]) -> None:
    trainer = trainer_of(tiny_t5, tmp_path, **changes)
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


def test_the_kl_moves_the_policy_and_the_papers_does_not(tiny_t5, tmp_path) -> None:
    same = lambda statements, replies: torch.full((len(replies),), 0.5)  # noqa: E731
    assert batch_of(trainer_of(tiny_t5, tmp_path, same, paper=True, beta=9.0))["advantages"].abs().max() < 1e-6
    assert batch_of(trainer_of(tiny_t5, tmp_path, same))["advantages"].abs().max() > 1e-3


def test_every_weight_of_the_adapter_moves_and_nothing_else(tiny_t5, tmp_path) -> None:
    trainer = trainer_of(tiny_t5, tmp_path)
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in trainer.model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {name for name in before if "lora_" in name} and len(moved) == 64


def test_a_source_that_is_cut_keeps_its_end_in_rollouts_and_scores_alike(tiny_t5, tmp_path) -> None:
    trainer = trainer_of(tiny_t5, tmp_path, max_source=4)
    assert trainer._cut([5, 6, 7, 8]) == [5, 6, 7, 8] and trainer._cut([5, 6, 7, 8, 9]) == [5, 6, 7, 9]
    assert trainer.write([[5, 6, 7, 8, 9]], sampled=False) == trainer.write([[5, 6, 7, 9]], sampled=False)
    cut, whole = torch.tensor([[0, 5, 6, 7, 9, 8, 7]]), torch.tensor([[5, 6, 7, 8, 9, 8, 7]])
    mask = torch.ones(1, 7, dtype=torch.long)
    with torch.no_grad():
        long, _, _ = trainer._get_per_token_logps_and_entropies(trainer.model, whole, mask, 2)
        mask[0, 0] = 0
        short, _, _ = trainer._get_per_token_logps_and_entropies(trainer.model, cut, mask, 2)
    torch.testing.assert_close(long, short)
